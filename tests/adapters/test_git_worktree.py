"""Moving the operator's work tree with real git: merges, checkouts, crashes in between."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from avnwizard.adapters.git import open_repo
from avnwizard.errors import HostError
from tests.adapters.git_stack import COMPOSE_V1, COMPOSE_V2, git

EDITED = COMPOSE_V1.replace("line 2\n", "line 2, mine\n")
MERGED = COMPOSE_V2.replace("line 2\n", "line 2, mine\n").encode()


def test_merge_carries_an_edit_over(clone: Path) -> None:
    """An edit far from the release's change is merged; both changes are there."""
    (clone / "compose.yml").write_text(EDITED)
    merge = open_repo(clone).merge("compose.yml", "v2.0.0")
    assert (merge.content, merge.conflict) == (MERGED, False)


def test_merge_never_resolves_silently(clone: Path) -> None:
    """The same line changed twice, a binary file, and a file removed on one side are conflicts."""
    repo = open_repo(clone)
    (clone / "compose.yml").write_text(COMPOSE_V1.replace("line 18\n", "line 18, mine\n"))
    merge = repo.merge("compose.yml", "v2.0.0")
    assert merge.conflict
    assert b"line 18, mine" in (merge.content or b"")
    (clone / "compose.yml").write_bytes(b"\0mine")
    assert repo.merge("compose.yml", "v2.0.0").conflict
    (clone / "compose.yml").unlink()
    assert repo.merge("compose.yml", "v2.0.0").conflict
    (clone / "old.txt").write_text("mine\n")
    merge = repo.merge("old.txt", "v2.0.0")
    assert (merge.content, merge.conflict) == (None, True)


def test_merge_of_one_sided_changes(clone: Path) -> None:
    """What only the operator did stays: a file added, a file removed that the release left alone."""
    repo = open_repo(clone)
    (clone / "mine.yml").write_text("x")
    git(clone, "add", "mine.yml")
    (clone / ".gitignore").unlink()
    assert repo.merge("mine.yml", "v2.0.0").content == b"x"
    removed = repo.merge(".gitignore", "v2.0.0")
    assert (removed.content, removed.conflict) == (None, False)


def test_checkout_and_matches(clone: Path) -> None:
    """Edits are carried, untracked and ignored files stay, no hook runs, modes are git's; and it can be repeated."""
    (clone / "compose.yml").write_text(EDITED)
    (clone / "compose.yml").chmod(0o600)
    (clone / "run.sh").write_text("dropped")
    (clone / "notes.txt").write_text("untracked")
    (clone / ".env.production").write_text("ignored")
    hook = clone / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)
    repo = open_repo(clone)
    contents = {"compose.yml": MERGED, ".gitignore": None, "extra/new.yml": b"new"}
    assert not repo.matches("v2.0.0", contents=contents)
    for _ in range(2):
        repo.checkout("v2.0.0", contents=contents)
        assert repo.matches("v2.0.0", contents=contents)
        assert repo.head().tag == "v2.0.0"
        assert repo.head().branch == ""
        assert (clone / "compose.yml").read_bytes() == MERGED
        assert stat.S_IMODE((clone / "compose.yml").stat().st_mode) == 0o600
        assert (clone / "run.sh").stat().st_mode & 0o111
        assert (clone / "notes.txt").read_text() == "untracked"
        assert (clone / ".env.production").read_text() == "ignored"
        assert not (clone / ".gitignore").exists()
        assert not (clone / "old.txt").exists()
        assert not (clone / "hooked").exists()
    assert not repo.matches("v2.0.0", contents={"compose.yml": MERGED})
    assert not repo.matches("v1.5.0", contents=contents)
    (clone / "compose.yml").write_bytes(MERGED + b"x")
    assert not repo.matches("v2.0.0", contents=contents)


