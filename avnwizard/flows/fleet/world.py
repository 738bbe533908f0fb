"""What the steps of a release through a fleet share: the stacks, the balancer, and how requests are moved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from avnwizard.domain.balancer.server import FULL, Served, others_serve
from avnwizard.domain.words import count
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.fleet.order import FleetOrder, StackOrder
from avnwizard.flows.host import Host
from avnwizard.ports.balancer import Balancer

_POLL_S = 0.5
_UNCOUNTED_S = 5.0
"""So long a drained stack is given to finish what it has, where nobody sees that it has nothing left."""
_QUIET_S = 0.3
"""Below the second at which balancers and health checks ask: a connection that was quiet for so long is idle."""


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
            counted = self.served(name).connections
            left = self._owed(name) if counted is None else counted
            if left == 0:
                ctx.say(f"{name} has no requests left")
                return 0
            waited = clock.now() - began
            if left is None and waited >= min(_UNCOUNTED_S, limit_s):
                ctx.say(f"{name} gets no requests; nobody here sees what it has left")
                return None
            if waited >= limit_s:
                many = count(left or 0, "connection")
                ctx.say(f"{name} still has {many} after {limit_s:.0f} s; the upgrade cuts what is left")
                return left
            ctx.progress(int(waited), int(limit_s), "s", left_s=limit_s - waited)
            if left != shown:
                shown = left
                ctx.say(f"{name} still has {count(shown or 0, 'connection')}")
            ctx.checkpoint()
            clock.sleep(_POLL_S)

    def _owed(self, name: str) -> int | None:
        """The connections to the stack's own proxy that owe an answer; None where the kernel does not tell of them.

        For a balancer that counts none, such as Traefik: its metrics have requests that ended, and open connections
        of an entrypoint alone.
        """
        host = self.host_of(next(one for one in self.order.stacks if one.name == name))
        try:
            facts = host.edge.facts()
            seen = host.edge.connections(facts.container, quiet_s=_QUIET_S) if facts else None
        except HostError:
            return None
        return seen.busy + seen.calls if seen and seen.seen_by == "netns" else None

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
