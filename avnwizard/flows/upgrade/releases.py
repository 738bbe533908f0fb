"""The releases that the checkout knows, in the order in which they came, and which one to take."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.domain.release_order import Named, Order, is_shown_as_it_is, readable, tag_of
from avnwizard.domain.version import Jump, Version, kind_of_jump
from avnwizard.domain.words import count
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.provenance import is_refused
from avnwizard.flows.upgrade.lockstep_note import lockstep_note

_LOOKED_AT = 20
"""So many releases are looked at for one whose signature is good."""
JUMP = "jump"
"""The id of the item that is acknowledged before a major version is jumped over."""
_LIST = "List them with: avnwizard releases"


@dataclass(frozen=True)
class Release:
    """A release newer than the current one. `recommended` is at most one, with the reason in `note`.

    Attributes:
        prerelease: by its words, or by how the project numbers.
        apart: its name holds a word that the current release's has not, such as `-preprod`: never recommended.
    """

    tag: TagRef
    version: Version
    kind: Jump
    prerelease: bool
    recommended: bool
    note: str
    apart: bool = False


@dataclass(frozen=True)
class Listing:
    """What the tags of the checkout amount to.

    Attributes:
        newer: the releases after the current one, newest first, then those that stand apart.
        left_out: tags that nobody can put before or after the current one: of other products, or without a number.
        same_commit: other release tags of the commit that is checked out.
    """

    current: TagRef
    newer: tuple[Release, ...]
    left_out: tuple[str, ...]
    same_commit: tuple[str, ...]


def fetch(host: Host) -> str:
    """Fetch tags; the sentence to be shown where that fails, "" where it works."""
    if not host.repo.state().remote:
        return "The checkout has no remote; these are the releases that are here."
    try:
        host.repo.fetch()
    except HostError as error:
        return f"These are the releases that are here. {error.message}"
    return ""


def current_tag(host: Host) -> TagRef:
    """The release that the checkout is at.

    Raises:
        RefusedError: HEAD is at no release tag, or there are no tags at all.
    """
    return _current(host)[0]


def listing(host: Host) -> Listing:
    """Every tag, in its place or left out.

    Raises:
        RefusedError: HEAD is at no tag that names a release.
    """
    current, tags = _current(host)
    every = readable(tags)
    here = _named(current, every)
    order = Order(here, every, host.repo.is_ancestor)
    line: list[Named] = []
    apart: list[Named] = []
    same: list[str] = []
    left_out = {tag.name for tag in host.repo.tags()} - {one.tag.name for one in every}
    for one in every:
        relation = order.relation(one)
        if relation == "same commit" and one.tag.name != current.name:
            same.append(one.tag.name)
        elif relation == "newer":
            (line if order.is_of_line(one) else apart).append(one)
        elif relation == "unrelated":
            left_out.add(one.tag.name)
    line.sort(key=lambda one: (order.place(one), *_preferred(one, here)), reverse=True)
    apart.sort(key=lambda one: one.version, reverse=True)
    finals = [one for one in line if not order.is_early(one)]
    patch = _lockstep_patch(host, finals, here)
    best = patch[0] if patch else _best_genuine(host, finals, here.version)
    newer = [_release(one, here.version, best, early=order.is_early(one)) for one in line]
    if patch:
        newer = [replace(one, note=patch[1]) if one.recommended else one for one in newer]
    newer += [_standing_apart(one, here) for one in apart]
    return Listing(current, tuple(newer), tuple(sorted(left_out)), tuple(sorted(same)))


def on_the_way(host: Host) -> tuple[str, ...]:
    """The newer releases that are no pre-releases and do not stand apart, by name."""
    return tuple(one.tag.name for one in listing(host).newer if not one.apart and not one.prerelease)


def spelled(name: str, tags: Sequence[TagRef]) -> str:
    """The tag that a name means: `2.1.0` is `v2.1.0` where the one is no tag and the other is."""
    known = {tag.name for tag in tags}
    other = name[1:] if name[:1] in {"v", "V"} else f"v{name}"
    return other if name not in known and other in known else name


def find(host: Host, name: str) -> TagRef:
    """The tag to upgrade to.

    Raises:
        RefusedError: unknown, the current one, older than it, or of another product.
    """
    current, tags = _current(host)
    name = spelled(name, tags)
    found = [tag for tag in tags if tag.name == name]
    shown = printable(name, limit=100)
    if not found:
        close = get_close_matches(name, [tag.name for tag in tags if is_shown_as_it_is(tag.name)], n=1)
        raise RefusedError(f"There is no release {shown!r}.", f"Did you mean {close[0]}? {_LIST}" if close else _LIST)
    every = readable(tags)
    wanted = next((one for one in every if one.tag.name == name), None)
    if wanted is None:
        raise RefusedError(f"{shown!r} is not a release tag.", _LIST)
    relation = Order(_named(current, every), every, host.repo.is_ancestor).relation(wanted)
    if relation == "same commit":
        if name == current.name:
            raise RefusedError(f"The stack is at {name} already.", "Look at it with: avnwizard status")
        raise RefusedError(
            f"{name} and {current.name} name the same commit, which is checked out: there is nothing to upgrade.",
            "Look at it with: avnwizard status",
        )
    if relation == "unrelated":
        raise RefusedError(
            f"{name} is not a later release of what {current.name} is: their names begin differently, as those of "
            "two products of one repository do.",
            _LIST,
        )
    if relation == "older":
        raise RefusedError(
            f"{name} is older than {current.name}: old code on a newer schema loses data.",
            "To undo an upgrade: avnwizard rollback",
        )
    return found[0]


def kind_of(current: TagRef, target: TagRef) -> Jump:
    """How far an upgrade goes, by the first number that differs; from the third on, and in words, a patch."""
    return kind_of_jump(Version.parse(current.name), Version.parse(target.name))


def cautions(current: TagRef, target: TagRef) -> tuple[str, ...]:
    """What is to be known before one goes to such a release, whatever is in it."""
    here, there = Version.parse(current.name), Version.parse(target.name)
    said = []
    if there.is_prerelease:
        said.append(f"{target.name} is a pre-release.")
    if there.flavour != here.flavour and there.flavour:
        said.append(f"{target.name}: nobody can say what {there.flavour!r} means; it may not be a release for you.")
    return tuple(said)


def jump_to_acknowledge(current: TagRef, target: TagRef) -> tuple[Breaking, ...]:
    """A jump over major versions, which nobody makes by accident: it is to be acknowledged."""
    jumped = _jumps(Version.parse(current.name), Version.parse(target.name))
    if not jumped:
        return ()
    return (
        Breaking(
            JUMP,
            f"{target.name} {jumped}; releases are rarely tested across such a jump.",
            "Go one major version at a time unless the vendor says that this jump is supported: migrations of the "
            "versions between may need those versions' code.",
        ),
    )


def _current(host: Host) -> tuple[TagRef, tuple[TagRef, ...]]:
    head, tags = host.repo.head(), host.repo.tags()
    if not tags:
        raise RefusedError("The checkout has no tags, so no releases.", "git fetch --tags")
    name = head.tag
    if pattern := host.config.releases.pattern:
        matching = tuple(tag for tag in tags if re.fullmatch(pattern, tag.name))
        name = tag_of(matching, head.base or head.commit) or head.tag
        tags = tuple(tag for tag in tags if tag in matching or tag.name == name)
    found = [tag for tag in tags if tag.name == name]
    if not found:
        raise RefusedError(
            f"The checkout is at {head.commit[:12]}, which no release tag names.",
            "git checkout the release that runs.",
        )
    return found[0], tags


def _named(tag: TagRef, every: tuple[Named, ...]) -> Named:
    found = [one for one in every if one.tag.name == tag.name]
    if not found:
        raise RefusedError(
            f"The checkout is at the tag {printable(tag.name, limit=100)!r}, which has no number.",
            "git checkout the release that runs.",
        )
    return found[0]


def _preferred(one: Named, here: Named) -> tuple[bool, bool, str]:
    """Of two tags that name one release, which counts: the one that is written as the current one."""
    return one.tag.name.startswith("v") == here.tag.name.startswith("v"), one.tag.annotated, one.tag.name


def _best_genuine(host: Host, finals: list[Named], here: Version) -> Named | None:
    """The one to recommend: never one whose signature would be refused."""
    for _ in range(min(len(finals), _LOOKED_AT)):
        best = _recommended(finals, here)
        if best is None or not is_refused(host, best.tag):
            return best
        finals = [one for one in finals if one is not best]
    return None


def _lockstep_patch(host: Host, finals: list[Named], here: Named) -> tuple[Named, str] | None:
    """The newest patch release that only moves the lockstep's images, most likely for a fault in them; its note."""
    for one in [one for one in finals if kind_of_jump(here.version, one.version) == "patch"][:_LOOKED_AT]:
        if (note := lockstep_note(host, here.tag, one.tag)) and not is_refused(host, one.tag):
            return one, note
    return None


