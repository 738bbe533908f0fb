"""Clients of the server wait while it is exchanged: paused, held by PgBouncer, or else stopped and started again."""

from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import client_commands, pooler
from avnwizard.domain.words import count
from avnwizard.engine.step import Probe, StepContext
from avnwizard.flows.postgres.addresses import ADDRESS, where
from avnwizard.flows.postgres.world import World
from avnwizard.flows.steps.writers import STOP_GRACE_S, StartWriters, StopWriters
from avnwizard.planned import PlannedStep

HELD, PAUSED = "held", "paused"
_QUIET_S, _BACK_S, _POLL_S, _LEFT_S = 10.0, 45.0, 0.05, 2.0


class QuietClients(StopWriters):
    """Keep everybody from writing to the server: PgBouncer holds its clients, other services are paused or stopped.

    A paused service stands still where it is, with what was asked of it, and goes on with the new server: neither its
    end nor its start is a part of the interruption. It is stopped where the way takes longer than callers wait, where
    it cannot be paused, and when a run is taken back: what it has in memory is of the new server then. One that is
    still paused when a run is taken back has never seen the new server, and stays so.

    Args:
        back: whether a run is taken back.
    """

    def __init__(self, world: World, *, back: bool = False) -> None:
        super().__init__(world.host, world.plan.stop)
        self._world, self._pauses, self._back = world, world.plan.pauses and not back, back
        if self._pauses:
            self.title = "Pause the services that use the databases"

    def describe(self) -> PlannedStep:
        """Who is stopped or paused, and who waits."""
        found, plan = super().describe(), self._world.plan
        if self._pauses:
            found = replace(
                found,
                commands=(client_commands.signal(plan.image_old_id, client_commands.HALT),),
                note=f"{count(len(plan.stop), 'service')}; each goes on as it is once the new server serves. "
                "One with several programs is stopped instead.",
                going_back="they go on",
                interrupts="what is asked of these services waits until the new server serves",
            )
        if not plan.poolers:
            return found
        held = ", ".join(printable(one, limit=63) for one in plan.held)
        signal = client_commands.signal(plan.image_old_id, pooler.PAUSE)
        return replace(
            found,
            commands=(*found.commands, signal),
            note=f"{found.note} {printable(plan.poolers[0], limit=63)} then holds what {held} ask of the database "
            "(PAUSE), until the new server serves.",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """A pause is asked for again, which is harmless."""
        return Probe.HALF_DONE if self._world.plan.poolers or self._pauses else super().probe(ctx)

    def do(self, ctx: StepContext) -> None:
        """Pause, or stop."""
        if self._pauses and self._pause(ctx):
            return
        if not self._back:
            go_on(ctx, self._world)
        super().do(ctx)
        if not self._world.plan.poolers or self._held(ctx):
            return
        ctx.say("PgBouncer does not let go of the server: its clients are stopped")
        self._world.signal_poolers(pooler.RESUME)
        self._services = (*self._world.plan.stop, *self._world.plan.poolers, *self._world.plan.held)
        super().do(ctx)

    def _running(self) -> list[Container]:
        found = super()._running()
        still = self._world.host.clusters().clients.paused([one.id for one in found]) if self._back else ()
        return [one for one in found if one.id not in still]

    def _pause(self, ctx: StepContext) -> bool:
        """Have PgBouncer hold its clients, pause the services, end their connections. Whether nobody is left."""
        world, clients = self._world, self._world.host.clusters().clients
        there = world.container()
        if there is None or there.state != "running":
            return False
        running = [one.id for one in self._running()]
        ctx.note(**{PAUSED: sorted({*ctx.recall().get(PAUSED, ()), *running})})
        if world.plan.poolers and not self._held(ctx):  # first: a paused client would never end its transaction
            world.signal_poolers(pooler.RESUME)
            return False
        with ctx.effect("freeze"):
            paused = clients.pause(world.plan.image_old_id, running)
        ctx.say(f"paused {count(len(paused), 'container')}")
        if others := [one for one in running if one not in paused]:
            self._note(ctx, others)
            with ctx.effect("stop"):
                world.host.stack.stop(*others, grace_s=STOP_GRACE_S)
        with ctx.effect("dismiss"):
            clients.dismiss(there.id, paused)
        if not world.is_quiet(_LEFT_S):
            ctx.say("connections are left that are not of a paused service: the services are stopped")
            return False
        return True

    def _held(self, ctx: StepContext) -> bool:
        """Have PgBouncer hold its clients; whether it has let go of the server."""
        world, clock = self._world, self._world.host.clock
        if address := where(world):
            ctx.note(**{ADDRESS: address})
        with ctx.effect("pause"):
            poolers = world.signal_poolers(pooler.PAUSE) or ()
        there, deadline = world.container(), clock.now() + _QUIET_S
        held = bool(poolers) and there is not None
        clients = world.host.clusters().clients
        while held and there is not None and there.state == "running" and clients.connected(there.id, poolers):
            held = clock.now() < deadline
            clock.sleep(_POLL_S)
        ctx.note(**{HELD: held})
        if held:
            ctx.say(f"PgBouncer holds the clients of {count(len(world.plan.held), 'service')}")
        return held


class ReleaseClients(StartWriters):
    """Have PgBouncer let its clients go on, the paused services too, and start what was stopped.

    Args:
        back: whether a run is taken back that has begun to switch: its services were stopped for it.
    """

    def __init__(self, world: World, *, back: bool = False) -> None:
        plan = world.plan
        super().__init__(world.host, (*plan.stop, *plan.poolers, *plan.held))
        self._world, self._pauses = world, plan.pauses and not back
        if self._pauses:
            self.title = "Let the services that use the databases go on"

    def describe(self) -> PlannedStep:
        """What goes on."""
        if not self._pauses:
            return super().describe()
        return replace(
            super().describe(),
            commands=(client_commands.signal(self._world.plan.image_old_id, client_commands.GO_ON),),
        )

    def probe(self, ctx: StepContext) -> Probe:
        """To resume again is harmless."""
        plan = self._world.plan
        return Probe.HALF_DONE if plan.poolers or plan.pauses else super().probe(ctx)

    def do(self, ctx: StepContext) -> None:
        """Resume, and start."""
        go_on(ctx, self._world, StopWriters.name)
        let_go_on(ctx, self._world, StopWriters.name)
        super().do(ctx)
        if (self._world.plan.poolers or self._world.plan.pauses) and (deaf := self._deaf(ctx)):
            self._start_again(ctx, deaf)

    def _deaf(self, ctx: StepContext) -> list[Container]:
        """What does not serve although it only waited, once each had time for another health check."""
        clock, plan = self._world.host.clock, self._world.plan
        services, paused = {*plan.poolers, *plan.held}, set(ctx.recall(StopWriters.name).get(PAUSED, ()))
        deadline = clock.now() + _BACK_S
        while True:
            there = [
                one for one in self._world.host.stack.containers() if one.service in services or one.id in paused
            ]
            deaf = [one for one in there if not one.one_off and not one.is_serving]
            if not deaf or clock.now() >= deadline:
                return deaf
            clock.sleep(_POLL_S)

    def _start_again(self, ctx: StepContext, deaf: list[Container]) -> None:
        """What went wrong while they waited is not known: they begin afresh, PgBouncer first where one needs it."""
        plan = self._world.plan
        start_again(ctx, self._world, deaf, poolers=any(one.service in {*plan.poolers, *plan.held} for one in deaf))
        self._deaf(ctx)


def go_on(ctx: StepContext, world: World, step: str = "") -> None:
    """Let paused services go on.

    Args:
        step: the one that noted them; "" is the one under way.
    """
    if known := ctx.recall(step).get(PAUSED, ()):
        with ctx.effect("thaw"):  # harmless for one that is not paused
            world.host.clusters().clients.unpause(world.plan.image_old_id, known)


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
        start_again(ctx, world, (), poolers=True)
        return
    with ctx.effect("resume"):
        heard = world.signal_poolers(pooler.RESUME)
    if heard is None:
        start_again(ctx, world, (), poolers=True)


def start_again(ctx: StepContext, world: World, besides: Sequence[Container], *, poolers: bool) -> None:
    """Start some containers again, all PgBouncers first where wanted: their clients' connections end."""
    stack, ours = world.host.stack, world.plan.poolers if poolers else ()
    first = [one for one in stack.containers() if one.service in ours and not one.one_off]
    again = [*first, *(one for one in besides if one.id not in {each.id for each in first})]
    ctx.say(f"started again: {', '.join(sorted({printable(one.service, limit=63) for one in again}))}")
    with ctx.effect("again"):
        stack.stop(*(one.id for one in again), grace_s=pooler.STOP_GRACE_S)
        for one in again:
            stack.start(one.id)
