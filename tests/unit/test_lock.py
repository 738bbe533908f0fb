"""The stack's lock between logins: who holds it, whose file it is, and what others may have left unfinished."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avnwizard.engine import lock_file
from avnwizard.engine.holding import described, way_on
from avnwizard.engine.lock import held, holder, settle, unsettled
from avnwizard.errors import BusyError, HostError

_OWNER, _STRANGER = 65534, 65533


@pytest.fixture
def git_dir() -> Iterator[Path]:
    """A folder of another user's, as a checkout's `.git` is to root; everybody can reach it."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    top = Path(tempfile.mkdtemp(prefix="avnwizard-lock-"))
    top.chmod(0o755)
    folder = top / ".git"
    folder.mkdir(mode=0o755)
    os.chown(folder, _OWNER, _OWNER)
    yield folder
    shutil.rmtree(top)


@contextmanager
def _as_user(uid: int) -> Iterator[None]:
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_a_lock_that_root_makes_stays_the_owners(git_dir: Path) -> None:
    """After one run as root the owner of the checkout can look at the lock and take it."""
    lock = git_dir / "avnwizard.lock"
    with held(lock, run="r1", state_dir=git_dir):
        assert holder(lock)["user"] == "root"
    assert (lock.stat().st_uid, lock.stat().st_mode & 0o777) == (_OWNER, 0o644)
    with _as_user(_OWNER):
        assert holder(lock) == {}
        with held(lock, run="r2", state_dir=git_dir):
            assert holder(lock)["run"] == "r2"


def test_a_lock_of_roots_from_before_is_looked_at_and_replaced(git_dir: Path) -> None:
    """Earlier versions left a file that only root may write: it does not stop the owner, and its lock counts."""
    lock = git_dir / "avnwizard.lock"
    lock.write_text(json.dumps({"pid": "1", "run": "old", "state_dir": "/root/state"}))
    lock.chmod(0o644)
    with held(lock, run="r1", state_dir=git_dir), _as_user(_OWNER):
        assert holder(lock)["run"] == "r1"
        with pytest.raises(BusyError, match="r1"), held(lock, run="r2", state_dir=git_dir):
            pass
    with _as_user(_OWNER), held(lock, run="r2", state_dir=git_dir):
        assert holder(lock)["run"] == "r2"
        assert unsettled(lock).keys() == {"/root/state", str(git_dir)}, "what it said is kept"
    assert lock.stat().st_uid == _OWNER
    assert [file.name for file in git_dir.iterdir()] == [lock.name]


def test_whoever_waited_for_the_replaced_file_looks_again(git_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was opened before it was replaced locks nothing any more."""
    lock = git_dir / "avnwizard.lock"
    lock.touch(mode=0o644)
    stale = lock_file.opened(lock)
    lock.unlink()
    first = lock_file.taken(lock)
    assert first is not None
    real = lock_file.opened
    handed = iter([stale])
    monkeypatch.setattr(lock_file, "opened", lambda path: next(handed, None) or real(path))
    assert lock_file.taken(lock) is None
    os.close(first)


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_a_lock_that_cannot_be_used_is_an_error_with_a_way_out(git_dir: Path, mode: int) -> None:
    """A third user can neither write nor replace it, nor perhaps read it: one sentence, never "nobody holds it"."""
    lock = git_dir / "avnwizard.lock"
    lock.touch()
    lock.chmod(mode)
    with _as_user(_STRANGER):
        with (
            pytest.raises(HostError, match="cannot be used: Permission denied") as raised,
            held(lock, run="r2", state_dir=git_dir),
        ):
            pass
        assert f"chown --reference={git_dir}" in raised.value.hint
        if mode == 0o600:
            with pytest.raises(HostError, match="Whether a run is live is not known"):
                holder(lock)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Nobody can have root write into a file of his choice."""
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "lock").symlink_to(target)
    with pytest.raises(HostError, match="cannot be used"), held(tmp_path / "lock", run="r1", state_dir=tmp_path):
        pass
    assert target.read_text() == "precious"


def test_the_file_remembers_whose_runs_may_be_unfinished(tmp_path: Path) -> None:
    """Each login that held the lock is kept until it says that it is done, whoever holds it in between."""
    lock, one, two = tmp_path / "lock", tmp_path / "one", tmp_path / "two"
    assert unsettled(lock) == {}
    with held(lock, run="r1", state_dir=one):
        pass
    with held(lock, run="r2", state_dir=two):
        assert unsettled(lock).keys() == {str(one), str(two)}
        settle(lock, two)
        assert holder(lock)["run"] == "r2"
    assert unsettled(lock).keys() == {str(one)}


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ('{"pid": "1", "run": "r", "state_dir": "/x/state"}', {"/x/state"}),
        ('{"unsettled": {"/x/state": "deploy"}}ed": {}}', {"/x/state"}),
        ("", set()),
        ("[1]", set()),
        ('{"unsettled": 3}', set()),
    ],
)
def test_what_other_versions_and_killed_writers_left_is_read(tmp_path: Path, text: str, folders: set[str]) -> None:
    """Versions before this one named the last holder alone; a killed writer leaves the old end behind its own."""
    (tmp_path / "lock").write_text(text)
    assert unsettled(tmp_path / "lock").keys() == folders


def test_the_holder_and_the_way_to_it_in_words(tmp_path: Path) -> None:
    """What holds the stack, by whom, and the command that reaches it from there."""
    theirs = {"run": "r1", "kind": "upgrade", "pid": "812", "user": "deploy", "state_dir": "/home/deploy/s/id-1"}
    assert described(theirs) == "Run r1 (process 812, started by deploy)"
    assert way_on(theirs, tmp_path, "abort") == "As deploy: AVNWIZARD_STATE_DIR=/home/deploy/s avnwizard abort"
    ours = theirs | {"state_dir": str(tmp_path)}
    assert way_on(ours, tmp_path) == "Watch it with: avnwizard attach"
    assert described(ours | {"kind": "verify"}).startswith("A check of a snapshot (process 812")
    assert "Ctrl+C" in way_on(ours | {"kind": "verify"}, tmp_path)
    assert described({"pid": "?"}) == "Run ? (process ?)"
    assert "again" in way_on({"pid": "?"}, tmp_path)
