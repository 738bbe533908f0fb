"""Wait for something of the world to become true, by the host's clock."""

from collections.abc import Callable

from avnwizard.flows.host import Host

_POLL_S = 0.1
KNOWN_S = 20.0
"""Traefik takes changes up at most every 2 s (`providersThrottleDuration`); ten times that is a failure."""


def becomes_true(host: Host, true: Callable[[], bool], *, limit_s: float = KNOWN_S) -> bool:
    """Whether something becomes true within some time; by default that which Traefik may take for a change."""
    return true_since(host, true, limit_s=limit_s) is not None


def true_since(host: Host, true: Callable[[], bool], *, limit_s: float = KNOWN_S) -> float | None:
    """When something became true at the earliest: when it was last seen not to be; None where it does not."""
    asked_at = host.clock.now()
    deadline, since = asked_at + limit_s, asked_at
    while not true():
        since = asked_at
        if host.clock.now() >= deadline:
            return None
        host.clock.sleep(_POLL_S)
        asked_at = host.clock.now()
    return since
