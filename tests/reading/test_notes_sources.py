"""Release notes that are no changelog: files of a folder, tags' messages, marked commits; and which was read."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.adapters.git import open_repo
from avnwizard.domain.changelog import (
    ChangelogRange,
    from_commits,
    from_files,
    from_forge,
    from_tags,
    sections_between,
)
from avnwizard.domain.config import Config, StackSection
from avnwizard.flows.upgrade.notes import notes_between

if TYPE_CHECKING:
    from avnwizard.flows.host import Host


def test_one_file_per_release_reads_as_a_changelog() -> None:
    """Files named by their release are read newest first; a file of another name is left out."""
    files = {
        "releases/v1.1.0.md": "# v1.1.0\n\n## Breaking changes\n\n- `OLD` goes\n",
        "releases/v1.0.0.md": "# v1.0.0\n\nFirst.\n",
        "releases/v1.2.0.md": "## Breaking changes\n\n- the API moves\n",
        "releases/README.md": "## v9.9.9\n\n- **Breaking:** no release\n",
    }
    found = sections_between(from_files(files), "v1.0.0", "v1.2.0")
    assert [(one.version, [item.title for item in one.breaking]) for one in found.versions] == [
        ("v1.2.0", ["the API moves"]),
        ("v1.1.0", ["`OLD` goes"]),
    ]
    assert found.read == "read"


def test_tags_that_only_repeat_their_name_say_nothing() -> None:
    """A release whose tag says nothing counts as unread, so that nobody is told that it breaks nothing."""
    tags = {"v1.1.0": "Release v1.1.0", "v1.2.0": "What is new\n\n- **Breaking:** the API moves\n"}
    found = sections_between(from_tags(tags), "v1.0.0", "v1.2.0", tags=tags)
    assert [item.title for one in found.versions for item in one.breaking] == ["**Breaking:** the API moves"]
    assert "v1.1.0" in found.unread
    assert found.read == "partly read"


def test_marked_commits_are_items() -> None:
    """A `!` and a footer break, other conventional marks do not, and a commit without any is left out."""
    messages = ["feat(api)!: drop v1", "fix: a typo", "tidy up", "feat: new store\n\nBREAKING CHANGE: export first\n"]
    section = sections_between(from_commits(messages, "v2.0.0"), "v1.0.0", "v2.0.0").versions[0]
    said = [item.text for item in section.breaking]
    assert len(said) == 2
    assert any("drop v1" in one for one in said)
    assert any("export first" in one for one in said)
    assert "tidy up" not in section.body_markdown
    assert from_commits(["tidy up"], "v2.0.0") == ""


def _git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "tag.gpgSign=false", "-c", "commit.gpgSign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def _read(folder: Path, config: Config | None = None) -> ChangelogRange:
    host = cast("Host", SimpleNamespace(config=config or Config(), repo=open_repo(folder), files=LocalFiles()))
    tags = {tag.name: tag for tag in host.repo.tags()}
    return notes_between(host, tags["v1.0.0"], tags["v1.1.0"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one release, and nothing that tells of it."""
    _git(tmp_path, "init", "-q", "-b", "main")
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "start")
    _git(tmp_path, "tag", "v1.0.0")
    return tmp_path


def test_the_source_is_named(checkout: Path) -> None:
    """Without a changelog the commits are read, and never called all; a tag's message and a file come before them."""
    _git(checkout, "commit", "-q", "--allow-empty", "-m", "feat!: drop v1")
    _git(checkout, "tag", "v1.1.0")
    found = _read(checkout)
    assert (found.breaking, found.read) == (1, "partly read")
    assert "only the commits that carry a conventional mark were read" in found.sentence

    _git(checkout, "tag", "-f", "-a", "v1.1.0", "-m", "What is new\n\n- **Breaking:** the API moves")
    found = _read(checkout)
    assert (found.breaking, found.read) == (1, "read")
    assert "the tags' messages were read" in found.sentence

    (checkout / "releases").mkdir()
    (checkout / "releases" / "v1.1.0.md").write_text("## Breaking changes\n\n- one\n- two\n")
    _git(checkout, "add", "-A")
    _git(checkout, "commit", "-q", "-m", "notes")
    _git(checkout, "tag", "-f", "v1.1.0")
    found = _read(checkout)
    assert (found.breaking, found.read) == (2, "read")
    assert "the files in releases were read" in found.sentence


def test_nothing_to_read_is_said_so(checkout: Path) -> None:
    """Commits without any mark are no notes: the release stays unread."""
    _git(checkout, "commit", "-q", "--allow-empty", "-m", "tidy up")
    _git(checkout, "tag", "v1.1.0")
    found = _read(checkout)
    assert (found.read, found.source) == ("not read", "")


_RELEASES = [
    {"tag_name": "v1.1.0", "draft": False, "body": "## Breaking changes\n\n- `OLD` goes\n"},
    {"tag_name": "v1.2.0", "draft": True, "body": "- **Breaking:** not yet\n"},
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(_RELEASES),
        json.dumps([{"tag_name": "v1.1.0", "description": _RELEASES[0]["body"]}], indent=2),
        json.dumps(_RELEASES[:1]) + "\n" + json.dumps(_RELEASES[1:]),
    ],
    ids=["one list", "the other field", "two pages"],
)
def test_a_forges_list_of_releases_reads_as_a_changelog(text: str) -> None:
    """GitHub's and GitLab's fields, pages one after another; a draft is no release."""
    found = sections_between(from_forge(text) or "", "v1.0.0", "v1.2.0")
    assert [(one.version, [item.title for item in one.breaking]) for one in found.versions] == [
        ("v1.1.0", ["`OLD` goes"])
    ]


@pytest.mark.parametrize("text", ["", "# v1.0.0", "[", "[[[", "[1]", '{"a": 1}', "[" * 100_000])
def test_what_is_no_list_of_releases(text: str) -> None:
    """A changelog that begins with a bracket is read as one."""
    assert from_forge(text) is None


def test_a_saved_list_needs_not_be_tracked(checkout: Path) -> None:
    """The operator saves it in the checkout and names it in `[stack] changelog`."""
    _git(checkout, "commit", "-q", "--allow-empty", "-m", "tidy up")
    _git(checkout, "tag", "v1.1.0")
    config = Config(stack=StackSection(changelog="releases.json"))
    assert _read(checkout, config).read == "not read"
    (checkout / "releases.json").write_text(json.dumps(_RELEASES))
    found = _read(checkout, config)
    assert (found.breaking, found.read) == (1, "read")
    assert "the forge's releases in releases.json were read" in found.sentence
