"""The practice host's whole state in one SQLite file, shared by every process that looks at the host."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avnwizard.engine.connection import close_with
from avnwizard.errors import HostError

_BUSY_TIMEOUT_S = 30.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS failure (
  kind TEXT NOT NULL, service TEXT NOT NULL, spared_images TEXT NOT NULL, PRIMARY KEY (kind, service));
CREATE TABLE IF NOT EXISTS registry (
  reference TEXT PRIMARY KEY, id TEXT NOT NULL, digest TEXT NOT NULL, size_bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS image (
  reference TEXT PRIMARY KEY, id TEXT NOT NULL, digest TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS container (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, service TEXT NOT NULL, number INTEGER NOT NULL,
  image TEXT NOT NULL, image_id TEXT NOT NULL, config_hash TEXT NOT NULL, one_off INTEGER NOT NULL DEFAULT 0,
  config TEXT NOT NULL, refusal TEXT NOT NULL DEFAULT '',
  created_at REAL NOT NULL, started_at REAL, stopped_at REAL, removed_at REAL, exit_code INTEGER NOT NULL DEFAULT 0,
  acted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS container_by_service ON container (service, number);
CREATE TABLE IF NOT EXISTS director (
  id TEXT PRIMARY KEY, service TEXT NOT NULL, run TEXT NOT NULL, token TEXT NOT NULL, target TEXT NOT NULL,
  lift INTEGER NOT NULL, started_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS direction (
  director TEXT PRIMARY KEY, service TEXT NOT NULL, target TEXT NOT NULL, lift INTEGER NOT NULL, at REAL NOT NULL,
  until REAL);
CREATE TABLE IF NOT EXISTS log (
  container_id TEXT NOT NULL, at REAL NOT NULL, line TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS log_by_container ON log (container_id, at);
"""


class State:
    """The SQLite file (WAL): a process killed at any instant leaves either all of a transaction or none of it.

    It holds the containers' environments, secrets included, so the file is private to its owner.
    One `State` may be shared by threads; each process opens its own.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self.path = path
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            close_with(self, self._connection)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'direction'").fetchone():
                self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise HostError(
                f"the practice host's state cannot be read: {error}", "Make a new one with `avnwizard demo`."
            ) from None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: alone among all processes, whole or not at all; nests within one thread."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def copy_to(self, other: "State") -> None:
        """Make another state equal to this one, while others may be looking at this one."""
        with self._lock, other._lock:  # noqa: SLF001 - its own kind
            self._connection.backup(other._connection)  # noqa: SLF001 - its own kind

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What a SELECT finds now."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def setting(self, name: str) -> Any:
        """A value given to `set`; KeyError when there is none."""
        found = self.rows("SELECT value FROM setting WHERE name = ?", name)
        if not found:
            raise KeyError(name)
        return json.loads(found[0]["value"])

    def set(self, name: str, value: Any) -> None:
        """Keep a JSON value."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    @property
    def speed(self) -> float:
        """How many times faster than the world the practice host runs."""
        return float(self.setting("speed"))