def test_checkout_back_with_the_diff(clone: Path) -> None:
    """Going back with the saved contents gives the operator's tree as it was, mode included."""
    repo = open_repo(clone)
    (clone / "compose.yml").write_text(EDITED)
    (clone / "old.txt").chmod(0o755)
    before = repo.diff()
    contents = {path: (clone / path).read_bytes() for path in repo.state().edited}
    repo.checkout("v2.0.0", contents={"compose.yml": MERGED})
    repo.checkout("v1.5.0", contents={"compose.yml": EDITED.encode()})
    assert repo.matches("v1.5.0", contents={"compose.yml": EDITED.encode()})
    assert contents.keys() == {"compose.yml", "old.txt"}
    assert b"line 2, mine" in before


def test_executable_edit_is_kept(clone: Path) -> None:
    """A file that the operator made executable stays so across a checkout that carries it."""
    (clone / "compose.yml").chmod(0o755)
    repo = open_repo(clone)
    repo.checkout("v2.0.0", contents={"compose.yml": COMPOSE_V2.encode()})
    assert (clone / "compose.yml").stat().st_mode & 0o100


@pytest.mark.parametrize("path", ["deploy/002.sql", "deploy"])
def test_untracked_file_in_the_way(clone: Path, path: str) -> None:
    """An untracked file where the release has another is refused with nothing changed."""
    place = clone / path
    place.parent.mkdir(exist_ok=True)
    place.write_text("precious")
    repo = open_repo(clone)
    with pytest.raises(HostError, match="in the way") as raised:
        repo.checkout("v2.0.0", contents={})
    assert "deploy/002.sql" in raised.value.message
    assert place.read_text() == "precious"
    assert repo.matches("v1.5.0", contents={})


def test_ignored_file_in_the_way(clone: Path, upstream: Path) -> None:
    """A release that brings a file which the operator has ignored (`.env.production`) does not overwrite it."""
    (upstream / ".env.production").write_text("from upstream")
    git(upstream, "add", "-f", ".env.production")
    git(upstream, "commit", "-q", "-m", "oops")
    git(upstream, "tag", "v3.0.0")
    (clone / ".env.production").write_text("SECRET=1")
    repo = open_repo(clone)
    repo.fetch()
    with pytest.raises(HostError, match=r"\.env\.production"):
        repo.checkout("v3.0.0", contents={})
    assert (clone / ".env.production").read_text() == "SECRET=1"


def test_checkout_that_was_cut_off_is_repeated(clone: Path) -> None:
    """New files that a killed git left, whole or in part, do not block the second attempt."""
    (clone / "deploy").mkdir()
    (clone / "deploy" / "002.sql").write_text("select 2;\n" * 10 + "sel")
    (clone / "compose.yml").write_text(COMPOSE_V2[:7])
    repo = open_repo(clone)
    repo.checkout("v2.0.0", contents={})
    assert repo.matches("v2.0.0", contents={})


