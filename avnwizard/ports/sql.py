"""SQL files, read with PostgreSQL's own parser."""

from collections.abc import Sequence
from typing import Protocol

from avnwizard.domain.migrations import Judged
from avnwizard.domain.migrations.pieces import Pieces


class SqlReader(Protocol):
    """Reads SQL texts, whatever is in them: none may end or stall the process that asks."""

    def judge(self, texts: Sequence[str]) -> Sequence[Judged]:
        """What each text does, in the order in which they run: what one makes is free for those after it."""

    def cut(self, texts: Sequence[str]) -> Sequence[Pieces]:
        """The statements of each text, in the order in which they run."""
