"""Turns "rewrites a table" into "rewrites 4.1 GB, about 50 s, writers wait"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from avnwizard.domain import words
from avnwizard.domain.migrations.verdict import Statement, Work

_BYTES_PER_S = {Work.SCAN: 300e6, Work.INDEX: 50e6, Work.REWRITE: 80e6}
"""Cautious rates of one backend on a small cloud disk; an estimate, and shown as one."""
_WORDS = {Work.SCAN: "reads", Work.INDEX: "indexes", Work.REWRITE: "rewrites"}


@dataclass(frozen=True)
class TableSize:
    """The size of a table on the live database, its TOAST included, its indexes not."""

    size_bytes: int
    rows: int
    columns: Mapping[str, str] | None = field(default=None, compare=False)
    """Column -> its type, as `pg_type` names it, with its modifiers; None where nobody looked."""


def timed(statement: Statement, sizes: Mapping[str, TableSize] | None) -> Statement:
    """Give the statement with its expected time; a table that the database does not have costs nothing.

    Args:
        sizes: None where the database could not be asked; {} is a database without a table.
    """
    effect = statement.effect
    if effect.work is Work.NONE:
        return Statement(statement.file, statement.line, effect, 0.0)
    if sizes is None:
        return statement
    amount = _bytes_of(effect.table, sizes)
    seconds = amount / _BYTES_PER_S[effect.work]
    waiting = f", {effect.blocks} wait" if effect.blocks else ""
    told = f"{effect.why}: {_WORDS[effect.work]} {words.size(amount)}, about {words.about(seconds)}{waiting}"
    return replace(statement, seconds=seconds, size_bytes=amount, effect=replace(effect, why=told))


def _bytes_of(table: str, sizes: Mapping[str, TableSize]) -> int:
    """A table's size; of one that is named without its schema the largest of that name."""
    bare = table.rpartition(".")[2]
    if table in sizes or table != bare:
        found = sizes.get(table) or sizes.get(bare)
        return found.size_bytes if found else 0
    return max((one.size_bytes for name, one in sizes.items() if name.rpartition(".")[2] == bare), default=0)


def window_s(statements: Iterable[Statement]) -> float | None:
    """The time in which somebody waits, or None where one statement's time is not known."""
    waits = [s for s in statements if s.effect.blocks or s.effect.unreadable]
    if any(s.effect.unreadable or s.seconds is None for s in waits):
        return None
    return sum((s.seconds or 0.0 for s in waits), 0.0)
