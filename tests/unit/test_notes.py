"""The release notes of a list of releases: the newest release's serve for all that they name."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.config import Config
from avnwizard.flows.upgrade.notes import notes_between

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

_FILES = {
    "c2": b"## 1.1.0\n\n### Breaking\n\n- a\n\n## 1.0.0\n",
    "c3": b"## 1.2.0\n\n- c\n\n## 1.1.0\n\n### Breaking\n\n- a, said better\n\n## 1.0.0\n",
    "c4": b"## 2.0.0\n\n- only this one\n",
}


def _tag(name: str, commit: str) -> TagRef:
    return TagRef(name, commit, "2030-01-01", annotated=True, signed=False)


def _titles(newest: TagRef | None, asked: list[str]) -> list[str]:
    def read(ref: str, _path: str) -> bytes:
        asked.append(ref)
        return _FILES[ref]

    host = cast("Host", SimpleNamespace(config=Config(), repo=SimpleNamespace(read=read)))
    found = notes_between(host, _tag("v1.0.0", "c1"), _tag("v1.1.0", "c2"), newest)
    return [item.title for one in found.versions for item in one.breaking]


def test_the_newest_releases_notes_serve_for_those_that_they_name() -> None:
    """Only the newest file is read, and it gives the items of the older release."""
    asked: list[str] = []
    assert _titles(_tag("v1.2.0", "c3"), asked) == ["a, said better"]
    assert asked == ["c3"]


def test_a_release_that_the_newest_does_not_name_is_read_from_its_own_file() -> None:
    """A newest changelog without the release's section is no reason to report nothing."""
    asked: list[str] = []
    assert _titles(_tag("v2.0.0", "c4"), asked) == ["a"]
    assert asked == ["c4", "c2"]
    assert _titles(None, []) == ["a"]


def test_commits_have_no_sections_to_be_missing() -> None:
    """Where only commits tell, nothing is said of a section for the release that runs: there is no changelog."""
    repo = SimpleNamespace(
        read=lambda *_: None,
        files=lambda *_: (),
        tag_messages=dict,
        messages=lambda *_: ("feat!: drop the old API",),
    )
    host = cast("Host", SimpleNamespace(config=Config(), repo=repo))
    found = notes_between(host, _tag("v1.0.0", "c1"), _tag("v1.1.0", "c2"), tags=("v1.0.0", "v1.1.0"))
    assert found.source == "only the commits that carry a conventional mark"
    assert (found.missing, found.unread) == ((), ("v1.1.0",))


def test_a_changelog_in_another_usual_place_is_read() -> None:
    """As in the folder of the documentation; the file that avnwizard.toml names comes first."""
    there = {"docs/changelog.md": b"## 1.1.0\n\n### Breaking\n\n- in docs\n\n## 1.0.0\n"}
    repo = SimpleNamespace(read=lambda _ref, path: there.get(path))
    host = cast("Host", SimpleNamespace(config=Config(), repo=repo))

    def titles() -> list[str]:
        found = notes_between(host, _tag("v1.0.0", "c1"), _tag("v1.1.0", "c2"))
        return [item.title for one in found.versions for item in one.breaking]

    assert titles() == ["in docs"]
    there["CHANGELOG.md"] = b"## 1.1.0\n\n### Breaking\n\n- at the top\n\n## 1.0.0\n"
    assert titles() == ["at the top"]
