"""Wait for something of the world to become true, by the host's clock."""

from collections.abc import Callable

from avnwizard.domain import words
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host

_POLL_S = 0.1
KNOWN_S = 60.0
"""Traefik takes changes up every 2 s (`providersThrottleDuration`), and asks the engine for all its containers each
time, which takes a slow host seconds."""
_TOLD_EVERY_S = 10.0


def becomes_true(
    ctx: StepContext, host: Host, what: str, true: Callable[[], bool], *, limit_s: float = KNOWN_S
) -> bool:
    """As `true_since`: whether it becomes true in time."""
    return true_since(ctx, host, what, true, limit_s=limit_s) is not None


def true_since(
    ctx: StepContext, host: Host, what: str, true: Callable[[], bool], *, limit_s: float = KNOWN_S
) -> float | None:
    """When something became true at the earliest: when it was last seen not to be; None where it does not.

    Args:
        what: what is waited for, as the watchers are shown it where it takes long: "Traefik to ...".
        limit_s: by default the time that Traefik may take for a change.

    Raises:
        HostError: asking failed to the last; one failure may be a Traefik that is being restarted.
    """
    asked_at = host.clock.now()
    deadline, since, told_at = asked_at + limit_s, asked_at, asked_at
    while True:
        refused: HostError | None = None
        try:
            if true():
                return since
        except HostError as error:
            refused = error
        since, now = asked_at, host.clock.now()
        if now >= deadline:
            if refused:
                raise refused
            return None
        if now - told_at >= _TOLD_EVERY_S:
            told_at = now
            ctx.say(f"waiting for {what}, for {words.duration(deadline - now)} at most")
        host.clock.sleep(_POLL_S)
        asked_at = host.clock.now()
