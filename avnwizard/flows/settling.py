"""Waiting until containers keep running: the first look at "running" proves nothing."""

from collections.abc import Sequence

from avnwizard.domain.host import Container
from avnwizard.domain.settling import SETTLE_S
from avnwizard.ports import Clock


class Watch:
    """Looks at containers again and again, and knows which of them have run for long enough.

    Args:
        clock: tells how long; the engine's own times count too, where its clock is not ahead of this one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, float], float] = {}

    def is_steady(self, container: Container) -> bool:
        """It serves; and where no health check vouches for it, or it was restarted, it has done so for `SETTLE_S`."""
        if not container.is_serving:
            return False
        if container.health == "healthy" and not container.restarts:
            return True
        now = self._clock.now()
        seen = self._seen.setdefault((container.id, container.started_at), now)
        return now - min(seen, container.started_at or seen) >= SETTLE_S


def in_words(containers: Sequence[Container]) -> str:
    """What may be said of containers that are steady: only a health check makes one healthy."""
    healthy = sum(one.health == "healthy" for one in containers)
    running = len(containers) - healthy
    parts = [f"{healthy} healthy"] if healthy else []
    parts += [f"{running} running for {SETTLE_S:.0f} s or longer (no health check)"] if running else []
    return ", ".join(parts)
