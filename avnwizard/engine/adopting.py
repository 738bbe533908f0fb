"""Takes in the runs of a second journal, which avnwizard 0.1 kept for snapshots and restores by hand.

Once: afterwards the second file has another name. Runs keep their ids and are put in order of their creation. A
snapshot that did not finish left nothing; a restore that did not finish is one to go on with, as before.
"""

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import HostError

BY_HAND = "by-hand.db"
_ADOPTED = ".adopted"
_RUN = "id, kind, title, plan, undoes, state, pid, created_at, finished_at, message, hint"
_STEP = "run, idx, name, title, state, started_at, finished_at, message"


def _settled(run: tuple[Any, ...]) -> tuple[Any, ...]:
    """A snapshot that did not finish is given up: another one was, or will be, taken from the beginning."""
    kind, state = run[1], run[5]
    return (*run[:5], "given up", *run[6:]) if kind == "snapshot" and state in UNFINISHED else run


def adopt(journal: Journal, other: Path) -> None:
    """Take another journal's runs, steps and facts into this one; nothing where there is no such file.

    Raises:
        HostError: it cannot be read, or this one cannot be written; nothing was changed then.
    """
    if not other.exists():
        return
    try:
        with closing(sqlite3.connect(f"{other.resolve().as_uri()}?mode=ro", uri=True)) as found:
            runs = found.execute(f"SELECT {_RUN} FROM runs ORDER BY rowid").fetchall()  # noqa: S608 - literals
            steps = found.execute(f"SELECT {_STEP} FROM steps ORDER BY run, idx").fetchall()  # noqa: S608 - literals
            facts = found.execute("SELECT run, step, key, value FROM facts").fetchall()
        journal.insert([_settled(run) for run in runs], steps, facts)
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            other.rename(other.with_name(other.name + _ADOPTED))
    except (sqlite3.Error, OSError) as error:
        raise HostError(
            f"{other}, the journal of earlier snapshots and restores, cannot be taken over: {error}",
            "Look at its owner and at the disk. Moved elsewhere, it is not looked at any more.",
        ) from error
