"""How far a dump is: the server reports which table is being copied (pg_stat_progress_copy, since 14)."""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from avnwizard.adapters.postgres.session import session
from avnwizard.domain.commands import DUMPING
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess, Progress

if TYPE_CHECKING:
    import psycopg

INTERVAL_S = 0.5
_SINCE = 140000
_IMPATIENT = "SET statement_timeout = '5s'"
"""Sizing a table waits for whoever has locked it; the dump has a limit of its own for that, and waits for us."""
_LARGE_OBJECTS = ("\U0010ffff", "")
"""Sorts after every table: pg_dump copies the large objects last."""
_CURRENT = """
  SELECT n.nspname, c.relname, p.tuples_processed FROM pg_stat_progress_copy p
  JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.application_name = %s AND a.datname = current_database() LIMIT 1"""
_Table = tuple[str, str]


class Meter:
    """Turns "the n-th row of this table" into bytes of the tables done, never going back.

    Args:
        sizes: (schema, table) -> (bytes with TOAST but without indexes, rows), as the catalog knows them.
    """

    def __init__(self, sizes: dict[_Table, tuple[int, int]]) -> None:
        self._sizes = sizes
        self.total = sum(size for size, _ in sizes.values())
        self.done = 0

    def at(self, table: _Table, rows_done: int) -> int:
        """Bytes done when `rows_done` rows of `table` are: pg_dump copies by schema and name, bytewise."""
        before = sum(size for each, (size, _) in self._sizes.items() if each < table)
        size, rows = self._sizes.get(table, (0, 0))
        part = min(rows_done / rows, 1.0) if rows else 0.0
        self.done = max(self.done, min(before + int(size * part), self.total))
        return self.done


@contextlib.contextmanager
def metered(access: PostgresAccess, database: str, progress: Progress) -> Iterator[None]:
    """Tell how far our pg_dump of `database` is; a server that cannot be asked costs the telling only."""
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(access, database, progress, stop), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()


def _watch(access: PostgresAccess, database: str, progress: Progress, stop: threading.Event) -> None:
    with contextlib.suppress(HostError), session(access, database) as connection:
        connection.execute(_IMPATIENT)
        meter = Meter(_sizes(connection))
        progress(0, meter.total)
        while not stop.wait(INTERVAL_S) and connection.info.server_version >= _SINCE:
            row = connection.execute(_CURRENT, [DUMPING]).fetchone()
            if row is not None:
                progress(meter.at((str(row[0]), str(row[1])), int(row[2])), meter.total)


def _sizes(connection: "psycopg.Connection[tuple[Any, ...]]") -> dict[_Table, tuple[int, int]]:
    found = connection.execute(
        "SELECT nspname, relname, pg_table_size(c.oid), GREATEST(reltuples, 0)::bigint"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'"
    ).fetchall()
    sizes = {(str(schema), str(table)): (int(size), int(rows)) for schema, table, size, rows in found}
    row = connection.execute("SELECT pg_table_size('pg_catalog.pg_largeobject'::regclass)").fetchone()
    sizes[_LARGE_OBJECTS] = (int(row[0]) if row else 0, 0)
    return sizes
