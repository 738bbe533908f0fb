"""The old server follows the new one until the time is over; and the look at it before a run is taken back."""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.words import clock, count, duration, size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.postgres.returning import (
    CATCH_UP_S,
    FOLLOW_BACK,
    LOOK_BACK,
    LOST,
    OVER,
    STATE,
    altered,
    follow,
    is_kept,
    leave_back,
)
from avnwizard.flows.postgres.world import World
from avnwizard.planned import PlannedStep, StepKind

FOLLOWS, WHY, UNTIL = "follows", "why", "until"
_POLL_S, _LOOK_S, _PATIENCE_S = 2.0, 30.0, 60.0
_HELD_SHARE = 0.5
"""Of the free disk: so much WAL may be kept for the old server before it is given up."""


class FollowBack(Step):
    """Have the old server follow the new one until the time is over, and leave nothing of it on the new one then."""

    name = FOLLOW_BACK
    kind = StepKind.CHECK
    undone_by = (StepKind.OTHER,)

    def __init__(self, world: World) -> None:
        self._world = world
        self.guess_s = world.plan.keep_reverse_s
        self.title = f"Have the old server follow for {duration(world.plan.keep_reverse_s)}"

    def describe(self) -> PlannedStep:
        """What it costs."""
        return replace(
            super().describe(),
            note=f"PostgreSQL {self._world.plan.major_old} runs on {self._world.plan.volume_old} and takes over what "
            "is written. Nobody may alter a table meanwhile, or it ends.",
            going_back="until the time is over, nothing that was written since the switch is lost",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """It goes on for what is left of the time."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Follow, wait, and leave; what ends it early is said, since the stack serves."""
        world, known = self._world, ctx.recall()
        if known.get(STATE) in {OVER, LOST}:  # a process that was killed was leaving
            leave_back(ctx, world)
            return
        until = float(known.get(UNTIL) or world.host.clock.now() + world.plan.keep_reverse_s)
        ctx.note(**{UNTIL: until, STATE: FOLLOWS, WHY: ""})
        why = self._watch(ctx, until)
        ctx.note(**{STATE: LOST if why else OVER, WHY: why})
        leave_back(ctx, world)
        ctx.say(f"The old server no longer follows: {why}." if why else "The old server no longer follows.")

    def _watch(self, ctx: StepContext, until: float) -> str:
        """Why the old server cannot follow any more; "" once the time is over, or the operator accepted the run."""
        host, begun = self._world.host, self._world.host.clock.now()
        well = looked = begun
        trouble, begins = "", True
        while (now := host.clock.now()) < until and not ctx.accepted():
            ctx.checkpoint()
            ctx.progress(int(now - begun), int(until - begun), "seconds", left_s=until - now)
            try:
                if begins or not host.clusters().serves(self._world.plan.follower):
                    follow(ctx, self._world)
                    begins = False
                    ctx.say(f"the old server follows until {clock(until, now)}: going back loses nothing until then")
                if now - looked >= _LOOK_S:
                    looked = now
                    if why := altered(self._world):
                        return why
                trouble = self._trouble(ctx)
            except HostError as error:
                trouble = printable(error.message, limit=200).rstrip(".")
            if not trouble:
                well = now
            elif now - well > _PATIENCE_S:
                return trouble
            host.clock.sleep(_POLL_S)
        return ""

    def _trouble(self, ctx: StepContext) -> str:
        world, clusters = self._world, self._world.host.clusters()
        order = world.return_order(world.running_new())
        found = clusters.followers.progress(order)
        ctx.measure(lag_bytes=found.lag_bytes, held_bytes=found.held_bytes)
        free = clusters.database(order.old).free_bytes()
        if free is not None and found.held_bytes > free * _HELD_SHARE:
            return f"{size(found.held_bytes)} of WAL are kept for it, and {size(free)} is free"
        if found.lag_bytes is None:
            return f"it is not connected in each of {count(len(order.databases), 'database')}"
        return found.trouble and f"a change could not be applied; {found.trouble}"


class LookBack(Step):
    """Before anything stops: can the old server take over what was written? Where not, say what would be lost."""

    name = LOOK_BACK
    title = "Look whether the old server has, or gets, all that was written"
    kind = StepKind.CHECK
    undone_by = ()
    guess_s = 10.0

    def __init__(self, world: World) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Have it follow, and wait until it has what is written now.

        Raises:
            StepError: it cannot; the first time only, since to resume is to agree.
        """
        world = self._world
        there = world.container()
        if not is_kept(ctx) or ctx.recall().get(LOST) or there is None or not world.is_new(there):
            return
        try:
            follow(ctx, world)
            why = altered(world) or self._waited(ctx)
        except HostError as error:
            why = printable(error.message, limit=200).rstrip(".")
        if why:
            ctx.note(**{LOST: why})
            raise StepError(
                f"What was written to PostgreSQL {world.plan.major_new} since the switch would be lost: {why}. "
                "Nothing was stopped.",
                "The stack serves on. avnwizard resume goes back without it; the new volume stays.",
            )

    def _waited(self, ctx: StepContext) -> str:
        world = self._world
        host, order = world.host, world.return_order(world.running_new())
        followers = host.clusters().followers
        until, deadline = followers.position(order.old), host.clock.now() + CATCH_UP_S
        while not (found := followers.progress(order, until)).whole or found.lag_bytes:
            ctx.checkpoint()
            if host.clock.now() >= deadline:
                return f"the old server does not catch up{found.trouble and f'; {found.trouble}'}"
            host.clock.sleep(_POLL_S / 2)
        return ""
