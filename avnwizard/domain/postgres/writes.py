"""What was written to a database between two looks at its server's statistics, in rows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_RECORDS = re.compile(r"(?:[._]|\A)migrations?(?:_(?:history|log|versions?))?\Z")
"""Such as schema_migrations, schema_migration, polis_migrations: a service that migrates as it boots writes there."""


LARGE_OBJECTS = "pg_catalog.pg_largeobject"
"""The table in which PostgreSQL keeps large objects, a row for each page of 2 KiB."""


@dataclass(frozen=True)
class TableCount:
    """Rows of one table that were inserted, updated and deleted since the server began to count.

    Attributes:
        oid: of the table, so that a renamed table is known again and one made again is not mistaken for it.
        file: number of the file that holds its rows (`pg_class.relfilenode`): another one after a TRUNCATE, and
            after what writes the whole table again. 0 where an older version did not note it.
        live: rows that are there, as the server estimates (`n_live_tup`).
    """

    oid: int
    inserted: int
    updated: int
    deleted: int
    file: int = 0
    live: int = 0


@dataclass(frozen=True)
class WriteCounters:
    """A look at the statistics of one database (`pg_stat_user_tables`).

    A session reports its counts when it is idle, at most 10 s late, and at once when it ends (PostgreSQL 15-18), so
    a look may miss the last seconds. TRUNCATE is not counted, but leaves another file and no old row, which is seen;
    not so where the same session inserted rows before it reported its counts (PostgreSQL 16 and 18, tried).

    Attributes:
        epoch: names the time in which counts can be compared; another one after `pg_stat_reset()`, after the server
            crashed (it drops its counts then), and in a database that was made again. "" where `track_counts` is off.
        tables: "schema.table" -> counts.
    """

    epoch: str
    tables: Mapping[str, TableCount]


@dataclass(frozen=True)
class TableWrites:
    """Rows of one table ("schema.table") that were written between two looks."""

    name: str
    inserted: int
    updated: int
    deleted: int

    @property
    def total(self) -> int:
        """Rows written, in whatever way."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True)
class Written:
    """What was written between two looks.

    Attributes:
        tables: those that were written to, by name.
        exact: False where counts were lost in between: it was this much or more.
    """

    tables: tuple[TableWrites, ...] = ()
    exact: bool = True

    @property
    def rows(self) -> int:
        """Rows written in all."""
        return sum(table.total for table in self.tables)


def written_between(before: WriteCounters, after: WriteCounters) -> Written:
    """Compare two looks at one database; a table that is gone took its counts with it."""
    if not before.epoch or not after.epoch:
        return Written((), exact=False)
    same = before.epoch == after.epoch
    known = {count.oid: count for count in before.tables.values()} if same else {}
    gone = known.keys() - {count.oid for count in after.tables.values()}
    found, exact = [], same and not gone
    for name, now in sorted(after.tables.items()):
        was = known.get(now.oid, TableCount(now.oid, 0, 0, 0))
        numbers = (now.inserted - was.inserted, now.updated - was.updated, now.deleted - was.deleted)
        if min(numbers) < 0:
            exact, numbers = False, (now.inserted, now.updated, now.deleted)
        if emptied := _emptied(was, now):
            exact, numbers = False, (numbers[0], numbers[1], numbers[2] + emptied)
        if any(numbers):
            found.append(TableWrites(name, *numbers))
    return Written(tuple(found), exact)


def _emptied(was: TableCount, now: TableCount) -> int:
    """About how many rows a TRUNCATE took: in another file, with no more rows than were inserted since."""
    inserted, deleted = now.inserted - was.inserted, now.deleted - was.deleted
    moved = was.file and now.file and was.file != now.file
    return max(was.live + inserted - deleted - now.live, 0) if moved and now.live <= inserted else 0


def without(written: Written, others: Iterable[TableWrites]) -> Written:
    """What remains when the writes of somebody else, such as a migration, are taken off."""
    known = {table.name: table for table in others}
    rest = []
    for table in written.tables:
        other = known.get(table.name, TableWrites(table.name, 0, 0, 0))
        left = TableWrites(
            table.name,
            max(table.inserted - other.inserted, 0),
            max(table.updated - other.updated, 0),
            max(table.deleted - other.deleted, 0),
        )
        if left.total:
            rest.append(left)
    return Written(tuple(rest), written.exact)


def apart(written: Written) -> tuple[Written, Written]:
    """(what users wrote, the records that migrations keep of themselves), distinguished by the tables' names."""
    records = tuple(table for table in written.tables if _RECORDS.search(table.name))
    rest = tuple(table for table in written.tables if table not in records)
    return Written(rest, written.exact), Written(records)


def together(parts: Iterable[Written]) -> Written:
    """Several databases' writes as one; tables of one name are added up."""
    sums: dict[str, TableWrites] = {}
    exact = True
    for part in parts:
        exact = exact and part.exact
        for table in part.tables:
            old = sums.get(table.name, TableWrites(table.name, 0, 0, 0))
            sums[table.name] = TableWrites(
                table.name,
                old.inserted + table.inserted,
                old.updated + table.updated,
                old.deleted + table.deleted,
            )
    return Written(tuple(sums[name] for name in sorted(sums)), exact)
