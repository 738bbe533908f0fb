"""What a changelog says about the releases between two tags."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BreakingItem:
    """One change that the project itself marks as breaking: one line, and the whole Markdown text."""

    title: str
    text: str


@dataclass(frozen=True)
class Section:
    """One release's part of a changelog.

    Fields:
        version: as the heading writes it, without markup and package name.
        date: ISO 8601 (`2026-07-01`, or `2026-07` where no day is given), None where there is none.
        title: the rest of the heading: a code name, `Unreleased`, a package.
        body_markdown: everything below the heading, unchanged.
        breaking: told apart from what earlier pre-releases of the same release said already.
    """

    version: str
    date: str | None
    title: str
    body_markdown: str
    breaking: tuple[BreakingItem, ...]
    yanked: bool
    prerelease: bool


@dataclass(frozen=True)
class ChangelogRange:
    """The releases after one tag, up to and including another, newest first.

    `missing` names the tags that the changelog has no section for: either end, or a release in between.
    """

    versions: tuple[Section, ...]
    missing: tuple[str, ...]
