"""Which tags belong to one line of releases, and in which order: by number, then by how the project itself tags.

Numbers alone do not order tags. `1.9.2-0` precedes `1.9.2` in one project and `11.5-0` is the release itself in
another; `ghcr-11.6-1` and `wikibase@7.0.1` are other products of the same repository; nobody knows what `-preprod`
means. What names do not tell is decided by ancestry and dates, and what those do not tell is not ordered at all.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.domain.version import Version

Relation = Literal["newer", "older", "same commit", "unrelated"]
Follows = Callable[[str, str], bool]
"""Whether the commit of the second tag has the commit of the first one in its history."""
_GENERIC = frozenset({"", "release", "rel", "version", "ver", "stable", "tag"})
"""Beginnings that name no product: a project may change from one to another."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Named:
    """A tag whose name can be read as a version, and shown."""

    tag: TagRef
    version: Version

    @property
    def date(self) -> datetime:
        """When it was tagged; long ago where git does not know."""
        try:
            found = datetime.fromisoformat(self.tag.date)
        except ValueError:
            return _LONG_AGO
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_shown_as_it_is(name: str) -> bool:
    """Whether a name holds nothing that a terminal hides or obeys: git allows U+2028, bidi marks and raw bytes."""
    return printable(name) == name


def readable(tags: Iterable[TagRef]) -> tuple[Named, ...]:
    """The tags that name a version in characters that can be shown."""
    return tuple(
        Named(tag, version)
        for tag in tags
        if is_shown_as_it_is(tag.name) and (version := Version.find(tag.name)) is not None
    )


def tag_of(tags: Sequence[TagRef], commit: str) -> str:
    """The release tag of a commit: a final release before its candidates, the highest of several, "" for none.

    Of several products' tags the one counts that names no product, else the product that is tagged most often.
    """
    every = readable(tags)
    here = [one for one in every if one.tag.commit == commit]
    if not here:
        return next((tag.name for tag in tags if tag.commit == commit and is_shown_as_it_is(tag.name)), "")
    often = Counter(one.version.prefix for one in every)

    def rank(one: Named) -> tuple[Any, ...]:
        version = one.version
        known = version.is_final and not version.flavour
        return (
            not version.prefix,
            often[version.prefix],
            known,
            not version.is_prerelease,
            version,
            version.text,
        )

    return max(here, key=rank).tag.name


class Order:
    """The order of a project's tags, seen from the one that is checked out.

    Args:
        here: the tag that is checked out.
        every: all tags that can be read.
        follows: looks at the history; asked only where names do not decide.
    """

    def __init__(self, here: Named, every: Sequence[Named], follows: Follows) -> None:
        self._here, self._follows = here, follows
        self._line = [one for one in every if self.is_of_line(one)]
        self._finals = {one.version.significant: one for one in self._line if one.version.is_final}
        self._early: dict[str, bool] = {}
        self._asides_are_final = self._seen()

    def is_of_line(self, one: Named) -> bool:
        """Whether a tag is named as the one that is checked out but for its number."""
        here = self._here.version
        return (one.version.prefix, one.version.flavour) == (here.prefix, here.flavour)

    def is_early(self, one: Named) -> bool:
        """Whether a tag of the line is a pre-release, by its words or by how the project numbers."""
        if not one.version.aside:
            return one.version.is_prerelease
        if one.tag.name not in self._early:
            final = self._finals.get(one.version.significant)
            self._early[one.tag.name] = not self._asides_are_final if final is None else self._precedes(one, final)
        return self._early[one.tag.name]

    def place(self, one: Named) -> tuple[Any, ...]:
        """What the tags of the line are sorted by."""
        return one.version.place(before_its_release=one.version.aside and self.is_early(one))

    def relation(self, one: Named) -> Relation:
        """How a tag stands to the one that is checked out."""
        here, there = self._here.version, one.version
        if one.tag.commit == self._here.tag.commit:
            return "same commit"
        if there.prefix != here.prefix and not {there.prefix, here.prefix} <= _GENERIC:
            return "unrelated"
        if there.significant != here.significant:
            return "newer" if there.significant > here.significant else "older"
        if self.is_of_line(one):
            mine, other = self.place(self._here), self.place(one)
        else:
            mine, other = (not here.is_prerelease,), (not there.is_prerelease,)
        if mine != other:
            return "newer" if other > mine else "older"
        return "newer" if self._precedes(self._here, one) else "older"

    def _precedes(self, one: Named, other: Named) -> bool:
        if one.tag.commit == other.tag.commit or self._follows(other.tag.commit, one.tag.commit):
            return False
        return self._follows(one.tag.commit, other.tag.commit) or one.date < other.date

    def _seen(self) -> bool:
        """Whether a bare number or a letter behind makes a final tag here, as the tags so far show."""
        asides = [one for one in self._line if one.version.aside]
        pairs = [(one, self._finals[one.version.significant]) for one in asides if self._has_final(one)]
        before = sum(one.date < final.date for one, final in pairs)
        after = sum(one.date > final.date for one, final in pairs)
        if before != after:
            return after > before
        return self._here.version.aside or len(asides) * 2 > len(self._line)

    def _has_final(self, one: Named) -> bool:
        return one.version.significant in self._finals
