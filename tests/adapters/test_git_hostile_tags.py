"""Tags whose names hold what a terminal or a reader of lines obeys: read, fetched, never a crash."""

import os
import subprocess
from pathlib import Path

import pytest

from avnwizard.adapters.git import open_repo
from avnwizard.errors import HostError
from tests.adapters.git_stack import commit, git

HOSTILE = ("v9\x85x", "v9.0.0\u2028v9.0.1", "v9\u2029", "v9.0.0\u202e1", "\x85!refs", "v9\udcff.0", "v9.0.0\u200b")
"""Names that git takes: it refuses controls below U+0080 only."""


def tag_all(directory: Path, names: tuple[str, ...]) -> None:
    """Put tags of these names on HEAD, as bytes: a name may be no UTF-8."""
    for name in names:
        argv = [b"git", b"-C", os.fsencode(directory), b"tag", b"--", os.fsencode(name)]
        subprocess.run(argv, check=True, capture_output=True)


def test_each_hostile_name_is_one_tag(clone: Path) -> None:
    """A line separator in a name ends no line of git's; the name leads to its commit, here and on the remote."""
    tag_all(clone, HOSTILE)
    repo = open_repo(clone)
    here = git(clone, "rev-parse", "HEAD")
    assert {tag.name for tag in repo.tags()} == {*HOSTILE, "v1.5.0", "v2.0.0"}
    assert {tag.commit for tag in repo.tags() if tag.name in HOSTILE} == {here}
    assert repo.head().tag == "v1.5.0"
    for name in HOSTILE:
        assert repo.read(name, "old.txt") == b"old\n"
        assert repo.remote_tag(name) == ""


def test_hostile_names_come_by_fetch(clone: Path, upstream: Path) -> None:
    """The remote's tags are read whole, and one of them that moved hides behind no separator."""
    tag_all(upstream, HOSTILE)
    repo = open_repo(clone)
    repo.fetch()
    there = git(upstream, "rev-parse", "HEAD")
    assert {tag.name: tag.commit for tag in repo.tags()}["v9\x85x"] == there
    assert repo.moved_tags() == ()
    commit(upstream, {"more": "x"}, "more")
    git(upstream, "tag", "-f", "v9\x85x")
    repo.fetch()
    assert repo.moved_tags() == ("v9\x85x",)
    assert {tag.name: tag.commit for tag in repo.tags()}["v9\x85x"] == there


def test_a_commit_with_nothing_but_a_hostile_tag_has_none(clone: Path) -> None:
    """Such a name is no release: the one behind it counts; an unknown one is named harmlessly."""
    commit(clone, {"note": "x"}, "mine")
    tag_all(clone, ("v9.0.0\u2028",))
    repo = open_repo(clone)
    assert (repo.head().tag, repo.head().own) == ("v1.5.0", 1)
    with pytest.raises(HostError) as raised:
        repo.read("v7\x85\u202e", "old.txt")
    assert raised.value.message.isprintable()


def test_the_history_tells_which_commit_came_first(clone: Path) -> None:
    """An ancestor is one; a commit that is not here is none."""
    repo = open_repo(clone)
    old, new = (git(clone, "rev-parse", f"{tag}^{{commit}}") for tag in ("v1.5.0", "v2.0.0"))
    assert repo.is_ancestor(old, new)
    assert not repo.is_ancestor(new, old)
    assert not repo.is_ancestor("0" * 40, new)


def test_what_a_release_holds_is_named_by_its_content(clone: Path) -> None:
    """Files of a folder with id and size, a link marked as none; contents by id, again and again."""
    (clone / "sql").mkdir()
    (clone / "sql" / "link.sql").symlink_to("../old.txt")
    (clone / "sql" / "1 \x85.sql").write_text("select 1;\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "sql")
    repo = open_repo(clone)
    found = repo.files("HEAD", "sql/")
    assert [(one.path, one.size_bytes, one.is_plain) for one in found] == [
        ("sql/1 \x85.sql", 10, True),
        ("sql/link.sql", 10, False),
    ]
    assert [repo.content(found[0].blob) for _ in range(2)] == [b"select 1;\n"] * 2
    assert repo.files("HEAD", "nowhere") == ()
    with pytest.raises(HostError, match="cannot read the object 000"):
        repo.content("0" * 40)
