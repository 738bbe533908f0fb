"""Commits of the operator's own on top of the release that runs."""

import pytest

from avnwizard.errors import ExitCode
from tests.zoo.parts import compose, worker
from tests.zoo.stack import COMPOSE_FILE, UP, ZooStack, make

pytestmark = pytest.mark.engine
TAGS = ("v1.5.0", "v1.6.0")
_GIT = ("git", "-c", "user.name=Ops", "-c", "user.email=ops@example.test")


def _commit(zoo: ZooStack, message: str) -> str:
    zoo.run(*_GIT, "add", "-A")
    zoo.run(*_GIT, "commit", "-q", "-m", message)
    return zoo.run("git", "rev-parse", "HEAD").stdout.strip()


def _with_own_commits(zoo: ZooStack) -> str:
    """The stack at v1.5.0 with two commits on a branch `prod`: an edit, and a file that no release has."""
    services = {tag: {"web": worker(tag), "side": worker("v1.5.0")} for tag in TAGS}
    make(zoo, {tag: {COMPOSE_FILE: compose(services[tag]), "conf/app.conf": "a\nb\nc\nd\ne\n"} for tag in TAGS})
    zoo.run("git", "checkout", "-q", "-b", "prod")
    (zoo.clone / "conf" / "app.conf").write_text("a\nb\nc\nd\nours\n")
    _commit(zoo, "Ours")
    (zoo.clone / "docker-compose.override.yml").write_text("services: {web: {environment: {OURS: '1'}}}\n")
    head = _commit(zoo, "An override of our own")
    zoo.run(*UP)
    return head


def _environment(zoo: ZooStack) -> list[str]:
    return list(zoo.inspect(zoo.containers("web")[-1].id)["Config"]["Env"])


def test_own_commits_are_carried_over_and_kept(zoo: ZooStack) -> None:
    """Zoo 25: what they changed is there after the upgrade; the rollback ends on the branch, as it was."""
    head = _with_own_commits(zoo)
    check = zoo.avnwizard("check")
    assert (check.code, "2 commits of your own on top" in check.out + check.err) == (ExitCode.DONE, True), check.err
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    assert any("2 commits of your own on top of v1.5.0 are carried over" in one for one in plan["warnings"])
    there = zoo.upgrade()
    assert there.code == ExitCode.DONE, there.err
    assert (zoo.image_of("web").rpartition(":")[2], "OURS=1" in _environment(zoo)) == ("v1.6.0", True)
    assert (zoo.clone / "conf" / "app.conf").read_text() == "a\nb\nc\nd\nours\n"
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    where = zoo.run("git", "symbolic-ref", "--short", "HEAD").stdout + zoo.run("git", "rev-parse", "HEAD").stdout
    assert where.split() == ["prod", head]
    assert zoo.run("git", "status", "--porcelain").stdout == ""
    assert (zoo.image_of("web").rpartition(":")[2], "OURS=1" in _environment(zoo)) == ("v1.5.0", True)
    zoo.nothing_to_do()


def test_commits_of_the_vendors_are_none_of_the_operators(zoo: ZooStack) -> None:
    """A checkout that follows the vendor's main branch past a release is refused: nobody can say what it is."""
    services = {tag: {"web": worker(tag)} for tag in TAGS}
    make(zoo, {tag: {COMPOSE_FILE: compose(services[tag])} for tag in TAGS})
    work = str(zoo.root / "work")
    zoo.run(*_GIT, "-C", work, "commit", "-q", "--allow-empty", "-m", "On the way to the next release")
    zoo.run(*_GIT, "-C", work, "push", "-q", str(zoo.root / "remote.git"), "main")
    zoo.run("git", "fetch", "-q")
    zoo.run("git", "checkout", "-q", "main")
    zoo.run("git", "merge", "-q", "--ff-only", "origin/main")
    zoo.run(*UP)
    said = zoo.avnwizard("check")
    assert said.code == ExitCode.REFUSED
    assert "which no release tag names" in said.out + said.err
