"""Changelogs of every style are cut at their releases, and what breaks is found."""

import pytest

from avnwizard.domain.changelog import ChangelogRange, sections_between
from avnwizard.domain.version import VersionError


def _versions(text: str, current: str, target: str) -> list[str]:
    return [s.version for s in sections_between(text, current, target).versions]


def _breaking(markdown: str) -> list[str]:
    found = sections_between(f"## 2.0.0\n\n{markdown}\n\n## 1.0.0\n", "1.0.0", "2.0.0")
    return [item.title for section in found.versions for item in section.breaking]


@pytest.mark.parametrize(
    "headings",
    [
        ["## [Unreleased]", "## [2.0.0] - 2024-02-01", "## [1.1.0] - 2024-01-15", "## [1.0.0] - 2024-01-01"],
        [
            "## [2.0.0](https://h/compare/v1.1.0...v2.0.0) (2024-02-01)",
            "### [1.1.0](https://h) (2024-01-15)",
            "## 1.0.0",
        ],
        ["# v2.0.0", "# v1.1.0 (Code Name)", "# v1.0.0"],
        ["## **2.0.0** - Feb 1, 2024", "## **1.1.0** - Jan 15, 2024", "## **1.0.0**"],
        ["2.0.0 - 2024-02-01\n------------------", "v1.1.0 / 2024-01-15\n---------", "1.0.0\n-----"],
        [
            "====\nThing 2.0.0 GA  -  Released Thu 1 Feb 2024\n====",
            "====\nThing 1.1.0\n====",
            "====\nThing 1.0.0\n====",
        ],
        ["**2.0.0 (2024-02-01):**", "**1.1.0 (2024-01-15):**", "**1.0.0:**"],
        ["Version 2.0.0 (2024-02-01)", "Version 1.1.0", "Version 1.0.0"],
        ["## Release 2.0.0", "## Release 1.1.0", "## Release 1.0.0"],
        ["## Thing 2.0.0", "## Thing 1.1.0", "## Thing 1.0.0"],
        ["## @scope/thing@2.0.0", "## @scope/thing@1.1.0", "## @scope/thing@1.0.0"],
    ],
)
def test_styles_of_headings(headings: list[str]) -> None:
    """Whatever marks the headings, the current release is out and the target in, newest first."""
    text = "# Changelog\n\nAll 3.0.0 notable changes.\n\n" + "\n\n- a change\n\n".join(headings) + "\n\n- the end\n"
    found = sections_between(text, "v1.0.0", "2.0.0")
    assert [s.version.removeprefix("v") for s in found.versions] == ["2.0.0", "1.1.0"]
    assert found.missing == ()
    assert "- a change" in found.versions[0].body_markdown


def test_interleaved_lines_are_chosen_by_version() -> None:
    """A maintenance release listed between two others of another line is not between them."""
    text = "## 3.1.0\n\n## 2.9.9\n\n## 3.0.1\n\n## 3.0.0\n\n## 2.9.8\n"
    assert _versions(text, "3.0.0", "3.1.0") == ["3.1.0", "3.0.1"]


def test_headings_in_code_are_text() -> None:
    """A fence or an HTML comment hides headings; a fence that never ends hides none."""
    text = "## 2.0.0\n\n```\n## 1.5.0\n```\n<!--\n## 1.4.0\n-->\n\n## 1.1.0\n\n```\nnever closed\n\n## 1.0.0\n"
    assert _versions(text, "1.0.0", "2.0.0") == ["2.0.0", "1.1.0"]


def test_headings_within_a_section_are_no_releases() -> None:
    """Numbers in sub-headings do not cut a section."""
    text = "## 2.0.0\n\n### Upgrade to 1.5.0 first\n\n### 1.7 migration guide\n\n## 1.0.0\n"
    assert _versions(text, "1.0.0", "2.0.0") == ["2.0.0"]


def test_headings_that_name_only_what_they_follow() -> None:
    """Broken headings take their version from the compare link of the section below."""
    link = "https://h/compare"
    older = f"## []({link}/v1.0.0...v) (2024-02-01)\n\n##  (2024-01-01)\n"
    text = f"## []({link}/v1.1.0...v) (2024-03-01)\n\n- new\n\n{older}"
    assert _versions(text, "1.0.0", "1.2.0") == ["1.2.0", "v1.1.0"]


def test_dates_titles_and_yanked() -> None:
    """What a heading says besides the version is told apart."""
    text = "## 2.0.0 (Code Name) - 1st Feb 2024 [YANKED]\n\n## 2.0.0-rc.1 / 2024-01-15\n\n## 1.0.0\n"
    newest, candidate = sections_between(text, "1.0.0", "2.0.0").versions
    assert (newest.date, newest.yanked, newest.prerelease) == ("2024-02-01", True, False)
    assert "Code Name" in newest.title
    assert (candidate.date, candidate.prerelease) == ("2024-01-15", True)


def test_ambiguous_dates_are_none() -> None:
    """A date that two continents read in two ways is not guessed; impossible ones are none."""
    text = "## 2.0.0 (03/04/2024)\n\n## 1.2.0 (2024-13-45)\n\n## 1.1.0 (25/12/2024)\n\n## 1.0.0\n"
    assert [s.date for s in sections_between(text, "1.0.0", "2.0.0").versions] == [None, None, "2024-12-25"]


def test_date_tags() -> None:
    """Projects that release by date have dates for versions; two sections of a day are one."""
    text = "## 2024-04-02\n\n- b\n\n## 2024-04-02\n\n- a\n\n## 2024-02-16\n"
    (section,) = sections_between(text, "2024-02-16", "2024-04-02").versions
    assert section.version == section.date == "2024-04-02"
    assert "- a" in section.body_markdown
    assert "- b" in section.body_markdown


