"""Where a stack stands in time: asked of the tags, of the release notes and of the server."""

from datetime import UTC, datetime, timedelta

from avnwizard.domain.cadence import Cadence, day_of, deprecations, supported_until
from avnwizard.domain.changelog import Section, sections_between
from avnwizard.domain.checkout import TagRef
from avnwizard.domain.version import VersionError
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.releases import Listing, listing

_FIRST = "v0.0.0"
"""Before every release: all sections up to the current one are read."""


def cadence(host: Host, tags: Listing | None = None) -> Cadence:
    """Look; what is not known is left out, and never an error.

    Args:
        tags: the releases, where they were listed already.
    """
    today = datetime.fromtimestamp(host.clock.now(), UTC).date()
    major = _postgres(host)
    until = supported_until(major) if major else None
    try:
        found = tags or listing(host)
    except (RefusedError, HostError):
        return Cadence(today, postgres=major, supported_until=until)
    policy = host.config.releases
    newer = [one for one in found.newer if not one.apart and not one.prerelease]
    due = today + timedelta(days=policy.every_days)
    ending = deprecations(_sections(host, found.current), months=policy.deprecation_months, today=today, before=due)
    return Cadence(
        today,
        found.current.name,
        day_of(found.current.date),
        len(newer),
        newer[0].tag.name if newer else "",
        ending,
        major,
        until,
    )


def _postgres(host: Host) -> int | None:
    if not host.has_database:
        return None
    try:
        return host.database().server().major
    except HostError:
        return None


def _sections(host: Host, current: TagRef) -> tuple[Section, ...]:
    try:
        text = (host.repo.read(current.commit, host.config.stack.changelog) or b"").decode("utf-8", "replace")
        return sections_between(text, _FIRST, current.name).versions
    except (HostError, VersionError):
        return ()
