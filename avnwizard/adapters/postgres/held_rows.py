"""Rows as they are at one moment, held in open transactions, so that they can be summed up while others write."""

import contextlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, LiteralString, Self

from avnwizard.adapters.postgres import catalog
from avnwizard.adapters.postgres.contents import DATABASES, large_objects, steady, sum_of
from avnwizard.adapters.postgres.session import asked, session
from avnwizard.domain.postgres.rows import LARGE_OBJECTS, Rows, RowSum
from avnwizard.ports import PostgresAccess, Progress

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_NO_LIMIT: LiteralString = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'"
"""PostgreSQL 17 ends a transaction after `transaction_timeout`, where a role or database has set one."""
_FILES: LiteralString = """
  SELECT n.nspname, c.relname, c.oid, pg_relation_filenode(c.oid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r'"""


_Files = Mapping[str, Mapping[tuple[str, str], tuple[int, int]]]
"""Database -> (schema, table) -> (its OID, the number of its file)."""


class DatabaseRows:
    """A repeatable-read transaction in each database of a server.

    A transaction that reads keeps old versions of rows from being removed, and stops nobody from writing. A table's
    lock is given back once the table was read, so a service that alters tables at its start waits for one table at
    most. CREATE INDEX CONCURRENTLY waits until all is read.
    """

    def __init__(self, stack: contextlib.ExitStack, open_in: Mapping[str, "Connection"], files: _Files) -> None:
        self._stack, self._open, self._files = stack, open_in, files

    @classmethod
    def hold(cls, access: PostgresAccess) -> Self:
        """Open them all; `HostError` when the server does not answer."""
        with contextlib.ExitStack() as stack:
            with session(access, "postgres") as connection:
                names = [str(name) for name, _ in connection.execute(DATABASES).fetchall()]
            found: dict[str, Connection] = {}
            for name in names:
                found[name] = connection = stack.enter_context(session(access, name))
                connection.execute(_NO_LIMIT)
                stack.enter_context(catalog.one_moment(connection))
                steady(connection)
            files = {name: asked(name, _files, connection) for name, connection in found.items()}
            return cls(stack.pop_all(), found, files)

    def sums(self, progress: Progress) -> Rows:
        """Read every row; progress counts tables."""
        total, done = sum(map(len, self._files.values())), 0
        found: dict[str, dict[str, RowSum | None]] = {}
        for database, connection in self._open.items():
            found[database] = {LARGE_OBJECTS: asked(database, large_objects, connection)}
            for (schema, table), (oid, file) in self._files[database].items():
                progress(done, total)
                done += 1
                read = partial(_sum, schema, table, oid, file)
                found[database][f"{schema}.{table}"] = asked(database, read, connection)
        return found

    def release(self) -> None:
        """End the transactions; no error when the server is gone."""
        with contextlib.suppress(Exception):
            self._stack.close()


def _files(connection: "Connection") -> dict[tuple[str, str], tuple[int, int]]:
    known = catalog.tables(connection)
    found = {(str(a), str(b)): (int(oid), int(file)) for a, b, oid, file in connection.execute(_FILES).fetchall()}
    return {one: found[one] for one in known}


def _sum(schema: str, table: str, oid: int, file: int, connection: "Connection") -> RowSum | None:
    """None where the table was rewritten or dropped since: an old transaction sees such a table empty."""
    from psycopg import errors

    try:
        with connection.transaction(force_rollback=True):  # a savepoint: its locks go with it
            found = sum_of(connection, schema, table)
            now = connection.execute("SELECT pg_relation_filenode(%s::oid)", [oid]).fetchall()[0][0]
            return found if now == file else None
    except errors.UndefinedTable:
        return None
