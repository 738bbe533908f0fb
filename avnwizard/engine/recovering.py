"""Rebuilds a damaged journal from its copy and from what can still be read of it; the damaged file is set aside."""

import contextlib
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avnwizard.engine.connection import ERRORS, Row
from avnwizard.engine.journal import Journal, copy_of
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import HostError

_TABLES = {
    "runs": (("id",), "id, kind, title, plan, undoes, state, pid, created_at, finished_at, message, hint"),
    "steps": (("run", "idx"), "run, idx, name, title, state, started_at, finished_at, message, kind, service"),
    "facts": (("run", "step", "key"), "run, step, key, value"),
}
"""Table -> (its key, its columns, those of the key first)."""
_ANY = "SELECT id FROM runs LIMIT 1"
"""An empty journal next to a copy that knows runs has lost them: its write-ahead log is gone."""
_LOST = "Some of its steps were lost with the journal: it cannot be resumed or rolled back."


@dataclass(frozen=True)
class Recovered:
    """What came of it.

    Attributes:
        runs: how many runs the new journal has; 0 where nothing had to be done.
        aside: where the damaged file is now; None where the journal was whole.
        incomplete: unfinished runs of which steps are missing: given up.
    """

    runs: int = 0
    aside: Path | None = None
    incomplete: tuple[str, ...] = field(default=())


def is_whole(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with a journal."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as found:
            return bool(found.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)])
    except ERRORS:
        return False


def recover(path: Path) -> Recovered:
    """Make a new journal from all that can be read; nothing is changed where it is whole.

    Nobody else may have it open.

    Raises:
        HostError: there is none, it cannot be renamed, or the new one cannot be written.
    """
    if not path.exists():
        raise HostError(f"There is no journal at {path}.", "Nothing ran on this stack yet, or its state was removed.")
    if is_whole(path) and (_readable(path, _ANY) or not _readable(copy_of(path), _ANY)):
        return Recovered()
    found = {table: _salvaged(table, (copy_of(path), path)) for table in _TABLES}
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        for suffix in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise HostError(f"{path} cannot be set aside: {error.strerror}.", "Look at the folder's owner.") from error
    Journal(path).close()
    incomplete = _incomplete(found["runs"], found["steps"])
    with closing(sqlite3.connect(path)) as fresh, fresh:
        for table, (_, columns) in _TABLES.items():
            marks = ",".join("?" * len(columns.split(", ")))
            fresh.executemany(f"INSERT OR IGNORE INTO {table}({columns}) VALUES({marks})", found[table])
        fresh.executemany(
            "UPDATE runs SET state = 'given up', message = ? WHERE id = ?", [(_LOST, run) for run in incomplete]
        )
    return Recovered(len(found["runs"]), aside, incomplete)


def _salvaged(table: str, files: Iterable[Path]) -> list[Row]:
    """The rows of a table from several files; of one row, what the last file says counts.

    They come in the order in which they were written: a clock may be set back, and the newest run goes back first.
    """
    key, columns = _TABLES[table]
    kept: dict[tuple[Any, ...], tuple[int, Row]] = {}
    for file in files:
        for order in ("", " DESC"):  # from both ends, up to what is damaged
            for number, *row in _readable(file, f"SELECT rowid, {columns} FROM {table} ORDER BY rowid{order}"):  # noqa: S608
                kept[tuple(row[: len(key)])] = (number, tuple(row))
    return [row for _, row in sorted(kept.values(), key=lambda found: found[0])]


def _readable(file: Path, query: str) -> list[Row]:
    found: list[Row] = []
    if not file.exists():
        return found
    with contextlib.suppress(*ERRORS), closing(sqlite3.connect(file)) as damaged:
        found.extend(iter(damaged.execute(query).fetchone, None))
    return found


def _incomplete(runs: Iterable[Row], steps: Iterable[Row]) -> tuple[str, ...]:
    """Unfinished runs that lack steps: those in the middle, or all."""
    numbers: dict[str, set[int]] = {}
    for row in steps:
        numbers.setdefault(str(row[0]), set()).add(int(row[1]))
    unfinished = [str(row[0]) for row in runs if row[5] in UNFINISHED]
    return tuple(run for run in unfinished if (there := numbers.get(run)) is None or there != set(range(len(there))))
