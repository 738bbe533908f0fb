"""Which majors of Postgres there are to go to from the one that serves."""

from avnwizard.domain.cadence import known_majors
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host


def newer(now: int) -> tuple[int, ...]:
    """The newer majors, the latest first; the one after `now` where none is known."""
    return tuple(sorted((one for one in known_majors() if one > now), reverse=True)) or (now + 1,)


def serving(host: Host) -> int | None:
    """The major that serves, where a newer one can be gone to from here; None otherwise."""
    if not host.postgres_service or not host.has_clusters:
        return None
    try:
        now = host.database().server().major
    except (HostError, RefusedError):  # a finding says so
        return None
    return now if any(one > now for one in known_majors()) else None
