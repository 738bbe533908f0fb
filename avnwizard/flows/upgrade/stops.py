"""The stops on the way to a release that its files name: its notes, and its guides to upgrading."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath

from avnwizard.domain.changelog import ChangelogRange
from avnwizard.domain.changelog.stops import named_stops
from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.domain.version import Version
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.releases import JUMP

_GUIDE = re.compile(r"(upgrad|migrat|updat)", re.IGNORECASE)
_TEXT = frozenset({".md", ".rst", ".txt"})
_FOLDERS = frozenset({".", "docs", "doc", "documentation"})
_MOST = 20


def with_stops(
    host: Host, current: TagRef, target: TagRef, notes: ChangelogRange, jumps: Sequence[Breaking]
) -> tuple[Breaking, ...]:
    """A jump over releases that the target asks to be gone to first, as one item to be acknowledged.

    Args:
        jumps: what is known of a jump over majors.
    """
    here, there = Version.parse(current.name), Version.parse(target.name)
    known = [one for tag in host.repo.tags() if (one := Version.find(tag.name))]
    releases = {one.significant: one for one in known if one.is_final and one.prefix == here.prefix}
    found: dict[str, str] = {}
    for version, sentence in _named(host, target, notes):
        stop = releases.get(Version.parse(version).significant)
        if stop and here < stop < there:
            found.setdefault(stop.text, sentence)
    if not found:
        return tuple(jumps)
    first = min(found, key=Version.parse)
    title = f"{target.name} asks you to upgrade to {first} first."
    said = "\n\n".join(f"{name}: {printable(sentence, limit=600)}" for name, sentence in found.items())
    more = "".join(f"\n\n{one.title} {one.text}" for one in jumps)
    return (Breaking(JUMP, title, said + more),)


def _named(host: Host, target: TagRef, notes: ChangelogRange) -> Iterator[tuple[str, str]]:
    for one in notes.versions:
        yield from named_stops(one.body_markdown)
    for path in _guides(host.repo.list(target.commit, ".")):
        yield from named_stops((host.repo.read(target.commit, path) or b"").decode("utf-8", "replace"))


def _guides(paths: Iterable[str]) -> list[str]:
    """A release's guides to upgrading, where projects keep them."""
    found = (
        str(path)
        for path in map(PurePosixPath, paths)
        if path.suffix.lower() in _TEXT and str(path.parent).lower() in _FOLDERS and _GUIDE.search(path.name)
    )
    return list(islice(found, _MOST))
