"""The journal: SQLite, WAL, synchronous=FULL. Intent is written before effect."""

import contextlib
import heapq
import itertools
import json
import socket
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from avnwizard import __version__
from avnwizard.engine.connection import ERRORS, Connection, Row, damaged, said
from avnwizard.engine.faults import fault_point
from avnwizard.engine.holding import login
from avnwizard.engine.private import make_file, make_folder
from avnwizard.engine.records import Action, Listed, RunRecord, RunState, StepRecord, StepState
from avnwizard.errors import HostError, RefusedError
from avnwizard.planned import StepKind, kind_by_name

VERSION = "version"
"""A fact of a run as a whole (under no step's name): the version that planned it; earlier journals lack it."""
LOGIN, HOST = "by", "host"
"""Further facts of a whole run: who wrote it down, on which machine."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs(
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, plan TEXT NOT NULL, undoes TEXT NOT NULL,
  state TEXT NOT NULL, pid INTEGER NOT NULL DEFAULT 0, created_at REAL NOT NULL, finished_at REAL NOT NULL DEFAULT 0,
  message TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE IF NOT EXISTS steps(
  run TEXT NOT NULL REFERENCES runs(id), idx INTEGER NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending', started_at REAL NOT NULL DEFAULT 0, finished_at REAL NOT NULL DEFAULT 0,
  message TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL DEFAULT '', service TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(run, idx), UNIQUE(run, name)) STRICT;
CREATE TABLE IF NOT EXISTS facts(
  run TEXT NOT NULL, step TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(run, step, key)) STRICT;
CREATE TABLE IF NOT EXISTS controls(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, action TEXT NOT NULL, at REAL NOT NULL,
  taken_at REAL NOT NULL DEFAULT 0) STRICT;
"""
_COPY_EVERY_S = 5.0
_ENDED = "CASE WHEN finished_at > 0 THEN finished_at ELSE ? END"
"""A run that is rolled back later ended when it ended: its report says how long it took."""
_STEP = "run, idx, name, title, state, started_at, finished_at, message"
"""The columns of a step in a journal of avnwizard 0.1."""
_RUN = "id, kind, title, plan, undoes, state, pid, created_at, finished_at, message, hint"


