"""Clients of PgBouncer wait while the server is exchanged; whoever speaks to the server directly is stopped."""

from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import pooler
from avnwizard.domain.words import count
from avnwizard.engine.step import Probe, StepContext
from avnwizard.flows.postgres.addresses import ADDRESS, where
from avnwizard.flows.postgres.world import World
from avnwizard.flows.steps.writers import StartWriters, StopWriters
from avnwizard.planned import PlannedStep

HELD = "held"
_QUIET_S, _BACK_S, _POLL_S = 10.0, 45.0, 0.5


class QuietClients(StopWriters):
    """Stop what speaks to the server, then have PgBouncer hold the rest; where it does not, stop that too."""

    def __init__(self, world: World) -> None:
        super().__init__(world.host, world.plan.stop)
        self._world = world

    def describe(self) -> PlannedStep:
        """Who is stopped, and who waits."""
        found, plan = super().describe(), self._world.plan
        if not plan.poolers:
            return found
        held = ", ".join(printable(one, limit=63) for one in plan.held)
        signal = ("docker", "kill", "--signal", pooler.PAUSE, plan.poolers[0])
        return replace(
            found,
            commands=(signal,),
            note=f"{found.note} {printable(plan.poolers[0], limit=63)} then holds what {held} ask of the database "
            "(PAUSE), until the new server serves.",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """A pause is asked for again, which is harmless."""
        return Probe.HALF_DONE if self._world.plan.poolers else super().probe(ctx)

    def do(self, ctx: StepContext) -> None:
        """Stop, and pause."""
        super().do(ctx)
        world, plan = self._world, self._world.plan
        if not plan.poolers:
            return
        if address := where(world):
            ctx.note(**{ADDRESS: address})
        with ctx.effect("pause"):
            there = world.signal_poolers(pooler.PAUSE)
        held = bool(there) and world.is_quiet(_QUIET_S)
        ctx.note(**{HELD: held})
        if held:
            ctx.say(f"PgBouncer holds the clients of {count(len(plan.held), 'service')}")
            return
        ctx.say("PgBouncer does not let go of the server: its clients are stopped")
        world.signal_poolers(pooler.RESUME)
        self._services = (*plan.stop, *plan.poolers, *plan.held)
        super().do(ctx)


class ReleaseClients(StartWriters):
    """Have PgBouncer let its clients go on, and start what was stopped."""

    def __init__(self, world: World) -> None:
        plan = world.plan
        super().__init__(world.host, (*plan.stop, *plan.poolers, *plan.held))
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """To resume again is harmless."""
        return Probe.HALF_DONE if self._world.plan.poolers else super().probe(ctx)

    def do(self, ctx: StepContext) -> None:
        """Resume, and start."""
        let_go_on(ctx, self._world, StopWriters.name)
        super().do(ctx)
        if self._world.plan.poolers and (deaf := self._deaf()):
            self._start_again(ctx, deaf)

    def _deaf(self) -> list[Container]:
        """What does not serve although it was only held, once each had time for another health check."""
        clock, services = self._world.host.clock, {*self._world.plan.poolers, *self._world.plan.held}
        deadline = clock.now() + _BACK_S
        while True:
            there = [one for one in self._world.host.stack.containers() if one.service in services]
            deaf = [one for one in there if not one.one_off and not one.is_serving]
            if not deaf or clock.now() >= deadline:
                return deaf
            clock.sleep(_POLL_S)

    def _start_again(self, ctx: StepContext, deaf: list[Container]) -> None:
        """What went wrong while they waited is not known: PgBouncer and who waits for it begin afresh."""
        start_poolers(ctx, self._world, [one for one in deaf if one.service not in self._world.plan.poolers])
        self._deaf()


def let_go_on(ctx: StepContext, world: World, step: str = "") -> None:
    """Have PgBouncer let its clients go on; where the server has moved meanwhile, PgBouncer is started again.

    It may ask for the server at its old address for ten minutes (`domain.postgres.places`).

    Args:
        step: the one that noted where the server was; "" is the one under way.
    """
    if not world.plan.poolers:
        return
    world.host.clusters().places.let_go(world.plan.project)
    was, now = ctx.recall(step).get(ADDRESS, {}), where(world)
    if now and any(now.get(network) != address for network, address in was.items()):
        ctx.say("the server has another address now, which PgBouncer would learn only after minutes")
        start_poolers(ctx, world)
        return
    with ctx.effect("resume"):
        world.signal_poolers(pooler.RESUME)


def start_poolers(ctx: StepContext, world: World, besides: Sequence[Container] = ()) -> None:
    """Start PgBouncer again, and what waits for it: its clients' connections end."""
    stack = world.host.stack
    first = [one for one in stack.containers() if one.service in world.plan.poolers and not one.one_off]
    named = ", ".join(sorted({printable(one.service, limit=63) for one in (*first, *besides)}))
    ctx.say(f"started again: {named}")
    with ctx.effect("again"):
        stack.stop(*(one.id for one in (*first, *besides)), grace_s=pooler.STOP_GRACE_S)
        for one in (*first, *besides):
            stack.start(one.id)
