"""The one state folder of a stack: every login finds it, it is adopted from earlier versions, and never planted."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.adapters.state.finding import STATE_DIR, find_state, slug
from avnwizard.engine.feed import FeedReader, FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.lock import held
from avnwizard.engine.records import RunState
from avnwizard.errors import ExitCode, RefusedError
from avnwizard.planned import PlannedStep
from tests.adapters.state_machine import ALICE, DEPLOY, EVE, OPS, Machine, machine

__all__ = ["machine"]


def _share(machine: Machine) -> None:
    """Give the checkout to the group `ops`, as `git init --shared=group` does."""
    for path in (machine.checkout, machine.git_dir):
        os.chown(path, DEPLOY, OPS)
        path.chmod(0o2775)


def _kept(folder: Path, uid: int, run: str, state: RunState = "done") -> None:
    """A state as an earlier version left it for a user."""
    journal = Journal(folder / "journal.db")
    journal.create_run(run, kind="upgrade", title="v1 to v2", plan="{}", steps=[])
    journal.set_run(run, state)
    journal.close()
    for path in (folder.parent, folder, *folder.rglob("*")):
        os.chown(path, uid, uid)
    folder.chmod(0o700)


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_what_root_makes_first_is_the_owners(machine: Machine, umask: int) -> None:
    """Root makes the state below /var/lib; the checkout's owner uses it, and a third user is refused."""
    with machine.login(0, umask):
        first = machine.find()
        first_journal = first.journal
        Journal(first_journal).create_run("r1", kind="upgrade", title="t", plan="{}", steps=[PlannedStep("a", "A")])
        FeedWriter(first.feed("r1")).emit("say", "a", "from root")
        LocalFiles().write(first.run("r1") / "env.before", b"SECRET=1")
    assert first.folder == machine.system / slug(machine.checkout)
    assert stat.S_IMODE(first.folder.stat().st_mode) == 0o700
    with machine.login(DEPLOY, umask):
        second = machine.find()
        assert second.folder == first.folder
        journal = Journal(second.journal)
        assert [run.id for run in journal.runs()] == ["r1"]
        journal.post("r1", "abort")
        FeedWriter(second.feed("r1")).emit("say", "a", "from deploy")
        assert [one.text for one in FeedReader(second.feed("r1")).read()] == ["from root", "from deploy"]
        assert LocalFiles().read(second.run("r1") / "env.before") == b"SECRET=1"
    assert Journal(first_journal).take_controls("r1") == ["abort"], "root's run hears the owner"
    for path in first.folder.rglob("*"):
        assert path.stat().st_uid == DEPLOY, path
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    with machine.login(EVE), pytest.raises(RefusedError) as raised:
        machine.find()
    assert f"The state of this stack is in {first.folder} and belongs to user {DEPLOY}" in raised.value.message
    assert raised.value.exit_code == ExitCode.REFUSED


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_group_that_shares_the_checkout_shares_the_state(machine: Machine, umask: int) -> None:
    """Each member reads and writes what the other made, under any umask: journal, its side files, feed, folders."""
    _share(machine)
    machine.system.mkdir()
    os.chown(machine.system, 0, OPS)
    machine.system.chmod(0o2770)
    with machine.login(ALICE, umask):
        first = machine.find()
        open_journal = Journal(first.journal)
        open_journal.create_run("r1", kind="upgrade", title="t", plan="{}", steps=[])
        FeedWriter(first.feed("r1")).emit("say", "a", "one")
        LocalFiles().make(first.snapshots / "s1")
        LocalFiles().write(first.snapshots / "s1" / "env", b"x")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in first.folder.rglob("*")}
    assert {"journal.db-wal", "journal.db-shm"} <= modes.keys()
    with machine.login(DEPLOY, umask):
        second = machine.find()
        assert second.folder == first.folder
        Journal(second.journal).post("r1", "pause")
        FeedWriter(second.feed("r1")).emit("say", "a", "two")
        LocalFiles().write(second.snapshots / "s1" / "env", b"y")
        LocalFiles().remove(second.snapshots / "s1")
    assert open_journal.take_controls("r1") == ["pause"]
    for path in first.folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o2770 if path.is_dir() else 0o660), path
        assert path.stat().st_gid == OPS, path
    with machine.login(EVE), pytest.raises(RefusedError, match="may not read and write it"):
        machine.find()


def test_the_owners_old_state_is_adopted_by_root(machine: Machine) -> None:
    """Nothing is copied: the folder stays, the pointer names it, and root's files in it are the owner's."""
    _kept(machine.old(DEPLOY), DEPLOY, "r1")
    with machine.login(DEPLOY):
        assert machine.find().folder == machine.old(DEPLOY)
    assert machine.pointer.read_text() == f"{machine.old(DEPLOY)}\n{machine.checkout}\n"
    assert machine.pointer.stat().st_uid == DEPLOY
    with machine.login(0, 0o077):
        found = machine.find()
        assert found.folder == machine.old(DEPLOY)
        FeedWriter(found.feed("r2")).emit("say", "a")
    assert found.feed("r2").stat().st_uid == DEPLOY


@pytest.mark.parametrize(("deploys", "roots", "adopted"), [("done", "done", 0), ("failed", "done", DEPLOY)])
def test_of_two_memories_the_one_that_is_needed_is_adopted(
    machine: Machine, deploys: RunState, roots: RunState, adopted: int
) -> None:
    """An unfinished run goes before a newer finished one; the other folder is kept and named."""
    _kept(machine.old(DEPLOY), DEPLOY, "r1", deploys)
    _kept(machine.old(0), 0, "r2", roots)
    with held(machine.git_dir / "avnwizard.lock", run="r1", state_dir=machine.old(DEPLOY)):
        pass
    with machine.login(0):
        found = machine.find()
    assert found.folder == machine.old(adopted)
    assert found.others == (machine.old(DEPLOY if adopted == 0 else 0),)


