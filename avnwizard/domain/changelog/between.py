"""Chooses the sections of a changelog that lie between two releases."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from avnwizard.domain.changelog.breaking import read_section
from avnwizard.domain.changelog.marks import Habits, habits
from avnwizard.domain.changelog.splitting import UNNAMED, RawSection, split_sections
from avnwizard.domain.changelog.values import ChangelogRange, Section
from avnwizard.domain.changelog.wording import squashed
from avnwizard.domain.version import Version


def sections_between(text: str, current: str, target: str, *, tags: Iterable[str] = ()) -> ChangelogRange:
    """Read the sections after `current` up to and including `target`, newest first.

    Sections are chosen by the order of versions, not by their place, since projects interleave release lines.

    Args:
        text: the changelog of the *target* release.
        current: the tag that runs now.
        target: the tag to go to.
        tags: the repository's release tags: those in the range that have no section are reported as missing.

    Raises:
        VersionError: `current` or `target` is no version.
    """
    low, high = Version.parse(current), Version.parse(target)
    own = _of_line(_of_package(split_sections(text), target), low, high)
    raw = [
        (section.version if section.heading.version != UNNAMED else _next(section, high), section) for section in own
    ]
    known = {version for version, _ in raw if version is not None}
    chosen: dict[Version, list[RawSection]] = {}
    # which of `1.9.2-0` and `1.9.2` comes first, only their project knows
    one_release = low.text != high.text and low.release.numbers == high.release.numbers
    for version, section in raw:
        if version is not None and (low < version <= high or (one_release and version == high.release)):
            chosen.setdefault(version, []).append(section)
    order = sorted(chosen, reverse=True)
    known_signs = habits(text)
    newest = high.text.rpartition("@")[2]
    sections = [
        _section(version, tuple(parts := chosen[version]), newest if _is_unnamed(parts[0]) else "", known_signs)
        for version in order
    ]
    wanted = [
        *(tag for tag in tags if (v := Version.find(tag)) and low < v < high and not v.is_prerelease),
        current,
        target,
    ]
    missing = {tag: None for tag in wanted if not known & {Version.parse(tag), Version.parse(tag).release}}
    unread = tuple(tag for tag in missing if low < Version.parse(tag) <= high)
    return ChangelogRange(tuple(_told_once(sections, order)), tuple(missing), unread)


def _is_unnamed(section: RawSection) -> bool:
    return section.heading.version == UNNAMED


def _of_package(sections: Sequence[RawSection], target: str) -> Sequence[RawSection]:
    """Keep one package's sections where the target names it (`@scope/name@1.2.3`)."""
    package = target.rpartition("@")[0]
    own = [s for s in sections if s.heading.package == package or s.heading.lead == package.lower()]
    return own if package and own else sections


def _of_line(sections: Sequence[RawSection], low: Version, high: Version) -> Sequence[RawSection]:
    """Where headings name two versions, take the second if it is the one that the tags are known by."""
    ends = {low, high}
    if ends & {s.version for s in sections}:
        return sections
    if not ends & {Version.find(s.heading.second) for s in sections if s.heading.second}:
        return sections
    return [
        replace(s, heading=replace(s.heading, version=s.heading.second)) if s.heading.second else s for s in sections
    ]


def _next(section: RawSection, high: Version) -> Version | None:
    """The release that a section of what is not released yet became."""
    older = Version.find(section.heading.previous)
    return high if older is not None and older < high else None


@lru_cache(maxsize=8192)
def _section(version: Version, parts: tuple[RawSection, ...], newest: str, known: Habits) -> Section:
    head = parts[0].heading
    body = "\n\n".join(part.body for part in parts)
    found = read_section(body, known)
    unreadable = (
        f"The heading below it names a release that cannot be read: {part.then}" for part in parts if part.then
    )
    doubts = (*found.doubts, *unreadable)
    named = newest if head.version == UNNAMED else head.version
    return Section(
        version=named,
        date=next((part.heading.date for part in parts if part.heading.date), None),
        title=" ".join(filter(None, (head.package or head.lead, head.title))),
        body_markdown=body,
        breaking=found.items,
        yanked=any(part.heading.yanked for part in parts),
        prerelease=version.is_prerelease,
        notices=found.notices,
        read="partly read" if doubts else "read",
        doubts=doubts,
    )


def _told_once(sections: list[Section], order: list[Version]) -> list[Section]:
    """Say each breaking item once: a release speaks before its pre-releases, older before newer."""
    told: set[str] = set()
    kept = list(sections)
    speaking = [index for index, one in enumerate(sections) if one.breaking]
    for index in sorted(speaking, key=lambda i: (order[i].is_prerelease, order[i])):
        items = sections[index].breaking
        fresh = {squashed(item.text): item for item in items if squashed(item.text) not in told}
        told |= fresh.keys()
        if len(fresh) != len(items):
            kept[index] = replace(sections[index], breaking=tuple(fresh.values()))
    return kept
