"""The releases that the checkout knows, and what each would mean."""

from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.host import TagRef
from avnwizard.domain.version import Version, VersionError, kind_of_jump
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host

Kind = Literal["patch", "minor", "major"]


@dataclass(frozen=True)
class Release:
    """A release newer than the current one. `recommended` is at most one, with the reason in `note`."""

    tag: TagRef
    version: Version
    kind: Kind
    prerelease: bool
    recommended: bool
    note: str


def fetch(host: Host) -> str:
    """Fetch tags; the sentence to be shown where that fails, "" where it works."""
    if not host.repo.state().remote:
        return "The checkout has no remote; these are the releases that are here."
    try:
        host.repo.fetch()
    except HostError as error:
        return f"{error.message} These are the releases that are here."
    return ""


def current_tag(host: Host) -> TagRef:
    """The release that the checkout is at.

    Raises:
        RefusedError: HEAD is at no release tag, or there are no tags at all.
    """
    head, tags = host.repo.head(), host.repo.tags()
    if not tags:
        raise RefusedError("The checkout has no tags, so no releases.", "git fetch --tags")
    found = [tag for tag in tags if tag.name == head.tag]
    if not found:
        raise RefusedError(
            f"The checkout is at {head.commit[:12]}, which no release tag names.",
            "git checkout the release that runs.",
        )
    return found[0]


def newer(host: Host) -> tuple[Release, ...]:
    """The releases after the current one, newest first."""
    current = current_tag(host)
    here = Version.parse(current.name)
    found: list[tuple[Version, TagRef]] = []
    for tag in host.repo.tags():
        try:
            version = Version.parse(tag.name)
        except VersionError:
            continue
        if version > here:
            found.append((version, tag))
    found.sort(key=lambda pair: pair[0], reverse=True)
    best = _recommended([version for version, _ in found], here)
    return tuple(
        Release(
            tag=tag,
            version=version,
            kind=_kind(here, version),
            prerelease=version.is_prerelease,
            recommended=version == best,
            note=_note(here, version, best),
        )
        for version, tag in found
    )


def find(host: Host, name: str) -> TagRef:
    """The tag to upgrade to.

    Raises:
        RefusedError: unknown, the current one, or older than it.
    """
    current = current_tag(host)
    found = [tag for tag in host.repo.tags() if tag.name == name]
    if not found:
        raise RefusedError(f"There is no release {name!r}.", "List them with: avnwizard releases")
    try:
        jump = kind_of_jump(Version.parse(current.name), Version.parse(name))
    except VersionError as error:
        raise RefusedError(f"{name!r} is not a release tag.", "List them with: avnwizard releases") from error
    if jump == "same":
        raise RefusedError(f"The stack is at {name} already.", "Look at it with: avnwizard status")
    if jump == "downgrade":
        raise RefusedError(
            f"{name} is older than {current.name}: old code on a newer schema loses data.",
            "To undo an upgrade: avnwizard rollback",
        )
    return found[0]


def _kind(here: Version, there: Version) -> Kind:
    jump = kind_of_jump(here, there)
    return "patch" if jump == "downgrade" or jump == "same" else jump  # noqa: PLR1714 - spelled out, mypy narrows it


def _recommended(versions: list[Version], here: Version) -> Version | None:
    """The newest of the same major; else the first release of the next major."""
    stable = [version for version in versions if not version.is_prerelease]
    same = [version for version in stable if version.major == here.major]
    if same:
        return max(same)
    following = min((version.major for version in stable), default=0)
    return max((version for version in stable if version.major == following), default=None)


def _note(here: Version, there: Version, best: Version | None) -> str:
    if there.is_prerelease:
        return "a pre-release"
    if there == best:
        same = there.major == here.major
        return "the newest of your major" if same else "the newest of the next major"
    if there.major > here.major + 1:
        return f"jumps over {there.major - here.major - 1} major; go one major at a time"
    return ""
