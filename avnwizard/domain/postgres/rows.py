"""Every row of two servers as sums, compared once the stack serves again: equal, different or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass

from avnwizard.domain.plain import printable

RowSum = tuple[int, str]
"""(rows, checksum over the rows whatever their order); of large objects: (how many, checksum)."""
Rows = Mapping[str, Mapping[str, RowSum | None]]
"""Database -> "schema.table" -> its sum; None where the table was rewritten or dropped before it could be read."""
LARGE_OBJECTS = "large objects"
_SHOWN = 3


@dataclass(frozen=True)
class Comparison:
    """What came of it; names are as the database has them (hostile).

    Attributes:
        tables, rows: how many are equal.
        wrong: what differs, or is on one side alone.
        open: what nobody can tell of: it was written to, or rewritten, before it could be read.
    """

    tables: int
    rows: int
    wrong: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What speaks against the new server, a sentence each."""
        return tuple(f"{name} does not hold what the old server held at the switch." for name in _listed(self.wrong))

    @property
    def unknown(self) -> str:
        """What nobody can tell of, as a sentence; "" where nothing is left open."""
        if not self.open:
            return ""
        named = ", ".join(_listed(self.open))
        return f"Rows were changed before they could be compared with the old server's: {named}."


def compare_rows(old: Rows, new: Rows, *, at_the_switch: bool) -> Comparison:
    """Compare every table.

    Args:
        at_the_switch: the new server's rows are those of the switch. Otherwise services have written to it since, and
            a difference is left open.
    """
    tables = rows = 0
    wrong: list[str] = []
    unknown: list[str] = []
    for database in sorted(old.keys() | new.keys()):
        was, now = old.get(database, {}), new.get(database, {})
        for table in sorted(was.keys() | now.keys()):
            before, after = was.get(table), now.get(table)
            name = f"{database}: {table}"
            if before is not None and before == after:
                if table != LARGE_OBJECTS:
                    tables, rows = tables + 1, rows + before[0]
            elif at_the_switch and not (table in now and after is None):
                wrong.append(name)
            else:
                unknown.append(name)
    return Comparison(tables, rows, tuple(wrong), tuple(unknown))


def _listed(names: tuple[str, ...]) -> list[str]:
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return [*(printable(name, limit=127) for name in names[:_SHOWN]), *more]
