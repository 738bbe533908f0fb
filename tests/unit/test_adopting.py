"""The journal of snapshots and restores by hand is taken into the one journal, once, whole and in order."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from avnwizard.engine.adopting import BY_HAND, adopt
from avnwizard.engine.journal import Journal
from avnwizard.errors import HostError
from avnwizard.planned import PlannedStep, StepKind


def _by_hand(folder: Path) -> Path:
    """As version 0.1 wrote it: a snapshot cut off, one that is done, a restore that failed."""
    path = folder / BY_HAND
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "CREATE TABLE runs(id TEXT PRIMARY KEY, kind TEXT, title TEXT, plan TEXT, undoes TEXT, state TEXT, "
            "pid INTEGER, created_at REAL, finished_at REAL, message TEXT, hint TEXT)"
        )
        db.execute(
            "CREATE TABLE steps(run TEXT, idx INTEGER, name TEXT, title TEXT, state TEXT, started_at REAL, "
            "finished_at REAL, message TEXT, PRIMARY KEY(run, idx))"
        )
        db.execute("CREATE TABLE facts(run TEXT, step TEXT, key TEXT, value TEXT, PRIMARY KEY(run, step, key))")
        for name, kind, state, at in (("h1", "snapshot", "running", 1.0), ("h2", "snapshot", "done", 3e9),
                                      ("h3", "restore", "failed", 4e9)):  # fmt: skip
            row = (name, kind, kind, "{}", "", state, 0, at, 0.0, "", "")
            db.execute("INSERT INTO runs VALUES(?,?,?,?,?,?,?,?,?,?,?)", row)
        db.execute("INSERT INTO steps VALUES('h3', 0, 'swap', 'Swap', 'failed', 1.0, 2.0, 'no')")
        db.execute("INSERT INTO facts VALUES('h3', 'swap', 'kept', '[1]')")
        db.commit()
    return path


def test_taken_in_once_and_in_order(tmp_path: Path) -> None:
    """Each between the runs of its time; a snapshot cut off is given up, a restore waits to be resumed."""
    journal, path = Journal(tmp_path / "journal.db"), _by_hand(tmp_path)
    for run in ("r1", "r2"):
        journal.create_run(run, kind="upgrade", title="t", plan="{}", steps=[PlannedStep("a", "A")])
    for _ in range(2):
        adopt(journal, path)
    assert [(one.id, one.state) for one in reversed(journal.runs())] == [
        ("h1", "given up"), ("r1", "created"), ("r2", "created"), ("h2", "done"), ("h3", "failed"),
    ]  # fmt: skip
    (step,) = journal.steps("h3")
    assert (step.kind, step.message, step.facts) == (StepKind.DATA, "no", {"kept": [1]})
    assert [one.id for one in journal.later_than("r2")] == ["h3", "h2"]
    assert not path.exists()
    assert path.with_name("by-hand.db.adopted").exists()
    journal.create_run("r3", kind="upgrade", title="t", plan="{}", steps=[])
    assert journal.runs()[0].id == "r3"


def test_one_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    """The error names the file and the way on; the file and the journal stay."""
    journal = Journal(tmp_path / "journal.db")
    path = tmp_path / BY_HAND
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(HostError, match=r"by-hand\.db, the journal of earlier snapshots and restores"):
        adopt(journal, path)
    assert (journal.runs(), path.exists()) == ([], True)
