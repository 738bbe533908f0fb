"""The old server is set so that it can be followed by logical replication; PgBouncer holds its clients meanwhile."""

from dataclasses import replace

from avnwizard.domain.postgres.pooler import PAUSE
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.postgres.addresses import ADDRESS, kept, where
from avnwizard.flows.postgres.holding import let_go_on
from avnwizard.flows.postgres.world import World, start_old
from avnwizard.planned import PlannedStep, StepKind

LEVEL = "level"
BEFORE, WANTED = "before", "wanted"
_STOP_GRACE_S, _QUIET_S = 120.0, 5.0


class LetFollow(Step):
    """Have the old server write what replication needs (`wal_level = logical`): it is started again once."""

    name = LEVEL
    title = "Let the old server be followed (wal_level = logical)"
    kind = StepKind.OTHER
    guess_s = 4.0

    def __init__(self, world: World) -> None:
        self._world = world
        self.service = world.plan.service

    def describe(self) -> PlannedStep:
        """What is set, and the restart."""
        restart = self._world.plan.restarts
        return replace(
            super().describe(),
            note="wal_level becomes logical, max_wal_senders and max_replication_slots rise where they are too few. "
            + ("The old server is started again for it." if restart else "The server is set so already."),
            going_back="the settings are put back, and count from the server's next start",
            interrupts=self._interrupts if restart else "",
        )

    @property
    def _interrupts(self) -> str:
        away = "the database is away for about 2 s"
        return f"{away}; PgBouncer holds its clients" if self._world.plan.poolers else away

    def probe(self, ctx: StepContext) -> Probe:
        """Looked at again."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Set, and start again."""
        world, followers = self._world, self._world.host.clusters().followers
        start_old(ctx, world)
        let_go_on(ctx, world)  # a process that was killed may have left them waiting
        old = world.running_old()
        wanted, before = followers.wanted(old.id, len(world.plan.databases))
        if not wanted:
            ctx.say("the old server can be followed as it runs")
            return
        if BEFORE not in ctx.recall():  # what was set before a process that was killed has set it is known already
            ctx.note(**{BEFORE: dict(before), WANTED: sorted(wanted)})
        with ctx.effect("set"):
            followers.set(old.id, wanted)
        world.host.clusters().checkpoint(old.id)
        ctx.note(**{ADDRESS: where(world)})
        with ctx.effect("pause"):
            world.signal_poolers(PAUSE)
        world.is_quiet(_QUIET_S if world.plan.poolers else 0.0)
        try:
            with ctx.effect("stop"):
                world.host.stack.stop(old.id, grace_s=_STOP_GRACE_S)
            with kept(ctx, world, ctx.recall().get(ADDRESS, {})):
                start_old(ctx, world)
        finally:
            let_go_on(ctx, world)
        ctx.say(f"set, and started again: {', '.join(sorted(wanted))}")

    def undo(self, ctx: StepContext) -> None:
        """The settings as they were."""
        start_old(ctx, self._world)
        let_go_on(ctx, self._world)
        put_back(ctx, self._world)

    def undone(self, ctx: StepContext) -> Probe:
        """Put back again, which is harmless."""
        return Probe.HALF_DONE


def put_back(ctx: StepContext, world: World) -> None:
    """The old server's settings as they were; they count from its next start."""
    if before := ctx.recall(LEVEL).get(BEFORE):
        with ctx.effect("settings-back"):
            world.host.clusters().followers.set(world.running_old().id, before)
