"""The way back after new writes: the old server follows the new one for a while, and what it lacks is carried to it.

Possible in every way to a new major: at the switch both servers hold the same, so the old one needs nothing but what
is written from then on. The new server keeps that from before any service writes (`ReserveBack`); the old one, alone
on its volume, begins to follow once every row was compared (`FollowBack`), or when the run is taken back.
"""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.contents import differences, without_files
from avnwizard.domain.postgres.following import FollowOrder, keyless_of
from avnwizard.domain.words import size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.postgres.moving import WRITES
from avnwizard.flows.postgres.world import World
from avnwizard.planned import PlannedStep, StepKind

ALLOW, RESERVE, FOLLOW_BACK, LOOK_BACK = "allow-back", "reserve", "follow-back", "look-back"
RESERVED, STATE = "reserved", "state"
OVER, LOST = "over", "lost"
UNDO_RESERVE = f"undo:{RESERVE}"
CATCH_UP_S = 300.0
_BEFORE, _KEYLESS, _CAUGHT, _BEGUN = "before", "keyless", "caught", "begun"
_POLL_S = 0.2


class AllowBack(Step):
    """Set what the new server needs to be followed; it counts from the switch on, which starts it anyway."""

    name = ALLOW
    title = "Let the new server be followed (wal_level = logical)"
    kind = StepKind.OTHER
    undone_by = (StepKind.RESTORE,)  # the settings are in the new volume
    guess_s = 1.0

    def __init__(self, world: World) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Set again, which is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Set it, where its files do not say so already."""
        world, clusters = self._world, self._world.host.clusters()
        if not clusters.serves(world.plan.helper):
            return  # the switch has begun
        wanted, before = clusters.followers.wanted_next(world.plan.helper, len(world.plan.databases))
        if _BEFORE not in ctx.recall():
            ctx.note(**{_BEFORE: dict(before)})
        with ctx.effect("set"):
            clusters.followers.set(world.plan.helper, wanted)


class ReserveBack(Step):
    """Have the new server keep what is written to it, from the first write on; taken back, it is carried over."""

    name = RESERVE
    title = "Keep what is written to the new server for the old one"
    kind = StepKind.OTHER
    guess_s = 1.0

    def __init__(self, world: World) -> None:
        self._world = world

    def describe(self) -> PlannedStep:
        """What is made in the new server for it."""
        return replace(
            super().describe(),
            note="A publication and a replication slot in each database of the new server, before any service writes "
            "to it. Tables without a key identify rows by all their columns meanwhile.",
            going_back="what was written to the new server is carried to the old one first: nothing is lost",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Made again: no service runs before it is done."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Publish, and keep.

        Raises:
            StepError: the server is not on its new volume, or its command line rules out that it is followed.
        """
        world, followers = self._world, self._world.host.clusters().followers
        new = world.running_new()
        order = world.return_order(new)
        if wanted := followers.wanted(new.id, len(order.databases))[0]:
            raise StepError(
                f"The new server cannot be followed: the compose file sets {', '.join(sorted(wanted))} otherwise.",
                "Roll back; take that out of the service's command, or set [postgres] keep_reverse_s = 0.",
            )
        keyless = keyless_of(ctx.recall().get(_KEYLESS, ())) or followers.keyless(new.id, order.databases)
        ctx.note(**{_KEYLESS: [list(one) for one in keyless]})
        with ctx.effect("clear"):
            followers.unfollow(order, keyless, new=False)
        with ctx.effect("publish"):
            followers.publish(order, keyless)
        with ctx.effect("reserve"):
            followers.reserve(order)
        ctx.note(**{RESERVED: True})

    def undo(self, ctx: StepContext) -> None:
        """Carry what was written since the switch to the old server, then leave nothing of it on the new one.

        Raises:
            StepError: the old server does not get all of it; nothing was removed.
        """
        world = self._world
        new = world.container()
        if new is None or not world.is_new(new):
            world.host.clusters().end(world.plan.follower)
            return
        if not new.is_serving:
            self._start(ctx, new.id)
        if is_kept(ctx) and not ctx.recall(LOOK_BACK).get(LOST):
            self._carry(ctx)
        leave_back(ctx, world)

    def undone(self, ctx: StepContext) -> Probe:
        """Carried again, which is harmless."""
        return Probe.HALF_DONE

    def _start(self, ctx: StepContext, new: str) -> None:
        host, deadline = self._world.host, self._world.host.clock.now() + self._world.plan.healthy_s
        with ctx.effect("start-new"):
            host.stack.start(new)
        while not ((there := self._world.container()) and there.is_serving) and host.clock.now() < deadline:
            host.clock.sleep(_POLL_S)

    def _carry(self, ctx: StepContext) -> None:
        world, clusters = self._world, self._world.host.clusters()
        new = world.running_new()
        order = world.return_order(new)
        world.require_alone(new, "new")
        if not ctx.recall().get(_CAUGHT):
            follow(ctx, world)
            self._catch_up(ctx, order)
            world.require_alone(new, "new")
            ctx.note(**{_CAUGHT: True, WRITES: world.writes(new)})
        else:
            clusters.serve(world.follower(new))
        with ctx.effect("rest"):
            self._carry_roles(ctx, new.id)
            for database in order.databases:
                clusters.followers.carry(order, database)
        before, after = clusters.sum_up(new.id, "outline"), clusters.sum_up(world.plan.follower, "outline")
        if wrong := differences(without_files(before), without_files(after)):
            raise StepError(
                f"The old server does not hold what the new one does: {wrong[0]}. Nothing was removed.",
                "Resume compares again. The new server's volume stays in any case.",
            )
        ctx.say("the old server has all that was written to the new one")

    def _catch_up(self, ctx: StepContext, order: FollowOrder) -> None:
        host, followers = self._world.host, self._world.host.clusters().followers
        until, deadline = followers.position(order.old), host.clock.now() + CATCH_UP_S
        while not (found := followers.progress(order, until)).whole or found.lag_bytes:
            if host.clock.now() >= deadline:
                behind = "unknown" if found.lag_bytes is None else size(found.lag_bytes)
                raise StepError(
                    f"The old server does not catch up: {behind} behind. Nothing was removed.",
                    f"Look at: docker logs {printable(order.new)}. Then resume.",
                )
            host.clock.sleep(_POLL_S)

    def _carry_roles(self, ctx: StepContext, new: str) -> None:
        world, file = self._world, self._world.folder.path / "globals-back.sql"
        clusters = world.host.clusters()
        world.host.files.remove(file)
        try:
            clusters.database(new).dump_globals(file)
            for line in clusters.database(world.plan.follower).repair_globals(file).repaired:
                ctx.say(line)
        finally:
            world.host.files.remove(file)


