"""The engine alone: journal, runner, lock, controls, crash and resume."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from avnwizard.engine import supervise
from avnwizard.engine.feed import FeedReader, FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.lock import held, holder
from avnwizard.engine.records import RunRecord
from avnwizard.engine.runner import run_steps
from avnwizard.engine.step import Probe, Step, StepContext, UndoStep
from avnwizard.errors import BusyError, HostError, RefusedError, StepError
from avnwizard.planned import PlannedStep, StepKind


class WriteFile(Step):
    """Writes one file; its probe looks at it."""

    kind = StepKind.FILES

    def __init__(self, name: str, path: Path, *, fail: bool = False) -> None:
        self.name, self.title, self.path, self.fail = name, f"write {name}", path, fail

    def probe(self, ctx: StepContext) -> Probe:
        """Done when the file is there."""
        return Probe.DONE if self.path.exists() else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Write, counting how often."""
        if self.fail:
            raise StepError("no luck", "try again")
        ctx.checkpoint()
        ctx.note(path=str(self.path))
        with ctx.effect("write"):
            self.path.write_text(self.path.read_text() + "x" if self.path.exists() else "x")

    def undo(self, ctx: StepContext) -> None:
        """Remove what was noted."""
        Path(ctx.recall(self.name.removeprefix("undo:"))["path"]).unlink(missing_ok=True)

    def undone(self, ctx: StepContext) -> Probe:
        """Done when the file is gone."""
        return Probe.NOT_DONE if self.path.exists() else Probe.DONE


def _start(folder: Path, steps: list[Step], run: str = "r1", undoes: str = "") -> str:
    journal, feed = Journal(folder / "journal.db"), FeedWriter(folder / f"{run}.jsonl")
    if run not in {record.id for record in journal.runs()}:
        journal.create_run(run, kind="test", title="a test", plan="{}", steps=steps, undoes=undoes)
    return run_steps(journal, feed, journal.run(run), steps)


def test_runs_to_the_end_once(tmp_path: Path) -> None:
    """Every step is done once, journalled, and told to the feed; a second call does nothing more."""
    steps: list[Step] = [WriteFile("a", tmp_path / "a"), WriteFile("b", tmp_path / "b")]
    assert _start(tmp_path, steps) == "done"
    assert _start(tmp_path, steps) == "done"
    assert (tmp_path / "a").read_text() == "x"
    events = FeedReader(tmp_path / "r1.jsonl").read()
    assert [(e.step, e.data["state"]) for e in events if e.kind == "step"] == [
        ("a", "started"), ("a", "done"), ("b", "started"), ("b", "done"),
    ]  # fmt: skip


def test_failure_is_kept_and_resumable(tmp_path: Path) -> None:
    """A failing step stops the run with its message; mended, the run goes on from there."""
    broken = WriteFile("b", tmp_path / "b", fail=True)
    steps: list[Step] = [WriteFile("a", tmp_path / "a"), broken]
    assert _start(tmp_path, steps) == "failed"
    record = Journal(tmp_path / "journal.db").run("r1")
    assert (record.message, record.hint) == ("write b: no luck", "try again")
    broken.fail = False
    assert _start(tmp_path, steps) == "done"
    assert (tmp_path / "a").read_text() == "x"


def test_a_bug_never_tells_the_value(tmp_path: Path) -> None:
    """An unexpected exception is told by type and place, not by its text, which may hold a secret."""

    class Buggy(WriteFile):
        def do(self, ctx: StepContext) -> None:
            raise ValueError("hunter2")

    assert _start(tmp_path, [Buggy("a", tmp_path / "a")]) == "failed"
    told = Journal(tmp_path / "journal.db").run("r1").message
    assert "hunter2" not in told
    assert "ValueError at test_engine.py" in told


def test_other_steps_on_resume_are_an_error(tmp_path: Path) -> None:
    """A step's identity is (run, index, name)."""
    _start(tmp_path, [WriteFile("a", tmp_path / "a")])
    with pytest.raises(StepError, match="other steps"):
        _start(tmp_path, [WriteFile("z", tmp_path / "a")])


