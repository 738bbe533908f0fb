"""What the steps of a release through a fleet share: the stacks, the balancer, and how requests are moved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from avnwizard.domain.balancer.server import FULL, Served, others_serve
from avnwizard.domain.words import count
from avnwizard.engine.step import StepContext
from avnwizard.errors import StepError
from avnwizard.flows.fleet.order import FleetOrder, StackOrder
from avnwizard.flows.host import Host
from avnwizard.ports.balancer import Balancer

_POLL_S = 0.5
_UNCOUNTED_S = 5.0
"""So long a balancer that counts no connections is given to finish what a drained stack has."""


@dataclass
class FleetWorld:
    """Opens stacks and balancer when they are needed.

    Attributes:
        host: the stack whose journal has the run: the first one.
        run: the run's name.
    """

    order: FleetOrder
    host: Host
    run: str
    _hosts: dict[str, Host] = field(default_factory=dict)
    _balancer: Balancer | None = None

    @property
    def balancer(self) -> Balancer:
        """Of the leader's `[fleet]`."""
        self._balancer = self._balancer or self.host.balancer()
        return self._balancer

    def host_of(self, one: StackOrder) -> Host:
        """The stack itself; the leader is the one that is open already."""
        if one.name == self.order.first.name:
            return self.host
        if one.name not in self._hosts:
            self._hosts[one.name] = self.host.neighbour(Path(one.directory))
        return self._hosts[one.name]

    def served(self, name: str) -> Served:
        """How the balancer treats a stack."""
        return next(one for one in self.balancer.look() if one.stack == name)

    def drain(self, ctx: StepContext, name: str) -> int | None:
        """Take a stack out and wait for its connections; how many were left at last, None where nobody counts.

        Raises:
            StepError: no other stack serves.
        """
        if not others_serve(self.balancer.look(), name):
            raise StepError(
                f"No other stack serves, so {name} stays in.", "avnwizard fleet status shows why. Then resume."
            )
        if self.served(name).takes_requests:
            with ctx.effect("drain"):
                self.balancer.drain(name)
        clock, limit_s = self.host.clock, self.order.drain_s
        began = clock.now()
        shown: int | None = None
        while True:
            found = self.served(name)
            if found.is_idle:
                ctx.say(f"{name} has no requests left")
                return 0
            waited = clock.now() - began
            if found.connections is None and waited >= min(_UNCOUNTED_S, limit_s):
                ctx.say(f"{name} gets no requests; the balancer does not count what it has left")
                return None
            if waited >= limit_s:
                left = count(found.connections or 0, "connection")
                ctx.say(f"{name} still has {left} after {limit_s:.0f} s; the upgrade cuts what is left")
                return found.connections
            ctx.progress(int(waited), int(limit_s), "s", left_s=limit_s - waited)
            if found.connections != shown:
                shown = found.connections
                ctx.say(f"{name} still has {count(shown or 0, 'connection')}")
            ctx.checkpoint()
            clock.sleep(_POLL_S)

    def bring_in(self, ctx: StepContext, name: str, percent: int = FULL) -> None:
        """Give a stack its share of the requests."""
        with ctx.effect("weight"):
            self.balancer.weight(name, percent)
            self.balancer.ready(name)

    def take_out(self, name: str) -> bool:
        """Send a stack no new requests, where another one serves; whether that was so."""
        if not others_serve(self.balancer.look(), name):
            return False
        if self.served(name).takes_requests:
            self.balancer.drain(name)
        return True

    def serve_from(self, ctx: StepContext, name: str) -> None:
        """One stack alone, where that is not so: an operator may have flipped."""
        found = self.balancer.look()
        if any(one.takes_requests is not (one.stack == name) for one in found):
            with ctx.effect("only"):
                self.balancer.only(name)

    def require_out(self, name: str) -> None:
        """Refuse to change a stack that gets requests.

        Raises:
            StepError: it gets some.
        """
        if self.served(name).takes_requests:
            raise StepError(
                f"The balancer sends requests to {name}, which would be changed under them.",
                "Take it out with `avnwizard fleet flip`, then resume; or roll the run back.",
            )

    def names(self, stacks: Iterable[StackOrder]) -> str:
        """For a sentence."""
        return " and ".join(one.name for one in stacks)
