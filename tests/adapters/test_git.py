"""The git adapter on real repositories: opening, reading, tags, fetching."""

import os
import re
from pathlib import Path

import pytest

from avnwizard.adapters.git import open_repo
from avnwizard.domain.checkout import Head
from avnwizard.errors import HostError
from tests.adapters.git_stack import COMPOSE_V1, commit, git


def test_what_two_releases_differ_in(clone: Path, upstream: Path) -> None:
    """Content, mode, new and removed files, whatever their names; a submodule is told apart."""
    inner = git(upstream, "rev-parse", "HEAD")
    git(upstream, "update-index", "--add", "--cacheinfo", f"160000,{inner},conf/sub")
    git(upstream, "commit", "-q", "-m", "with a submodule")
    git(upstream, "update-index", "--cacheinfo", f"160000,{git(upstream, 'rev-parse', 'HEAD')},conf/sub")
    commit(upstream, {"odd \t\n*name": "x"}, "it moves")
    repo = open_repo(clone)
    repo.fetch()
    found = {one.path: one for one in repo.changed("v1.5.0", "v2.0.0")}
    assert sorted(found) == ["compose.yml", "deploy/002.sql", "old.txt", "run.sh"]
    assert [path for path, one in found.items() if one.is_new] == ["deploy/002.sql"]
    assert not any(one.submodule for one in found.values())
    later = {one.path: (one.submodule, one.is_new) for one in repo.changed("origin/main~1", "origin/main")}
    assert later == {"conf/sub": (True, False), "odd \t\n*name": (False, True)}
    assert [one.is_new for one in repo.changed("v2.0.0", "origin/main~1")] == [True]


def test_what_a_release_calls_a_file(clone: Path, upstream: Path) -> None:
    """One that is much alike under a new name, whatever that is; both ways, and nothing of what is another file."""
    git(upstream, "mv", "compose.yml", "odd \t\nstack.yaml")
    commit(upstream, {"odd \t\nstack.yaml": COMPOSE_V1 + "# more\n", "old.txt": "all of it is new\n" * 9}, "renamed")
    repo = open_repo(clone)
    repo.fetch()
    assert repo.renamed("v1.5.0", "origin/main")["compose.yml"] == "odd \t\nstack.yaml"
    assert repo.renamed("origin/main", "v1.5.0")["odd \t\nstack.yaml"] == "compose.yml"
    assert repo.renamed("v1.5.0", "v2.0.0") == {}


def test_refuses_what_is_no_checkout(tmp_path: Path, clone: Path, upstream: Path) -> None:
    """Each thing that is not the top of a checkout is named for what it is, with something to do."""
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(upstream), str(bare))
    (clone / "deploy").mkdir()
    (tmp_path / "plain").mkdir()
    cases = {
        tmp_path / "plain": "not a git repository",
        tmp_path / "nowhere": "no folder",
        bare: "bare",
        clone / "deploy": "not the top",
        clone / ".git": "work tree",
    }
    for place, words in cases.items():
        with pytest.raises(HostError, match=words) as raised:
            open_repo(place)
        assert raised.value.hint, place


def test_a_folder_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that one works in is named, and not a dot."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HostError, match=re.escape(f"{tmp_path} is not a git repository")):
        open_repo(Path())


