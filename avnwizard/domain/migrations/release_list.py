"""The release's own list of the migrations that ran: a file that avnwizard ran has to be entered there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from avnwizard.domain.migrations.holding import CannotHoldError, Cut, SplitFile, quoted
from avnwizard.domain.plain import printable


@dataclass(frozen=True)
class ListTable:
    """A table in which a release's own tool may keep what it ran.

    Attributes:
        owner: the role that owns it.
        names: text column -> its values.
        unfilled: columns that an insert has to give a value to.
        sums: columns that look like checksums.
    """

    schema: str
    table: str
    owner: str
    names: Mapping[str, frozenset[str]]
    unfilled: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """What a plan keeps: how the release's migrations are run in two parts.

    Attributes:
        database: in which they run.
        schema, table, column: the release's own list of what ran.
        role: as whom they run: the owner of that list.
    """

    database: str
    schema: str
    table: str
    column: str
    role: str
    files: tuple[SplitFile, ...]

    @property
    def held(self) -> tuple[str, ...]:
        """What waits, a sentence each."""
        return tuple(line for one in self.files for line in one.held)


def listed(cut: Cut, before: Sequence[str], database: str, tables: Sequence[ListTable]) -> Split | None:
    """The split with the release's own list: the table that names every migration of the current release.

    Args:
        before: the paths of the current release's migrations.
        tables: what one database has that may be such a list.

    Raises:
        CannotHoldError: there is such a list, and it does not take a file that somebody else ran.
    """
    for table in tables:
        for column, values in table.names.items():
            for form in _FORMS:
                if not before or not {form(path) for path in before} <= values:
                    continue
                where = f"{printable(table.schema)}.{printable(table.table)}"
                if table.sums:
                    raise CannotHoldError(f"{where} keeps a checksum of each migration ({printable(table.sums[0])})")
                if missing := [one for one in table.unfilled if one != column]:
                    raise CannotHoldError(f"{where} wants a value for {printable(missing[0])}, which nobody knows")
                files = tuple(replace(one, recorded=form(one.path)) for one in cut.files)
                if already := [one.recorded for one in files if one.recorded in values]:
                    raise CannotHoldError(f"{where} says that {printable(already[0], limit=120)} ran already")
                return Split(database, table.schema, table.table, column, table.owner, files)
    return None


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(path: str) -> str:
    return _name(path).removesuffix(".sql").removesuffix(".up")


def _version(path: str) -> str:
    return _stem(path).replace("-", "_").partition("_")[0]


_FORMS: tuple[Callable[[str], str], ...] = (str, _name, _stem, _version)
"""How tools call a migration in their list: by path, by file name, without its ending, by its number alone."""


def record(one: Split) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(INSERT, its parameters) for each file: the release's own tool then finds it done."""
    of = f"{quoted(one.schema)}.{quoted(one.table)}"
    for file in one.files:
        yield f"INSERT INTO {of} ({quoted(one.column)}) VALUES (%s)", (file.recorded,)  # noqa: S608 - quoted names