def is_kept(ctx: StepContext) -> bool:
    """Whether the new server keeps for the old one what is written."""
    return bool(ctx.recall(RESERVE).get(RESERVED)) and ctx.recall(FOLLOW_BACK).get(STATE) not in {OVER, LOST}


def follow(ctx: StepContext, world: World) -> None:
    """The old server runs, and follows the new one."""
    clusters, new = world.host.clusters(), world.running_new()
    ctx.note(**{_BEGUN: True})
    with ctx.effect("serve"):
        clusters.serve(world.follower(new))
    with ctx.effect("follow"):
        clusters.followers.follow(world.return_order(new))


def altered(world: World) -> str:
    """Which database's tables are others on the new server than on the old one, as a clause; "" for none."""
    clusters = world.host.clusters()
    new, old = clusters.database(world.running_new().id), clusters.database(world.plan.follower)
    for name, _ in world.plan.databases:
        if new.fingerprint(name) != old.fingerprint(name):
            return f"tables of {printable(name, limit=63)} were altered on the new server"
    return ""


def leave_back(ctx: StepContext, world: World) -> None:
    """Neither publication, nor slot, nor identity, nor setting of ours on the new server; the old one is ended."""
    clusters, new = world.host.clusters(), world.running_new()
    keyless = keyless_of(ctx.recall(RESERVE).get(_KEYLESS, ()))
    begun = any(ctx.recall(one).get(_BEGUN) for one in (RESERVE, FOLLOW_BACK, LOOK_BACK, UNDO_RESERVE))
    if begun:  # else its subscription would stay in the old volume
        with ctx.effect("serve-again"):
            clusters.serve(world.follower(new))
    with ctx.effect("leave"):
        clusters.followers.unfollow(world.return_order(new), keyless, new=begun)
    if before := ctx.recall(ALLOW).get(_BEFORE):
        with ctx.effect("settings-back"):
            clusters.followers.set(new.id, before)
    with ctx.effect("end-follower"):
        clusters.end(world.plan.follower)
