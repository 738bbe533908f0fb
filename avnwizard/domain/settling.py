"""When a container may be said to run: a program that ends and is started again is "running" at many a moment."""

from avnwizard.domain.host import Container

SETTLE_S = 10.0
"""Docker itself takes a container for started once it has been up for 10 s (its manual, "Start containers
automatically": only then does a restart policy take effect)."""
CALM_S = 60.0
"""Docker waits up to a minute between two restarts (the same manual): what has been up for longer is past them."""


def is_restless(container: Container, now: float) -> bool:
    """Whether it was started again by the engine less than a minute ago.

    Args:
        now: seconds since the epoch.
    """
    return bool(container.restarts) and 0 <= now - container.started_at < CALM_S


def restarted(container: Container) -> str:
    """How often the engine has started it again, in words."""
    return f"restarted {container.restarts} time{'' if container.restarts == 1 else 's'}"
