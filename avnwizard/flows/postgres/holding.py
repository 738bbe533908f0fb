"""Clients of PgBouncer wait while the server is exchanged; whoever speaks to the server directly is stopped."""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import pooler
from avnwizard.domain.words import count
from avnwizard.engine.step import Probe, StepContext
from avnwizard.flows.postgres.world import World
from avnwizard.flows.steps.writers import StartWriters, StopWriters
from avnwizard.planned import PlannedStep

HELD = "held"
_QUIET_S = 10.0


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
        if self._world.plan.poolers:
            with ctx.effect("resume"):
                self._world.signal_poolers(pooler.RESUME)
        super().do(ctx)
