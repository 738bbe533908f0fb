"""The load balancer before the stacks of a fleet."""

from typing import Protocol

from avnwizard.domain.balancer.server import Served


class Balancer(Protocol):
    """Steers requests between stacks. Every method raises `HostError` when the balancer refuses or is silent."""

    def look(self) -> tuple[Served, ...]:
        """The stacks as the balancer works by now, in the order of `[fleet] stacks`."""

    def weight(self, stack: str, percent: int) -> None:
        """A stack's share of new requests; returns once the balancer works by it."""

    def drain(self, stack: str) -> None:
        """No new requests to a stack; it finishes what it has."""

    def ready(self, stack: str) -> None:
        """Requests to a stack again, as many as its weight says; its whole share where it has none."""

    def only(self, stack: str) -> None:
        """All new requests to one stack, and none to the others."""

    def commands(self) -> tuple[str, ...]:
        """How each of these is ordered, a line each, for a plan."""