def test_a_login_does_not_choose_for_one_whose_memory_it_cannot_see(machine: Machine) -> None:
    """Root may have left a run in a folder that deploy cannot read: deploy works on, and root makes the choice."""
    _kept(machine.old(0), 0, "r1", "failed")
    with held(machine.git_dir / "avnwizard.lock", run="r1", state_dir=machine.old(0)):
        pass
    with machine.login(DEPLOY):
        assert machine.find().folder == machine.old(DEPLOY)
    assert not machine.pointer.exists()
    with machine.login(0):
        assert machine.find().folder == machine.old(0)
    with machine.login(DEPLOY), pytest.raises(RefusedError, match="belongs to root") as raised:
        machine.find()
    assert str(machine.old(0)) in raised.value.message


def test_a_refused_login_is_shown_who_holds_the_stack(machine: Machine) -> None:
    """Where the state cannot be read, the lock still names the run, its process and its user."""
    with machine.login(0):
        found = machine.find()
    with (
        held(machine.git_dir / "avnwizard.lock", run="r7", state_dir=found.folder),
        machine.login(EVE),
        pytest.raises(RefusedError, match=r"Run r7 \(process \d+, started by root\) holds this stack"),
    ):
        machine.find()


def _plant(machine: Machine, folder: Path) -> None:
    machine.pointer.write_text(f"{folder}\n{machine.checkout}\n")


@pytest.mark.parametrize("how", ["relative", "climbing", "empty", "nul", "strange", "loose", "link", "file", "gone"])
def test_a_pointer_to_a_wrong_place_is_refused(machine: Machine, how: str) -> None:
    """Whatever stands in the pointer, one sentence says what is wrong, and nothing is made or written there."""
    folder = machine.top / "planted" / "state"
    folder.mkdir(parents=True, mode=0o700)
    os.chown(folder, EVE if how == "strange" else DEPLOY, DEPLOY)
    if how == "loose":
        folder.chmod(0o777)
    if how in {"link", "file", "gone"}:
        folder.rmdir()
    if how == "link":
        folder.symlink_to(machine.home(DEPLOY))
    if how == "file":
        folder.touch()
    named = {"relative": "state", "climbing": f"{folder}/../x", "empty": "", "nul": "/a\0b"}.get(how, str(folder))
    machine.pointer.write_text(f"{named}\n{machine.checkout}\n")
    why = {
        "strange": f"it belongs to user {EVE}",
        "loose": "every user may write there",
        "link": "a symbolic link leads from there",
        "file": "that is not a folder",
        "gone": "there is no such folder",
    }.get(how, "not the absolute path of a folder")
    for uid in (0, DEPLOY):
        with machine.login(uid), pytest.raises(RefusedError, match=why) as raised:
            machine.find()
        assert str(machine.pointer) in raised.value.message
        assert raised.value.hint
    assert not machine.system.exists()


def test_a_pointer_that_is_no_file_is_refused(machine: Machine) -> None:
    """A link is not followed, and a pipe does not make the command wait."""
    machine.pointer.symlink_to("/etc/passwd")
    with machine.login(0), pytest.raises(RefusedError, match="cannot be read"):
        machine.find()
    machine.pointer.unlink()
    os.mkfifo(machine.pointer)
    with machine.login(0), pytest.raises(RefusedError, match="not the absolute path"):
        machine.find()


def test_a_copied_checkout_does_not_use_the_originals_state(machine: Machine) -> None:
    """`cp -a` copies the pointer and the lock file too; the copy is refused, and without the pointer has its own."""
    with machine.login(DEPLOY):
        original = machine.find().folder
    copy = machine.top / "srv" / "copy"
    shutil.copytree(machine.checkout, copy)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, DEPLOY, DEPLOY)
    with machine.login(DEPLOY):
        with pytest.raises(RefusedError, match="was copied or moved"):
            find_state(copy, copy / ".git")
        (copy / ".git" / "avnwizard.state").unlink()
        assert find_state(copy, copy / ".git").folder != original


def test_the_environment_goes_first_and_leads_others_to_a_new_state(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login without the variable finds the state that one with it made; an existing state is not moved by it."""
    chosen = machine.top / "large"
    chosen.mkdir(mode=0o755)
    os.chown(chosen, DEPLOY, DEPLOY)
    monkeypatch.setenv(STATE_DIR, str(chosen))
    with machine.login(DEPLOY):
        first = machine.find()
    assert first.folder == chosen / slug(machine.checkout)
    monkeypatch.delenv(STATE_DIR)
    with machine.login(0):
        assert machine.find().folder == first.folder
    monkeypatch.setenv(STATE_DIR, str(machine.top / "other"))
    with machine.login(0):
        other = machine.find()
    assert (other.folder.parent, other.pointed) == (machine.top / "other", first.folder)
    other.folder.chmod(0o777)
    with machine.login(0), pytest.raises(RefusedError, match="every user may write there"):
        machine.find()


def test_a_relative_place_in_the_environment_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """H28: a run's process works in `/` and would make itself another state there; nothing is made here either."""
    monkeypatch.chdir(machine.top)
    monkeypatch.setenv(STATE_DIR, "state")
    with pytest.raises(RefusedError, match="no absolute path") as raised:
        machine.find()
    assert str(machine.top / "state") in raised.value.hint
    assert not (machine.top / "state").exists()
