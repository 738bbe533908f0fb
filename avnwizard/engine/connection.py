"""The journal's SQLite connection: a full disk and a damaged file become errors of their own."""

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from avnwizard.errors import HostError

Row = tuple[Any, ...]
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What sqlite3 raises; of a damaged file it may quote, in an error, bytes that are no text (CPython 3.11)."""
_PRIMARY = 0xFF
"""The low byte of an extended result code is the primary one (sqlite.org/rescode.html)."""


class DamagedError(HostError):
    """The journal's file is not what SQLite wrote."""


def damaged(path: Path, why: str) -> DamagedError:
    """What still works without a journal, and what to do."""
    folder = path.parent
    return DamagedError(
        f"The journal {path} is damaged: {why}. The services run on as they are.",
        f"Save what can be read with: avnwizard recover. The snapshots in {folder / 'snapshots'} and the env "
        f"files in {folder / 'runs'} are whole: avnwizard snapshot restore does not need the journal.",
    )


def said(path: Path, error: Exception) -> HostError:
    """What is wrong with a journal, what still works, and what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    folder = path.parent
    if code in _DAMAGED or isinstance(error, UnicodeDecodeError):
        return damaged(path, str(error))
    if code in _FULL:
        return HostError(
            f"The journal {path} cannot be written: {error}. A run that is cut off by this can be resumed.",
            f"Make room on the disk of {folder} (df -h {folder}), then go on with: avnwizard resume, or avnwizard "
            "rollback.",
        )
    return HostError(
        f"The journal {path} cannot be used: {error}",
        "Look at the folder's owner, and the disk's free space.",
    )


def close_with(owner: object, db: sqlite3.Connection) -> None:
    """Close the connection once nothing refers to its owner any more.

    CPython's connection and its cache of statements refer to each other, so that one which nobody closes keeps three
    files open until the garbage collector looks at old objects: hours, in a screen that is left open.
    """
    weakref.finalize(owner, db.close).atexit = False


class Connection:
    """One connection in autocommit mode; several threads may share it, one statement or transaction at a time.

    Raises (every method):
        HostError: SQLite refuses; `DamagedError` where the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
        except ERRORS as error:
            raise said(path, error) from error
        close_with(self, self._db)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """No other thread uses the connection meanwhile."""
        with self._lock:
            yield

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written within it, or nothing."""
        with self._lock:
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(HostError):  # SQLite has rolled back where the disk was full
                    self.execute("ROLLBACK")
                raise

    def execute(self, query: str, values: Sequence[object] = ()) -> None:
        """One statement."""
        try:
            with self._lock:
                self._db.execute(query, values)
        except ERRORS as error:
            raise said(self._path, error) from error

    def each(self, query: str, rows: Iterable[Sequence[object]]) -> None:
        """One statement for each of several rows."""
        try:
            with self._lock:
                self._db.executemany(query, rows)
        except ERRORS as error:
            raise said(self._path, error) from error

    def script(self, statements: str) -> None:
        """Several statements."""
        try:
            with self._lock:
                self._db.executescript(statements)
        except ERRORS as error:
            raise said(self._path, error) from error

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """All that a query gives."""
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except ERRORS as error:
            raise said(self._path, error) from error

    def copy(self, to: Path) -> None:
        """A consistent copy into a new file (SQLite's online backup)."""
        try:
            with self._lock, sqlite3.connect(to) as other:
                self._db.backup(other)
            other.close()
        except ERRORS as error:
            raise said(to, error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