def test_one_package_of_several() -> None:
    """A tag that names its package sees only that package's sections."""
    text = "## web@2.0.0\n\n- w\n\n## api@2.0.0\n\n- a\n\n## web@1.0.0\n\n## api@1.0.0\n"
    (section,) = sections_between(text, "api@1.0.0", "api@2.0.0").versions
    assert section.body_markdown == "- a"


def test_missing_sections_are_told() -> None:
    """Either end, and releases in between, are named where the changelog lacks them."""
    found = sections_between(
        "## 1.2.0\n", "1.0.0", "1.3.0", tags=["v1.0.0", "v1.1.0", "v1.2.0", "v1.2.5-rc.1", "v1.3.0"]
    )
    assert found.missing == ("v1.1.0", "1.0.0", "1.3.0")
    assert sections_between("", "1.0.0", "1.1.0") == ChangelogRange((), ("1.0.0", "1.1.0"), ("1.1.0",))


def test_a_tag_that_is_none_is_refused() -> None:
    """A branch instead of a tag is bad usage."""
    with pytest.raises(VersionError):
        sections_between("## 1.0.0\n", "main", "1.0.0")


@pytest.mark.parametrize(
    "markdown",
    [
        "### ⚠ BREAKING CHANGES\n\n* first\n* second\n\n### Features\n\n* other",
        "### Breaking\n\n#### API\n\n- first\n  - detail\n\n#### CLI\n\n- second\n\n### Changes\n\n- other",
        "### Major Changes\n\n- first\n\n- second\n\n### Minor Changes\n\n- other",
        "### :boom: Breaking changes & Deprecations\n\n- first\n- second\n\n### :bug: Bugs fixed\n\n- other",
        "## Breaking Changes\n\nThese break:\n\n* first\n* second\n\n### Bug Fixes\n\n* other",
        "Some words.\n\nBREAKING CHANGE:\n\n* first\n* second\n\n### Bug Fixes\n\n* other",
        "**Breaking changes:**\n\n- first\n- second\n\n**Bug fixes:**\n\n- other",
        "- **BREAKING:** first\n- other\n- [BREAKING] second",
        "- 💥 first\n- feat(api)!: second\n- feat: other",
        "### Backwards incompatible changes\n\n1. first\n2. second\n\n### Other\n\n1. other",
        "### Breaking changes\n\nThe first goes away. It was old.\n\nA second one too.\n\n### Features\n\n- other",
    ],
)
def test_styles_of_breaking(markdown: str) -> None:
    """Headings, markers and marked bullets give the items, and only those."""
    titles = _breaking(markdown)
    assert len(titles) == 2
    assert "first" in titles[0]
    assert "second" in titles[1]


@pytest.mark.parametrize(
    "markdown",
    [
        "### Breaking changes\n\n### Features\n\n- a",
        "### Breaking changes\n\nNone.\n",
        "### Breaking changes\n\nThis changes `foo` to do bar. To keep it do baz.\n\n```\n-->\n\n## Checklist\n```\n",
        "- Technically this is a breaking change, but nobody noticed\n- update to v1+incompatible",
        "### Non-breaking changes\n\n- a",
        "- Fix breaking of builds\n- [BUGFIX] (and breaking) redirect",
    ],
)
def test_what_is_not_breaking(markdown: str) -> None:
    """Empty sections, pasted forms and prose are no items."""
    assert _breaking(markdown) == []


def test_each_item_is_said_once() -> None:
    """The release says it rather than its candidates; among candidates the first does."""
    text = (
        "## 2.0.0\n\n### Breaking\n\n- a\n\n## 2.0.0-rc.2\n\n### Breaking\n\n- a\n- b\n\n"
        "## 2.0.0-rc.1\n\n### Breaking\n\n- b\n\n## 1.0.0\n"
    )
    found = sections_between(text, "1.0.0", "2.0.0").versions
    assert [[i.title for i in s.breaking] for s in found] == [["a"], [], ["b"]]


def test_item_keeps_its_text() -> None:
    """The title is one plain line, the text the whole Markdown."""
    markdown = "### Breaking\n\n- The `A` [option](http://h) is gone. Use `B`:\n\n  ```yaml\n  b: 1\n  ```\n"
    found = sections_between(f"## 2.0.0\n\n{markdown}", "1.0.0", "2.0.0").versions[0].breaking[0]
    assert found.title == "The `A` option is gone."
    assert "[option](http://h)" in found.text
    assert "b: 1" in found.text


@pytest.mark.parametrize(
    ("text", "low", "high", "versions"),
    [
        ("## stable-30\n\na\n\n## stable-20-1\n\nb\n\n## stable-20\n", "stable-20", "stable-30", ["30", "20-1"]),
        (
            "### 2026-08-01 - Name 1.2.0\n\n#### 1.2.0 Highlights\n\na\n\n### 2026-01-01 - Name 1.1.0\n",
            "1.1.0",
            "1.2.0",
            ["1.2.0"],
        ),
        ("## v1.6.0/v0.9.0\n\na\n\n## v1.5.0/v0.8.0\n", "v0.8.0", "v0.9.0", ["v0.9.0"]),
        ("## v1.6.0/v0.9.0\n\na\n\n## v1.5.0/v0.8.0\n", "v1.5.0", "v1.6.0", ["v1.6.0"]),
        ("Name 3.2.0\n2025/09/01\n\na\n\nName 3.1.0\n2024/09/01\n", "3.1.0", "3.2.0", ["3.2.0"]),
    ],
)
def test_headings_of_other_shapes(text: str, low: str, high: str, versions: list[str]) -> None:
    """Tag names with a hyphen, the date first, two versions in one, and a plain line all head a release."""
    assert [s.version for s in sections_between(text, low, high).versions] == versions