def _recommended(finals: list[Named], here: Version) -> Named | None:
    """The newest of the same major; else the newest of the next one. The tags come newest first."""
    same = [one for one in finals if one.version.major == here.major or _counts_builds(here)]
    if same:
        return same[0]
    following = min((one.version.major for one in finals), default=0)
    return next((one for one in finals if one.version.major == following), None)


def _release(one: Named, here: Version, best: Named | None, *, early: bool) -> Release:
    recommended = one is best
    return Release(
        tag=one.tag,
        version=one.version,
        kind=kind_of_jump(here, one.version),
        prerelease=early,
        recommended=recommended,
        note=_note(here, one.version, recommended=recommended, early=early),
    )


def _standing_apart(one: Named, here: Named) -> Release:
    words = one.version.flavour or f"no {here.version.flavour}"
    note = f"not recommended: nobody can say what {words!r} in its name means"
    early = one.version.is_prerelease
    return Release(one.tag, one.version, kind_of_jump(here.version, one.version), early, False, note, apart=True)


def _note(here: Version, there: Version, *, recommended: bool, early: bool) -> str:
    if early:
        return "a pre-release" if there.is_prerelease else "a pre-release, as this project numbers"
    if recommended and _counts_builds(here):
        return "the newest"
    if recommended:
        same = there.major == here.major
        return "the newest of your major" if same else "the newest of the next major"
    jumped = _jumps(here, there)
    return f"{jumped}; go one major at a time" if jumped else ""


def _counts_builds(version: Version) -> bool:
    """Whether a project numbers its releases one after the other (`stable-11146`), without majors."""
    return len(version.numbers) == 1


def _jumps(here: Version, there: Version) -> str:
    over = there.major - here.major - 1
    if over < 1 or _counts_builds(here):
        return ""
    return f"jumps over {count(over, 'major version')}"