class Journal:
    """The durable memory of every run on one stack. Several processes may hold one open, several threads share one.

    Args:
        path: the SQLite file; it and its folder are made where they are missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copied_at = float("-inf")
        try:
            make_folder(path.parent)
            make_file(path)  # SQLite gives its -wal and -shm files the same mode
            self._db = Connection(path)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.script(_SCHEMA)
            self._bring_up_to_date()
        except OSError as error:
            raise HostError(
                f"The journal {path} cannot be opened: {error}",
                "Look at the folder's owner, and the disk's free space.",
            ) from error

    def _bring_up_to_date(self) -> None:
        """Add the columns that a journal of avnwizard 0.1 lacks; its rows are read by their steps' names."""
        there = {row[1] for row in self._db.rows("PRAGMA table_info(steps)")}
        for column in ("kind", "service"):
            if column not in there:
                with contextlib.suppress(HostError):  # another process was faster
                    self._db.execute(f"ALTER TABLE steps ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")

    def keep_copy(self, *, at_most_every_s: float = 0.0) -> None:
        """Keep a copy alongside the journal, for the day on which its file is damaged; no error where that fails.

        Args:
            at_most_every_s: not where the last copy of this process is younger.
        """
        made, kept = self._path.with_name(f"{self._path.name}.copy-new"), copy_of(self._path)
        with self._db.alone(), contextlib.suppress(HostError, OSError):
            if time.monotonic() - self._copied_at < at_most_every_s:
                return
            self._copied_at = time.monotonic()
            made.unlink(missing_ok=True)
            make_file(made)
            self._db.copy(made)
            made.replace(kept)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _commit(self, name: str) -> Iterator[None]:
        fault_point(f"journal:{name}:before")
        with self._db.transaction():
            yield
        fault_point(f"journal:{name}:after")

    def create_run(
        self, run: str, *, kind: str, title: str, plan: str, steps: Sequence[Listed], undoes: str = ""
    ) -> None:
        """Write down a run and all of its steps before anything is done."""
        now = time.time()
        with self._commit("create"):
            self._db.execute(
                "INSERT INTO runs(id, kind, title, plan, undoes, state, created_at) VALUES(?,?,?,?,?,'created',?)",
                (run, kind, title, plan, undoes, now),
            )
            self._db.each(
                "INSERT INTO steps(run, idx, name, title, kind, service) VALUES(?,?,?,?,?,?)",
                [(run, n, step.name, step.title, step.kind.value, step.service) for n, step in enumerate(steps)],
            )
            about = {VERSION: __version__, LOGIN: login(), HOST: socket.gethostname()}
            self._db.each(
                "INSERT INTO facts(run, step, key, value) VALUES(?, '', ?, ?)",
                [(run, key, json.dumps(value)) for key, value in about.items()],
            )
        self.keep_copy()

    def insert(self, runs: Sequence[Row], steps: Sequence[Row], facts: Sequence[Row]) -> None:
        """Take in rows of an earlier journal, in its columns; runs that are here already stay as they are.

        Each is put after the last run that is not younger, so that both journals keep the order of their own.
        """
        with self._commit("insert"):
            here = self._db.rows("SELECT id, created_at FROM runs ORDER BY rowid")
            known = {run for run, _ in here}
            fresh = [run for run in runs if run[0] not in known]
            self._db.each(f"INSERT INTO runs({_RUN}) VALUES(?,?,?,?,?,?,?,?,?,?,?)", fresh)
            self._db.each(f"INSERT OR IGNORE INTO steps({_STEP}) VALUES(?,?,?,?,?,?,?,?)", steps)
            self._db.each("INSERT OR IGNORE INTO facts(run, step, key, value) VALUES(?,?,?,?)", facts)
            created = _RUN.split(", ").index("created_at")
            order = [
                run for run, _ in heapq.merge(here, [(run[0], run[created]) for run in fresh], key=lambda r: r[1])
            ]
            self._db.execute("UPDATE runs SET rowid = -rowid")
            self._db.each("UPDATE runs SET rowid = ? WHERE id = ?", list(enumerate(order, start=1)))

    def set_run(
        self, run: str, state: RunState, *, pid: int | None = None, message: str = "", hint: str = ""
    ) -> None:
        """Move a run to a state; `done`, `failed`, `aborted` and `undone` stamp its end (`undone` if it has none)."""
        ended = time.time() if state in {"done", "failed", "aborted", "undone", "given up"} else 0.0
        with self._commit(f"run-{state}"):
            self._db.execute(
                f"UPDATE runs SET state=?, pid=COALESCE(?, pid), finished_at={_ENDED if state == 'undone' else '?'},"  # noqa: S608 - no input
                " message=?, hint=? WHERE id=?",
                (state, pid, ended, message, hint, run),
            )
        if ended:
            self.keep_copy()

    def conclude(self, run: str, *, undone: str) -> None:
        """End a rollback: it is done and the run that it undid is undone, in one commit."""
        now = time.time()
        with self._commit("conclude"):
            self._db.execute(
                "UPDATE runs SET state='done', finished_at=?, message='', hint='' WHERE id=?", (now, run)
            )
            self._db.execute(f"UPDATE runs SET state='undone', finished_at={_ENDED} WHERE id=?", (now, undone))  # noqa: S608 - no input
        self.keep_copy()

    def set_step(self, run: str, name: str, state: StepState, *, message: str = "") -> None:
        """Move a step to a state. `started` is the intent: it is committed before the effect."""
        column = "started_at" if state == "started" else "finished_at"
        with self._commit(f"{name}:{state}"):
            self._db.execute(
                f"UPDATE steps SET state=?, message=?, {column}=? WHERE run=? AND name=?",  # noqa: S608 - a literal
                (state, message, time.time(), run, name),
            )
        if state == "done":
            self.keep_copy(at_most_every_s=_COPY_EVERY_S)

    def note(self, run: str, step: str, facts: dict[str, Any]) -> None:
        """Keep what a step found out and needs after a crash, or what its undo needs. JSON values, no secret."""
        with self._commit(f"{step}:note-{'-'.join(sorted(facts))}"):
            self._db.each(
                "INSERT INTO facts(run, step, key, value) VALUES(?,?,?,?) "
                "ON CONFLICT(run, step, key) DO UPDATE SET value=excluded.value",
                [(run, step, key, json.dumps(value)) for key, value in facts.items()],
            )

    def facts(self, run: str, step: str) -> dict[str, Any]:
        """What a step noted."""
        rows = self._db.rows("SELECT key, value FROM facts WHERE run=? AND step=?", (run, step))
        try:
            return {key: json.loads(value) for key, value in rows}
        except (ValueError, RecursionError) as error:
            raise damaged(self._path, "a fact in it is no JSON") from error

    def runs(self) -> list[RunRecord]:
        """Every run, newest first: by the order in which they were written, since a clock may be set back."""
        rows = self._db.rows(f"SELECT {_RUN} FROM runs ORDER BY rowid DESC")  # noqa: S608 - a literal
        return [RunRecord(*row) for row in rows]

    def later_than(self, run: str) -> list[RunRecord]:
        """The runs that were written after this one, newest first."""
        return list(itertools.takewhile(lambda record: record.id != run, self.runs()))

    def run(self, run: str) -> RunRecord:
        """One run by its id, or by an unambiguous beginning of it."""
        found = [record for record in self.runs() if record.id == run] or [
            record for record in self.runs() if run and record.id.startswith(run)
        ]
        if len(found) != 1:
            raise RefusedError(
                f"There is no run {run!r} on this stack." if not found else f"{run!r} names {len(found)} runs.",
                "List them with: avnwizard runs",
            )
        return found[0]

    @staticmethod
    def look(path: Path) -> list[RunRecord]:
        """The runs in a journal that is another login's, newest first, without changing it; [] where there is none.

        Raises:
            HostError: it cannot be read.
        """
        try:
            path.stat()
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as other:
                rows = other.execute(f"SELECT {_RUN} FROM runs ORDER BY rowid DESC").fetchall()  # noqa: S608 - a literal
        except FileNotFoundError:
            return []
        except ERRORS as error:
            raise said(path, error) from error
        except OSError as error:
            raise HostError(f"The journal {path} cannot be read: {error}", "Look at it as its owner.") from error
        return [RunRecord(*row) for row in rows]

    def steps(self, run: str) -> list[StepRecord]:
        """The steps of a run, in order."""
        rows = self._db.rows(
            "SELECT idx, name, title, state, started_at, finished_at, message, kind, service FROM steps "
            "WHERE run=? ORDER BY idx",
            (run,),
        )
        return [
            StepRecord(
                run,
                index,
                name,
                title,
                state,
                began,
                ended,
                message,
                self.facts(run, name),
                *_kind(name, kind, part),
            )
            for index, name, title, state, began, ended, message, kind, part in rows
        ]

    def post(self, run: str, action: Action) -> None:
        """Ask a live run to pause after this step, to resume, to abort, or to wait no longer for what it offers."""
        with self._commit(f"control-{action}"):
            self._db.execute("INSERT INTO controls(run, action, at) VALUES(?,?,?)", (run, action, time.time()))

    def asked(self, run: str, action: Action) -> bool:
        """Whether an action waits to be taken."""
        query = "SELECT 1 FROM controls WHERE run=? AND action=? AND taken_at=0 LIMIT 1"
        return bool(self._db.rows(query, (run, action)))

    def take_controls(self, run: str) -> list[Action]:
        """What was asked since last time, oldest first; each is given out once."""
        asked = self._db.rows("SELECT seq, action FROM controls WHERE run=? AND taken_at=0 ORDER BY seq", (run,))
        if asked:
            with self._commit("controls-taken"):
                self._db.each("UPDATE controls SET taken_at=? WHERE seq=?", [(time.time(), s) for s, _ in asked])
        return [action for _, action in asked]


def copy_of(path: Path) -> Path:
    """Where the copy of a journal lies."""
    return path.with_name(f"{path.name}.copy")


def _kind(name: str, kind: str, service: str) -> tuple[StepKind, str]:
    """What a row says; of one that an older or a newer version wrote, what its name says."""
    try:
        return (StepKind(kind), service) if kind else kind_by_name(name)
    except ValueError:
        return StepKind.OTHER, service
