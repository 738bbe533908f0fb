"""What a changelog marks as breaking is found wherever and however it is marked; notices are kept apart."""

import pytest

from avnwizard.domain.changelog import Section, sections_between


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ("* Breaking Changes *\n\n - drop a\n\n* New Features *\n\n - add b\n", ["drop a"]),
        ("- [#1](u): x was removed. *breaking :warning:*\n- breaking a circle\n", ["#1: x was removed."]),
        ("### Breaking Changes\n\n- a\n\n### Major Changes\n\n- b\n\n### Minor Changes\n\n- c\n", ["a"]),
        ("### Compatibility breaks\n\n- a\n\n### Added\n\n- compatible with b\n", ["a"]),
        ("Changes marked with :warning: are not backward compatible.\n\n- :warning: a\n- b\n", [":warning: a"]),
        ("- :warning: a\n- b, which is not backward compatible with the weather\n", []),
        ("### Major Changes\n\n- b\n\n### Minor Changes\n\n- c\n", ["b"]),
    ],
)
def test_marks_of_other_shapes(body: str, titles: list[str]) -> None:
    """Plain group headings, an emphasised mark behind the change, and "Major" beside "Breaking"."""
    found = sections_between(f"## 2.0.0\n\n{body}\n## 1.0.0\n", "1.0.0", "2.0.0").versions[0]
    assert [item.title for item in found.breaking] == titles


def _read(body: str) -> Section:
    return sections_between(f"## 2.0.0\n\n{body}\n\n## 1.0.0\n", "1.0.0", "2.0.0").versions[0]


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ("- #118: BREAKING: a is refused\n- Fix the barrier breaking in rain\n", ["#118: BREAKING: a is refused"]),
        ("- Remove a (breaking). [GH-9]\n- Write a policy for breaking changes\n", ["Remove a (breaking)."]),
        ("> [!WARNING]\n> **Breaking change:** a is yours now.\n\n- b\n", ["a is yours now."]),
        ("!!! info\n    **Breaking change**: a was removed.\n", ["a was removed."]),
        ("Breaking Changes\n\n - a goes\n\nImprovements\n\n - b\n", ["a goes"]),
        ("### (BC Break) The default is pine\n\nSet oak.\n\n### Support for b\n\nGood.\n", ["The default is pine"]),
        ("- parts\n  - **Breaking change:** a is metric\n", ["**Breaking change:** a is metric"]),
        ("### BREAKING: Part\n\n- **Root:**\n  - a\n  - b\n", ["Part: Root: a", "Part: Root: b"]),
        ("### Breaking\n\nRun a first.\n\n- b\n\nCloses #1\n\nCo-authored-by: N <n@x>\n", ["Run a first.", "b"]),
        ("All is new. One change is not backwards-compatible: rename a.\n\n- b\n", ["All is new."]),
        ("All changes are fully backwards-compatible. There are no breaking changes.\n", []),
        ("**[BREAKING CHANGE] すべて変えた**\n", ["すべて変えた"]),
        ("### [BREAKING CHANGE] Renamed a\n\nIt is b now.\n", ["Renamed a"]),
        (
            "**Update note 1:** this release changes a in incompatible way\n",
            ["**Update note 1:** this release changes a in incompatible way"],
        ),
        ("BREAK CHANGES\n* a is a default now\n", ["a is a default now"]),
        ("- Break changes into small ones\n", []),
        (
            "- Breaking change / compatibility fix (part): give a\n",
            ["Breaking change / compatibility fix (part): give a"],
        ),
        (
            "- Possible breaking change for two outputs. They keep dots.\n",
            ["Possible breaking change for two outputs."],
        ),
        (
            "### Important\n\n* This release makes breaking changes for a\n",
            ["This release makes breaking changes for a"],
        ),
        ("### Breaking\n\n- a\n\n### Important\n\n* This release brings a breaking change for b\n", ["a"]),
    ],
)
def test_marks_wherever_they_stand(body: str, titles: list[str]) -> None:
    """A mark counts in headings, quotes, admonitions, bare lines, nested bullets and introductions."""
    assert [item.title for item in _read(body).breaking] == titles


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("### Removed\n\n- the press\n", "removed"),
        ("### Deprecations\n\n- the press\n", "deprecated"),
        ("### Upgrade notes\n\nthe press\n", "upgrade"),
        (".. warning::\n    the press\n", "warning"),
        ("> [!IMPORTANT]\n> the press\n", "important"),
        ("### Misc\n\n- Dropped the press\n", "removed"),
    ],
)
def test_notices_have_a_list_of_their_own(body: str, kind: str) -> None:
    """Removals, deprecations, upgrade notes and warnings are notices and no items."""
    found = _read(body)
    assert [one.kind for one in found.notices] == [kind]
    assert "the press" in found.notices[0].text
    assert found.breaking == ()


def test_a_line_that_speaks_of_compatibility_is_never_passed_over() -> None:
    """A mark in a sentence about something else is no item, and the release is not reported as read."""
    found = _read("- Technically this is a breaking change, but nobody noticed\n")
    assert found.breaking == ()
    assert found.read == "partly read"
    assert found.doubts == ("Technically this is a breaking change, but nobody noticed",)


def test_a_range_says_how_far_it_was_read() -> None:
    """A missing release within the range makes it partly read; without any section it is not read."""
    assert sections_between("## 1.1.0\n\n- a\n\n## 1.0.0\n", "1.0.0", "1.1.0").read == "read"
    assert sections_between("## 1.1.0\n\n- a\n", "1.0.0", "1.1.0").read == "read"
    assert sections_between("## 1.2.0\n\n- a\n", "1.0.0", "1.2.0", tags=["1.1.0"]).read == "partly read"
    assert sections_between("", "1.0.0", "1.1.0").read == "not read"


def test_a_release_heading_that_cannot_be_read_ends_the_section_above() -> None:
    """What stands below such a heading is not attributed to the release above, which is partly read."""
    text = "## 2.0.0\n\n- a\n\n## Spring edition\n\n- BREAKING: b\n\n## 1.0.0\n"
    (found,) = sections_between(text, "1.0.0", "2.0.0").versions
    assert found.breaking == ()
    assert found.read == "partly read"


@pytest.mark.parametrize("piece", ["a1 ", "[x] ", ":w: ", "x: ", "#1 ", "*a* "])
def test_long_runs_before_a_word_are_read_to_their_end(piece: str) -> None:
    """Thousands of what may stand before a mark make no item, and the reader comes back."""
    found = _read(f"- {piece * 3000}breaking news\n")
    assert found.breaking == ()
    assert found.read == "read"
