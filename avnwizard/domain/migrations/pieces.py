"""A migration cut into its statements, each with what it means for the code that still runs."""

from dataclasses import dataclass
from typing import Literal

How = Literal["plain", "drop column", "drop table", "rename column", "transaction", "apart", "breaks"]


@dataclass(frozen=True)
class Piece:
    """One statement, or one command of an ALTER TABLE that holds several.

    Attributes:
        how: "plain" leaves the old code working; the drops and renames can be held back; "transaction" begins or ends
            one; "apart" cannot run in one; "breaks" is everything else that the old code may fail on.
        targets: (schema or "", table, column or "") that a held statement removes or renames.
        new: the name that a renamed column gets.
        names: every identifier that the statement uses, in lower case.
        why: one sentence, where it is more than plain.
    """

    line: int
    sql: str
    how: How
    targets: tuple[tuple[str, str, str], ...] = ()
    new: str = ""
    names: frozenset[str] = frozenset()
    why: str = ""

    @property
    def can_be_held(self) -> bool:
        """Whether it may run later, once the old code is gone."""
        return self.how in {"drop column", "drop table", "rename column"}


@dataclass(frozen=True)
class Pieces:
    """One file's.

    Attributes:
        problem: why the file could not be cut, "" where it was.
    """

    all: tuple[Piece, ...] = ()
    problem: str = ""