def test_stale_lock_is_told(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that does not go away ends in a hint that names it."""
    monkeypatch.setattr("avnwizard.adapters.git_worktree._LOCK_WAIT_S", 0.1)
    (clone / ".git" / "index.lock").touch()
    with pytest.raises(HostError) as raised:
        open_repo(clone).checkout("v2.0.0", contents={})
    assert "index.lock" in raised.value.hint


@pytest.mark.parametrize("flag", ["skip-worktree", "assume-unchanged"])
def test_hidden_edit_is_told(clone: Path, flag: str) -> None:
    """An edit that git was told not to look at is refused, with the commands that show it; a clean file is fine."""
    git(clone, "update-index", f"--{flag}", "compose.yml", "old.txt")
    repo = open_repo(clone)
    assert repo.state().edited == ()
    (clone / "compose.yml").write_text(EDITED)
    with pytest.raises(HostError, match=r"compose\.yml") as raised:
        repo.state()
    subprocess.run(["sh", "-c", raised.value.hint.partition(": ")[2]], cwd=clone, check=True)
    assert repo.state().edited == ("compose.yml",)


def test_branch_is_kept(clone: Path) -> None:
    """With a branch HEAD ends on it, with the tree clean; a branch that points elsewhere is refused first."""
    git(clone, "checkout", "-q", "-b", "ops")
    repo = open_repo(clone)
    with pytest.raises(HostError, match="does not point"):
        repo.checkout("v2.0.0", branch="ops", contents={})
    assert repo.matches("v1.5.0", contents={})
    repo.checkout("v2.0.0", contents={})
    repo.checkout("v1.5.0", branch="ops", contents={})
    assert repo.head().branch == "ops"
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.parametrize("path", ["../out", "/abs", ".git/config", "", "link/x"])
def test_contents_stay_inside(clone: Path, path: str) -> None:
    """No content is written outside of the work tree, nor into `.git`, nor through a link; nothing is moved."""
    (clone / "link").symlink_to(clone.parent)
    repo = open_repo(clone)
    with pytest.raises(HostError, match="not a path inside"):
        repo.checkout("v2.0.0", contents={path: b"x"})
    assert repo.matches("v1.5.0", contents={})


def test_patch_applies_whatever_the_config(clone: Path) -> None:
    """The saved diff is one that `git apply` takes, binary files and odd diff settings included."""
    for key, value in (("diff.noprefix", "true"), ("diff.external", "false"), ("color.ui", "always")):
        git(clone, "config", key, value)
    (clone / "compose.yml").write_text(EDITED)
    (clone / "old.txt").write_bytes(b"\0\1\2")
    patch = clone.parent / "edits.patch"
    patch.write_bytes(open_repo(clone).diff())
    git(clone, "checkout", "-q", "-f", "HEAD")
    git(clone, "apply", str(patch))
    assert (clone / "compose.yml").read_text() == EDITED
    assert (clone / "old.txt").read_bytes() == b"\0\1\2"


@pytest.mark.parametrize(("mine", "theirs"), [(0o077, 0o022), (0o022, 0o077), (0o077, 0o002)])
def test_a_checkout_keeps_the_modes_that_it_has(clone: Path, mine: int, theirs: int) -> None:
    """H37: a release's files get the modes of the files that are there, whatever this process's umask is.

    A compose file that turns 0600 is bad enough; a migration that a container's own user cannot read fails the run.
    """
    for path in (clone / name for name in git(clone, "ls-files").splitlines()):
        path.chmod((0o777 if path.stat().st_mode & 0o100 else 0o666) & ~theirs)
    before = os.umask(mine)
    try:
        open_repo(clone).checkout("v2.0.0", contents={})
    finally:
        os.umask(before)
    modes = {
        name: stat.S_IMODE((clone / name).stat().st_mode) for name in ("compose.yml", "deploy/002.sql", "run.sh")
    }
    assert modes == {
        "compose.yml": 0o666 & ~theirs,
        "deploy/002.sql": 0o666 & ~theirs,
        "run.sh": 0o777 & ~theirs,
    }
    assert stat.S_IMODE((clone / "deploy").stat().st_mode) == 0o777 & ~theirs


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files that are not its own")
def test_nothing_in_an_operators_checkout_becomes_roots(
    clone: Path, upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H37: what root fetches and checks out is the owner's; neither a link nor a second name leads root elsewhere."""
    for name, value in (("COUNT", "1"), ("KEY_0", "safe.directory"), ("VALUE_0", "*")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "roots").write_text("root's\n")
    for path in (clone, *clone.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    (clone / ".git" / "link").symlink_to(elsewhere)
    os.link(elsewhere / "roots", clone / ".git" / "twice")
    git(upstream, "tag", "later")
    repo = open_repo(clone)
    repo.fetch()
    repo.checkout("v2.0.0", contents={"compose.yml": b"mine\n"})
    found = [path for path in clone.rglob("*") if path.lstat().st_uid == 0]
    assert found == [clone / ".git" / "twice"]
    assert [(elsewhere / "roots").stat().st_uid, elsewhere.stat().st_uid] == [0, 0]