def test_missing_git_is_told(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git on PATH the error says so, before GitPython can fail at import."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(HostError, match=r"no `git`"):
        open_repo(clone)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_dubious_ownership_is_told(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout of another user is refused by git; the hint names safe.directory."""
    monkeypatch.setenv("HOME", str(clone.parent))
    monkeypatch.delenv("SUDO_UID", raising=False)
    for place in (clone, clone / ".git"):
        os.chown(place, 12345, 12345)
    with pytest.raises(HostError, match="another user") as raised:
        open_repo(clone)
    assert "safe.directory" in raised.value.hint


def test_environment_cannot_point_elsewhere(clone: Path, upstream: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIT_DIR and friends in the operator's shell do not redirect the wizard to another repository."""
    monkeypatch.setenv("GIT_DIR", str(upstream / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(upstream / "nothing"))
    repo = open_repo(clone)
    assert repo.git_dir == clone / ".git"
    assert repo.head().tag == "v1.5.0"
    assert repo.read("HEAD", "compose.yml") == COMPOSE_V1.encode()


def test_head_tells_tag_and_branch(clone: Path) -> None:
    """Detached at a tag there is no branch; on a branch with own commits past it, the tag behind them counts."""
    repo = open_repo(clone)
    head = repo.head()
    assert (head.tag, head.branch, head.commit) == ("v1.5.0", "", git(clone, "rev-parse", "v1.5.0^{commit}"))
    git(clone, "checkout", "-q", "-b", "ops")
    commit(clone, {"note": "x"}, "mine")
    assert repo.head() == Head(git(clone, "rev-parse", "HEAD"), "v1.5.0", "ops", head.commit, own=1)
    git(clone, "update-ref", "refs/remotes/origin/dev", "HEAD")
    assert (repo.head().tag, repo.head().own) == ("", 0), "the vendor has it too"
    git(clone, "config", "branch.ops.remote", "origin")
    git(clone, "config", "branch.ops.merge", "refs/heads/dev")
    assert (repo.head().tag, repo.head().own) == ("v1.5.0", 1), "it is where the operator pushes to"


def test_highest_release_of_several_tags(clone: Path) -> None:
    """Of the tags at one commit the highest final release counts, as a version and not as text."""
    for tag in ("latest", "v1.10.0", "v1.9.0", "v1.10.0-rc1", "zzz"):
        git(clone, "tag", tag)
    assert open_repo(clone).head().tag == "v1.10.0"


def test_unborn_head_is_an_error(tmp_path: Path) -> None:
    """A repository without a commit is refused, not misread."""
    git(tmp_path, "init", "-q")
    with pytest.raises(HostError, match="no commit"):
        open_repo(tmp_path).head()


def test_tags_of_every_kind(clone: Path) -> None:
    """Annotated, light, nested and oddly named tags lead to commits; a tag of a blob is left out."""
    commit_id = git(clone, "rev-parse", "HEAD")
    odd = ["-x", "$(touch boom)".replace(" ", "_"), "ünï/cödé", "a;b", "--upload-pack=x"]
    for name in odd:
        git(clone, "update-ref", f"refs/tags/{name}", commit_id)
    git(clone, "tag", "-a", "-m", "of a tag", "nested", "v1.5.0")
    git(clone, "update-ref", "refs/tags/blob", git(clone, "rev-parse", "HEAD:compose.yml"))
    repo = open_repo(clone)
    tags = {tag.name: tag for tag in repo.tags()}
    assert tags.keys() == {*odd, "nested", "v1.5.0", "v2.0.0"}
    assert all(tags[name].commit == commit_id for name in [*odd, "nested", "v1.5.0"])
    assert tags["v1.5.0"].annotated
    assert not tags["-x"].annotated
    assert not tags["v1.5.0"].signed
    assert tags["v1.5.0"].date[:2] == "20"
    for name in odd:
        assert repo.read(name, "compose.yml") == COMPOSE_V1.encode()
        assert repo.remote_tag(name) == ""


def test_signature_is_seen(clone: Path) -> None:
    """A tag object with a signature block counts as signed."""
    signature = "-----BEGIN PGP SIGNATURE-----\n\nxx\n-----END PGP SIGNATURE-----\n"
    head = git(clone, "rev-parse", "HEAD")
    body = f"object {head}\ntype commit\ntag v9\ntagger t <t@example.org> 1700000000 +0000\n\nmsg\n{signature}"
    tag = git(clone, "hash-object", "-t", "tag", "-w", "--stdin", text=body)
    git(clone, "update-ref", "refs/tags/v9", tag)
    assert {t.name: t.signed for t in open_repo(clone).tags()} == {"v1.5.0": False, "v2.0.0": False, "v9": True}


def test_reading_at_a_ref(clone: Path) -> None:
    """Files and folders at a ref, without a checkout; what is not there is None or empty."""
    repo = open_repo(clone)
    assert repo.read("v2.0.0", "deploy/002.sql") == b"select 2;\n" * 1000
    assert repo.read("v1.5.0", "deploy/002.sql") is None
    assert repo.read("v2.0.0", "deploy") is None
    assert repo.list("v2.0.0", "deploy") == ("deploy/002.sql",)
    assert repo.list("v1.5.0", "deploy") == ()
    assert repo.list("v1.5.0", "") == (".gitignore", "compose.yml", "old.txt", "run.sh")
    assert repo.list("v1.5.0", "*") == ()
    for wrong in ("v3", "", "--all", "v2.0.0:compose.yml"):
        with pytest.raises(HostError, match="no tag or commit"):
            repo.read(wrong, "compose.yml")


def test_state_tells_edits_and_operations(clone: Path) -> None:
    """Staged and unstaged edits, a merge in progress, a lock; an ignored file is no edit."""
    repo = open_repo(clone)
    (clone / ".env.production").write_text("A=1\n")
    assert repo.state().edited == ()
    (clone / "compose.yml").write_text("mine\n")
    (clone / "old.txt").unlink()
    (clone / "staged é.txt").write_text("x")
    git(clone, "add", "staged é.txt")
    (clone / ".git" / "MERGE_HEAD").write_text("x")
    (clone / ".git" / "index.lock").touch()
    state = repo.state()
    assert state.edited == ("compose.yml", "old.txt", "staged é.txt")
    assert (state.busy, state.locked, state.shallow) == ("merge", True, False)


def test_shallow_clone_and_remote_without_credentials(upstream: Path, tmp_path: Path) -> None:
    """A shallow clone is seen, and the remote's address is told without its password."""
    place = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{upstream}", str(place))
    git(place, "remote", "set-url", "origin", "https://bot:hunter2@example.org/x.git")
    state = open_repo(place).state()
    assert state.shallow
    assert state.remote == "https://***@example.org/x.git"


def test_fetch_brings_new_tags_and_never_moves_old(clone: Path, upstream: Path) -> None:
    """A new tag arrives; a tag that moved or went on the remote stays here, and the move is told."""
    for key in ("fetch.prune", "fetch.pruneTags", "remote.origin.prune"):
        git(clone, "config", key, "true")
    git(clone, "config", "--add", "remote.origin.fetch", "+refs/tags/*:refs/tags/*")
    repo = open_repo(clone)
    here = repo.remote_tag("v2.0.0")
    moved = commit(upstream, {"new.txt": "x"}, "three")
    git(upstream, "tag", "v2.1.0")
    git(upstream, "tag", "-f", "-a", "-m", "moved", "v2.0.0")
    git(upstream, "tag", "-d", "v1.5.0")
    repo.fetch()
    assert {tag.name: tag.commit for tag in repo.tags()}["v2.0.0"] == here != moved
    assert {tag.name for tag in repo.tags()} == {"v1.5.0", "v2.0.0", "v2.1.0"}
    assert repo.remote_tag("v2.0.0") == moved
    assert repo.remote_tag("v1.5.0") == ""
    assert repo.moved_tags() == ("v2.0.0",)


def test_unreachable_remote(clone: Path) -> None:
    """A remote that is gone is an error without its password, for a question and for a fetch."""
    git(clone, "remote", "set-url", "origin", "http://bot:hunter2@127.0.0.1:9/x.git")
    repo = open_repo(clone)
    for ask in (repo.fetch, repo.moved_tags, lambda: repo.remote_tag("v2.0.0")):
        with pytest.raises(HostError) as raised:
            ask()
        assert "hunter2" not in raised.value.message
        assert raised.value.hint
    with pytest.raises(HostError, match=r"^The remote was not reached: fatal: unable to access"):
        repo.fetch()
    git(clone, "remote", "remove", "origin")
    with pytest.raises(HostError, match="no remote"):
        repo.fetch()
