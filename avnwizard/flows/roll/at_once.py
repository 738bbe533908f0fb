"""How many services are rolled at the same time: by the cores when it is planned, by free memory when it begins."""

from collections.abc import Sequence

from avnwizard.domain.room import Room
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.step import Step
from avnwizard.flows.host import Host

_LEAST = 2
_PER_CORE = 2
RESERVE_BYTES = 256 << 20
"""Left to everybody else on the machine."""
_LEAST_BYTES = 16 << 20
"""What a container is taken to need that seems to take nothing."""
_MORE = 1.25
"""A container takes more while it starts, and a new release may take more than the old."""


def planned(host: Host) -> int:
    """How many a plan puts into a wave: `[roll] at_once`, else by the cores of the engine's machine."""
    return host.config.roll.at_once or max(_LEAST, _PER_CORE * host.stack.room().cpus)


class Width:
    """Asked before a wave begins: how many of its steps fit into the memory that is free now."""

    def __init__(self, host: Host, feed: FeedWriter) -> None:
        self._host, self._feed = host, feed

    def __call__(self, steps: Sequence[Step]) -> int:
        """How many of the steps, from the first on; one at least, as if there were no waves."""
        room = self._host.stack.room([step.service for step in steps])
        count = fitting([step.service for step in steps], room)
        if count < len(steps):
            free = (room.available_bytes or 0) >> 20
            text = f"{free:,} MB of memory are free: {count} of {len(steps)} services are rolled at the same time"
            self._feed.emit("say", steps[0].name, text)
        return count


def fitting(services: Sequence[str], room: Room) -> int:
    """How many services, from the first on, may have their containers twice at the same time."""
    if room.available_bytes is None:
        return len(services)
    left, count = room.available_bytes - RESERVE_BYTES, 0
    for service in services:
        left -= int(max(room.used_bytes.get(service, 0), _LEAST_BYTES) * _MORE)
        if left < 0:
            break
        count += 1
    return max(count, 1)