def test_abort_and_pause(tmp_path: Path) -> None:
    """Abort stops before the next step; a pause waits until it is lifted."""
    steps: list[Step] = [WriteFile("a", tmp_path / "a")]
    journal = Journal(tmp_path / "journal.db")
    journal.create_run("r1", kind="t", title="t", plan="{}", steps=[PlannedStep("a", "write a")])
    journal.post("r1", "abort")
    assert _start(tmp_path, steps) == "aborted"
    assert not (tmp_path / "a").exists()
    journal.post("r1", "pause")
    journal.post("r1", "resume")
    assert _start(tmp_path, steps) == "done"


def test_rollback_uses_the_facts_of_the_run_that_it_undoes(tmp_path: Path) -> None:
    """An undo step recalls what its original noted; the original run ends as undone."""
    original = WriteFile("a", tmp_path / "a")
    _start(tmp_path, [original])
    assert _start(tmp_path, [UndoStep(original)], run="r2", undoes="r1") == "done"
    assert not (tmp_path / "a").exists()
    assert Journal(tmp_path / "journal.db").run("r1").state == "undone"


def test_a_run_that_is_rolled_back_ended_when_it_ended(tmp_path: Path) -> None:
    """Its own end stays, so that its report says how long it took; one that never ended has the rollback's."""
    journal = Journal(tmp_path / "journal.db")
    for run in ("ended", "back", "cut-off", "back-2"):
        journal.create_run(run, kind="test", title=run, plan="{}", steps=[])
    journal.set_run("ended", "done")
    end = journal.run("ended").finished_at
    journal.conclude("back", undone="ended")
    journal.conclude("back-2", undone="cut-off")
    assert (journal.run("ended").state, journal.run("ended").finished_at) == ("undone", end)
    assert journal.run("back").finished_at > end
    assert journal.run("cut-off").finished_at == journal.run("back-2").finished_at
    journal.set_run("ended", "undone")
    assert journal.run("ended").finished_at == end


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    """The second one is told who holds the lock; the lock is free again afterwards."""
    lock = tmp_path / "lock"
    with held(lock, run="r1", state_dir=tmp_path):
        assert holder(lock)["run"] == "r1"
        with pytest.raises(BusyError, match="r1"), held(lock, run="r2", state_dir=tmp_path):
            pass
    assert holder(lock) == {}


def test_unknown_and_ambiguous_runs(tmp_path: Path) -> None:
    """A run is found by an unambiguous beginning only."""
    journal = Journal(tmp_path / "journal.db")
    for run in ("20260101-a", "20260101-b"):
        journal.create_run(run, kind="t", title="t", plan="{}", steps=[])
    assert journal.run("20260101-b").id == "20260101-b"
    with pytest.raises(RefusedError, match="2 runs"):
        journal.run("2026")
    with pytest.raises(RefusedError, match="no run"):
        journal.run("nope")


