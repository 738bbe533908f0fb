"""Ask an upgraded stack on its own address, and the balancer for what it gave: what is lost speaks against it."""

from dataclasses import dataclass

from avnwizard.domain.plain import printable
from avnwizard.domain.probing import LOST, Route, judge
from avnwizard.engine.step import StepContext
from avnwizard.errors import StepError
from avnwizard.flows.edge.memory import ProbeMemory, load
from avnwizard.flows.fleet.order import StackOrder
from avnwizard.flows.fleet.world import FleetWorld
from avnwizard.flows.host import Host

_PAUSE_S = 0.5
_NOTHING = ProbeMemory()


@dataclass
class Watched:
    """What was seen.

    Attributes:
        asked, lost: requests to the stack's own address.
        failed: answers with 5xx that the balancer counted for the stack meanwhile; None where it does not count.
        why: what was lost first.
    """

    asked: int = 0
    lost: int = 0
    failed: int | None = None
    down: bool = False
    why: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether the stack must not go on serving."""
        return self.down or self.lost > 0 or bool(self.failed)

    def sentence(self, name: str) -> str:
        """For the log."""
        if self.down:
            return f"the balancer's check finds {name} down"
        if self.lost:
            return f"{self.lost} of {self.asked} requests to {name} were lost ({self.why})"
        if self.failed:
            return f"the balancer counted {self.failed} answers with 5xx of {name}"
        return f"{name} answered all {self.asked} requests"


def watch(
    ctx: StepContext, world: FleetWorld, one: StackOrder, child: str, seconds: float, *, alone: bool = False
) -> Watched:
    """Ask all routes of a stack again and again for some seconds, at least once; it ends at the first loss.

    Args:
        child: the run that upgraded it, which knows who answers where.
        alone: whether the balancer sends it nothing yet, so that what it says of the stack does not count.
    """
    host = world.host_of(one)
    memory = load(host.files, host.state.run(child)) or _NOTHING
    routes = memory.answering(one.plan.probe.routes)
    seen, clock = Watched(), world.host.clock
    before, began = world.served(one.name).failed, clock.now()
    while True:
        _ask(host, routes, memory, seen)
        now = world.served(one.name)
        if not alone:
            seen.down = now.up is False
            seen.failed = None if now.failed is None or before is None else max(now.failed - before, 0)
        passed = clock.now() - began
        if seen.is_bad or passed >= seconds:
            return seen
        ctx.progress(int(passed), int(seconds), "s", left_s=seconds - passed)
        ctx.checkpoint()
        clock.sleep(_PAUSE_S)


def _ask(host: Host, routes: tuple[Route, ...], memory: ProbeMemory, seen: Watched) -> None:
    if not routes:
        return
    for route, outcome in zip(routes, host.probe().ask(routes), strict=True):
        verdict = judge(outcome, memory.identities[route.name], route)
        seen.asked += 1
        if verdict in LOST:
            seen.lost += 1
            seen.why = seen.why or f"{printable(route.name, limit=60)}: {verdict}"


def require_good(world: FleetWorld, name: str, seen: Watched) -> None:
    """Take a stack that loses requests out, then fail: the others serve.

    Raises:
        StepError: it lost some.
    """
    if not seen.is_bad:
        return
    out = world.take_out(name)
    where = f"{name} gets no requests now; the others serve" if out else f"no other stack serves, so {name} stays in"
    raise StepError(
        f"{seen.sentence(name)[:1].upper()}{seen.sentence(name)[1:]}; {where}.",
        "Look at its log. Then resume, or roll back.",
    )
