"""What a list of releases says of each: what migrations mean, that none is newer, which tags are left out."""

from collections.abc import Sequence

from avnwizard.domain.changelog import ChangelogRange
from avnwizard.domain.migrations import MigrationVerdict
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.flows.upgrade.releases import Listing

_NAMED = 3


def marked_breaking(changelog: ChangelogRange) -> tuple[Breaking, ...]:
    """What the operator acknowledges of a range: each item that is marked as breaking, by release and number."""
    return tuple(
        Breaking(f"{one.version}/{number}", item.title, item.text)
        for one in changelog.versions
        for number, item in enumerate(one.breaking, start=1)
    )


def no_newer(listing: Listing, *, asked: bool) -> str:
    """That nothing newer is known, and how much that says.

    Args:
        asked: the remote was asked just now, and answered.
    """
    here = listing.current.name
    if not asked:
        return f"{here} is the newest release that is here; the remote may have a newer one"
    if listing.same_commit:
        same = ", ".join(printable(name, limit=60) for name in listing.same_commit[:_NAMED])
        return f"{here} is the newest release (its commit is also tagged {same})"
    return f"{here} is the newest release"


def left_out(tags: Sequence[str]) -> str:
    """How many tags are not listed, the first by name, and why."""
    named = ", ".join(printable(name, limit=60) for name in tags[:_NAMED])
    more = f" and {len(tags) - _NAMED} more" if len(tags) > _NAMED else ""
    count = "1 tag is" if len(tags) == 1 else f"{len(tags)} tags are"
    return f"{count} not listed, since the name does not say whether it is newer: {named}{more}"


def unread_notes(changelog: ChangelogRange) -> tuple[str, ...]:
    """What of the release notes was not read: releases without a section, and lines that could not be placed."""
    missing = [printable(tag, limit=60) for tag in changelog.missing]
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    said = [f"The changelog has no section for {', '.join(missing[:_NAMED])}{more}."] if missing else []
    said += [
        f"{printable(one.version, limit=60)}: not sure whether this breaks something: {printable(doubt, limit=200)}"
        for one in changelog.versions
        for doubt in one.doubts
    ]
    return tuple(said)


def beyond_the_table(verdict: MigrationVerdict) -> str:
    """What a release's migrations mean, where its column says too little, and which of them could not be read."""
    if verdict.rolls_without_interruption or not (verdict.statements or verdict.missing_folder):
        return ""
    said = f"migrations {verdict.sentence}" if verdict.missing_folder else verdict.sentence
    if not verdict.unread:
        return said
    path, why = verdict.unread[0]
    more = f" and {len(verdict.unread) - 1} more" if len(verdict.unread) > 1 else ""
    return f"{said}; {printable(path, limit=100)}{more} could not be read ({printable(why, limit=100)})"