def test_runs_are_in_the_order_in_which_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that was ahead and was set back does not make an earlier run the last one."""
    journal = Journal(tmp_path / "journal.db")
    for run, now in (("first", 1_000.0), ("ahead", 9_000.0), ("last", 2_000.0)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        journal.create_run(run, kind="t", title="t", plan="{}", steps=[])
    assert [record.id for record in journal.runs()] == ["last", "ahead", "first"]
    assert [record.id for record in journal.later_than("ahead")] == ["last"]
    assert journal.later_than("last") == []


def test_another_logins_journal_is_read_and_left_alone(tmp_path: Path) -> None:
    """Its runs are seen; where there is no journal there is no run; a damaged one is an error, not "no run"."""
    path = tmp_path / "journal.db"
    assert Journal.look(path) == []
    assert not path.exists()
    journal = Journal(path)
    journal.create_run("r1", kind="t", title="t", plan="{}", steps=[])
    assert [record.id for record in Journal.look(path)] == ["r1"]
    journal.close()
    path.write_bytes(b"no database")
    with pytest.raises(HostError, match="is damaged"):
        Journal.look(path)


_CRASHER = """
import sys, json
from pathlib import Path
from tests.unit.test_engine import WriteFile, _start
folder = Path(sys.argv[1])
print(_start(folder, [WriteFile("a", folder / "a"), WriteFile("b", folder / "b")]))
"""


def test_killed_at_every_fault_point_and_resumed(tmp_path: Path) -> None:
    """SIGKILL at each journal commit and around each effect; the resumed run does every effect exactly once."""

    def launch(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
        folder.mkdir(exist_ok=True)
        return subprocess.run(
            [sys.executable, "-c", _CRASHER, str(folder)],
            env=os.environ | env,
            capture_output=True,
            text=True,
            check=False,
        )

    log = tmp_path / "faults"
    launch(tmp_path / "calm", AVNWIZARD_FAULT_LOG=str(log))
    points = log.read_text().split()
    assert len(points) > 12
    for index, point in enumerate(points):
        folder = tmp_path / str(index)
        assert launch(folder, AVNWIZARD_FAULT=point).returncode == -signal.SIGKILL, point
        assert launch(folder).stdout.strip() == "done", point
        assert (folder / "a").read_text() + (folder / "b").read_text() == "xx", point


def test_a_torn_line_is_skipped(tmp_path: Path) -> None:
    """A feed cut off in mid-line by a crash is still read, and goes on."""
    path = tmp_path / "feed"
    path.write_bytes(json.dumps({"at": 1, "kind": "say", "step": "a", "text": "one", "data": {}}).encode()[:-9])
    FeedWriter(path).emit("say", "a", "two")
    assert [event.text for event in FeedReader(path).read()] == ["two"]


def test_a_journal_of_the_first_version_is_read(tmp_path: Path) -> None:
    """Its steps have no kind of their own yet: their names say it; what is written from now on says it itself."""
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute(
            "CREATE TABLE steps(run TEXT NOT NULL, idx INTEGER NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, "
            "state TEXT NOT NULL DEFAULT 'pending', started_at REAL NOT NULL DEFAULT 0, finished_at REAL NOT NULL "
            "DEFAULT 0, message TEXT NOT NULL DEFAULT '', PRIMARY KEY(run, idx), UNIQUE(run, name)) STRICT"
        )
        names = ("checkout", "job:migrate", "roll:web", "undo:env", "roll-back:web", "swap", "volume:data", "mystery")
        rows = [("r1", number, name, name) for number, name in enumerate(names)]
        old.executemany("INSERT INTO steps(run, idx, name, title) VALUES(?,?,?,?)", rows)
        old.commit()
    journal = Journal(path)
    journal.create_run("r2", kind="t", title="t", plan="{}", steps=[WriteFile("a", tmp_path / "a")])
    assert [(one.kind, one.service) for one in journal.steps("r1")] == [
        (StepKind.FILES, ""), (StepKind.JOB, "migrate"), (StepKind.ROLL, "web"), (StepKind.FILES, ""),
        (StepKind.ROLL, "web"), (StepKind.DATA, ""), (StepKind.DATA, ""), (StepKind.OTHER, ""),
    ]  # fmt: skip
    assert [one.kind for one in journal.steps("r2")] == [StepKind.FILES]


def test_two_runs_of_one_second_have_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two random digits tell them apart; where they are drawn twice, they are drawn again."""
    drawn = iter([b"\x7f", b"\x7f", b"\x01"])
    monkeypatch.setattr("os.urandom", lambda _size: next(drawn))
    monkeypatch.setattr("time.time", lambda: 1_780_000_000.0)
    first = RunRecord(supervise.fresh_run_id([]), "upgrade", "", "", "", "done", 0, 0.0, 0.0, "", "")
    assert first.id.endswith("-7f")
    assert supervise.fresh_run_id([first]) == first.id.removesuffix("7f") + "01"
