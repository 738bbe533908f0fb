"""What a changelog says about the releases between two tags."""

from dataclasses import dataclass
from typing import Literal

Read = Literal["read", "partly read", "not read"]
"""How far a release was read; `partly read` where lines outside the items speak of compatibility, too."""


@dataclass(frozen=True)
class BreakingItem:
    """One change that the project itself marks as breaking: one line, and the whole Markdown text."""

    title: str
    text: str


@dataclass(frozen=True)
class Notice:
    """What the operator should read, and the project does not mark as breaking: removals, deprecations, warnings."""

    kind: str
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
        breaking: without what earlier pre-releases of the same release said already.
        notices: what is to be read as well, without an acknowledgement each.
        read: `partly read` where something in it could not be placed; `doubts` says what.
        doubts: lines outside the items that speak of compatibility, and headings that name a release nobody can read.
    """

    version: str
    date: str | None
    title: str
    body_markdown: str
    breaking: tuple[BreakingItem, ...]
    yanked: bool
    prerelease: bool
    notices: tuple[Notice, ...] = ()
    read: Read = "read"
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangelogRange:
    """The releases after one tag, up to and including another, newest first.

    Fields:
        missing: the tags that the changelog has no section for: either end, or a release in between.
        unread: those of them that lie in the range, so that what they change is unknown.
        source: what was read where that is no changelog, such as "the tags' messages".
    """

    versions: tuple[Section, ...]
    missing: tuple[str, ...]
    unread: tuple[str, ...] = ()
    source: str = ""

    @property
    def read(self) -> Read:
        """How far the whole range was read."""
        if not self.versions:
            return "not read"
        whole = not self.unread and all(one.read == "read" for one in self.versions)
        return "read" if whole else "partly read"

    @property
    def breaking(self) -> int:
        """How many items all releases of the range have."""
        return sum(len(one.breaking) for one in self.versions)

    @property
    def notices(self) -> int:
        """How many notices all releases of the range have."""
        return sum(len(one.notices) for one in self.versions)

    @property
    def sentence(self) -> str:
        """How far the notes were read, what they mark, and where they come from if that is no changelog."""
        return " ".join(filter(None, (self._marked(), self.origin)))

    @property
    def origin(self) -> str:
        """What was read in place of a changelog, as a sentence; "" where a changelog was."""
        return f"There is no changelog; {self.source} were read instead." if self.source else ""

    def _marked(self) -> str:
        marked = f"{self.breaking} marked as breaking, {self.notices} notice{'' if self.notices == 1 else 's'}"
        if self.read == "not read":
            return "The changelog was not read: it has no section for these releases, so what they break is unknown."
        if self.read == "partly read":
            return f"The changelog was partly read: {marked}. Read what could not be placed yourself."
        if not self.breaking:
            many = "1 notice" if self.notices == 1 else f"{self.notices} notices"
            return f"The changelog marks nothing as breaking{f'; {many} to read' if self.notices else ''}."
        return f"The changelog was read: {marked}."
