"""One stack as the balancer sees it."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["ready", "drain", "maint"]
FULL = 100
"""The weight of a stack that takes its whole share, in percent."""


@dataclass(frozen=True)
class Served:
    """One stack behind the balancer.

    Attributes:
        stack: its name in `[fleet] stacks`.
        server: the balancer's name for it.
        mode: what it is ordered to: to take requests, to finish those that it has, or none at all.
        up: whether the balancer's own check finds it well; None where it does not check.
        weight: its share of new requests, in percent of its usual one.
        connections: requests and connections that it has now; None where the balancer cannot tell.
        failed: answers with 5xx that it gave so far; None where the balancer cannot tell.
    """

    stack: str
    server: str
    mode: Mode
    up: bool | None
    weight: int
    connections: int | None = None
    failed: int | None = None

    @property
    def takes_requests(self) -> bool:
        """Whether new requests go there."""
        return self.mode == "ready" and self.up is not False and self.weight > 0

    @property
    def is_idle(self) -> bool:
        """Whether it is known to have nothing left to finish, and gets nothing new."""
        return not self.takes_requests and self.connections == 0


def others_serve(served: tuple[Served, ...], stack: str) -> bool:
    """Whether requests still go somewhere once a stack takes none."""
    return any(one.takes_requests for one in served if one.stack != stack)
