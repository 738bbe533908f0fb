"""A journal that is damaged, or that cannot be written: what is said, and what comes back."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.engine.connection import Connection, DamagedError
from avnwizard.engine.journal import Journal, copy_of
from avnwizard.engine.recovering import recover
from avnwizard.errors import HostError
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.planned import PlannedStep
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.in_process import carry

_PAGE = 4096
_STEPS = [PlannedStep(name, name) for name in ("one", "two", "three")]


def _filled(path: Path) -> Journal:
    journal = Journal(path)
    journal.create_run("r1", kind="upgrade", title="first", plan="{}", steps=_STEPS)
    journal.set_run("r1", "done")
    journal.create_run("r2", kind="upgrade", title="second", plan="{}", steps=_STEPS)
    journal.note("r2", "one", {"kept": [1, 2]})
    journal.set_step("r2", "one", "done")
    return journal


def _damage(path: Path, *, pages: int) -> None:
    """Overwrite pages after the first one, as a failing disk does."""
    with closing(sqlite3.connect(path)) as there:
        there.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with path.open("r+b") as file:
        file.seek(_PAGE)
        file.write(b"\xde\xad" * (_PAGE // 2 * pages))


def _told(journal: Journal) -> list[tuple[str, str, list[tuple[str, str, dict[str, object]]]]]:
    return [
        (run.id, run.state, [(step.name, step.state, step.facts) for step in journal.steps(run.id)])
        for run in journal.runs()
    ]


def test_a_damaged_journal_is_rebuilt_from_its_copy(tmp_path: Path) -> None:
    """H26: every run, step and fact up to the last copy is there again; the damaged file is kept."""
    path = tmp_path / "journal.db"
    journal = _filled(path)
    journal.keep_copy()
    before = _told(journal)
    journal.close()
    _damage(path, pages=8)
    with pytest.raises(DamagedError, match="is damaged") as caught:
        _told(Journal(path))
    assert "avnwizard recover" in caught.value.hint
    found = recover(path)
    assert (found.runs, found.incomplete) == (2, ())
    assert found.aside is not None
    assert found.aside.exists()
    assert _told(Journal(path)) == before
    assert [mode & 0o077 for mode in (path.stat().st_mode, copy_of(path).stat().st_mode)] == [0, 0]


def test_runs_keep_the_order_in_which_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that was ahead during the first run must not make it the newest: the newest is rolled back first."""
    path = tmp_path / "journal.db"
    now = iter([2_000_000_000.0, 1_000_000_000.0])
    monkeypatch.setattr("avnwizard.engine.journal.time.time", lambda: next(now))
    journal = Journal(path)
    for run in ("ahead", "later"):
        journal.create_run(run, kind="upgrade", title=run, plan="{}", steps=_STEPS)
    journal.close()
    monkeypatch.undo()
    _damage(path, pages=8)
    recover(path)
    assert [run.id for run in Journal(path).runs()] == ["later", "ahead"]


def test_what_was_written_since_the_copy_counts(tmp_path: Path) -> None:
    """Damage that leaves a table readable leaves its newest rows: they win over the copy's."""
    path = tmp_path / "journal.db"
    journal = _filled(path)
    journal.keep_copy()
    journal.set_step("r2", "two", "done")
    journal.close()
    Journal(path).close()
    with path.open("r+b") as file:  # the last page: an index or a table of controls
        file.seek(path.stat().st_size - _PAGE)
        file.write(b"\xde\xad" * (_PAGE // 2))
    if recover(path).aside is None:
        pytest.fail("the damage was not seen")
    steps = {step.name: step.state for step in Journal(path).steps("r2")}
    assert steps == {"one": "done", "two": "done", "three": "pending"}


def test_a_run_whose_steps_are_lost_is_given_up(tmp_path: Path) -> None:
    """Nobody may go on with a run of which it is not known how far it came."""
    path = tmp_path / "journal.db"
    journal = _filled(path)
    journal.close()
    copy = Connection(copy_of(path))
    copy.execute("DELETE FROM steps WHERE run = 'r2' AND idx = 1")
    copy.close()
    _damage(path, pages=8)
    found = recover(path)
    assert found.incomplete == ("r2",)
    assert {run.id: run.state for run in Journal(path).runs()} == {"r1": "done", "r2": "given up"}


def test_a_whole_journal_is_left_alone(tmp_path: Path) -> None:
    """Nothing is changed where nothing is wrong, and without a journal there is nothing to do."""
    path = tmp_path / "journal.db"
    with pytest.raises(HostError, match="There is no journal"):
        recover(path)
    _filled(path).close()
    content = path.read_bytes()
    assert recover(path).aside is None
    assert path.read_bytes() == content


def test_an_emptied_journal_is_rebuilt(tmp_path: Path) -> None:
    """A journal that lost its write-ahead log is whole and knows nothing; its copy knows."""
    path = tmp_path / "journal.db"
    _filled(path).close()
    path.unlink()
    Journal(path).close()
    assert recover(path).runs == 2


def test_a_full_disk_is_called_one(tmp_path: Path) -> None:
    """What cannot be written is no bug: it says what to do."""
    connection = Connection(tmp_path / "journal.db")
    connection.execute("PRAGMA max_page_count = 3")
    connection.execute("CREATE TABLE t(x)")
    with pytest.raises(HostError, match="cannot be written: database or disk is full") as caught:
        connection.execute("INSERT INTO t VALUES(zeroblob(100000))")
    assert "Make room" in caught.value.hint


def test_a_run_is_carried_on_after_a_recovery(practice_host: PracticeHost) -> None:
    """The journal is destroyed after a run was planned; by its copy the run is carried to its end."""
    host = open_host(practice_host.project.directory)
    assert releases.fetch(host) == ""
    draft = inputs.draft(host, "v2.0.0")
    run = launch.create_upgrade(host, prepare(host, draft, Answers().accepting(draft.decisions(Answers()))))
    _damage(host.state.journal, pages=20)
    stack = host.repo.directory
    assert "is damaged" in avnwizard("status", "--stack", stack).err
    said = avnwizard("recover", "--stack", stack)
    assert (said.code, "has 1 run again" in said.err) == (0, True), said.err
    carry(host, run)
    assert [one.state for one in host.journal().runs()] == ["done"]
