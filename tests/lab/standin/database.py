"""The stand-in's dealings with its database: what is pending, whether its code fits the schema, migrating."""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

_LOCK_KEY = 4242
_CONNECT_TRIES = 30


class Database:
    """One connection, made when first needed and anew after it broke; safe to use from several threads."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def rows(self, sql: str, values: tuple[object, ...] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement; a lost connection is tried once more."""
        with self._lock:
            try:
                return self._rows(sql, values)
            except psycopg.OperationalError:
                self._connection = None
                return self._rows(sql, values)

    def pending(self, table: str, needs: Iterable[str]) -> list[str]:
        """The names among `needs` that are not recorded in `table`."""
        try:
            applied = {row[0] for row in self.rows(f"SELECT version FROM {table}")}
        except psycopg.errors.UndefinedTable:
            applied = set()
        return [name for name in needs if name not in applied]

    def _rows(self, sql: str, values: tuple[object, ...] | None) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = _connect(self.dsn)
        cursor = self._connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def migrate(dsn: str, table: str, migrations: Iterable[tuple[str, str]]) -> list[str]:
    """Apply what is not applied yet, each in its own transaction; returns the names applied."""
    done = []
    with _connect(dsn, tries=_CONNECT_TRIES) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
        columns = "version text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()"
        _run(connection, f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
        applied = {row[0] for row in _run(connection, f"SELECT version FROM {table}").fetchall()}
        for name, sql in migrations:
            if name not in applied:
                with connection.transaction():
                    _run(connection, sql)
                    _run(connection, f"INSERT INTO {table} (version) VALUES (%s)", (name,))
                done.append(name)
    return done


def files_of(folder: Path) -> list[tuple[str, str]]:
    """The migrations of a mounted folder, in order."""
    return [(path.name, path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))]


def _run(
    connection: psycopg.Connection[Any], sql: str, values: tuple[object, ...] | None = None
) -> psycopg.Cursor[Any]:
    return connection.execute(sql, values)


def _connect(dsn: str, *, tries: int = 1) -> psycopg.Connection[Any]:
    for left in reversed(range(tries)):
        try:
            return psycopg.connect(dsn, autocommit=True, connect_timeout=3, prepare_threshold=None)
        except psycopg.OperationalError:
            if not left:
                raise
            time.sleep(0.5)
    raise AssertionError("tries is at least 1")
