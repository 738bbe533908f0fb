"""The way by logical replication: the new server copies every row and follows, until nobody writes any more."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.contents import Depth, ServerSum
from avnwizard.domain.postgres.following import PUBLICATION, Following, FollowOrder, keyless_of, without_ours
from avnwizard.domain.words import count, size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.postgres.levelling import BEFORE, LEVEL, put_back
from avnwizard.flows.postgres.moving import WRITES, Prove
from avnwizard.flows.postgres.preparing import carry_roles
from avnwizard.flows.postgres.world import World, start_old
from avnwizard.planned import PlannedStep, StepKind

FOLLOW = "follow"
_KEYLESS, _CAUGHT = "keyless", "caught"
_POLL_S, _STILL_S, _CATCH_UP_S = 0.5, 180.0, 300.0
_RATE_S, _AT_ONCE = 3.0, 4
_HELD_SHARE = 0.5
"""Of the free disk: so much WAL may be kept for the new server before the attempt is given up."""


class Follow(Step):
    """Copy every row while the old server serves, and follow what is written meanwhile."""

    name = FOLLOW
    title = "Copy every row by logical replication, and follow the old server"
    kind = StepKind.RESTORE

    def __init__(self, world: World) -> None:
        self._world = world
        self.guess_s = 20.0 + world.plan.total_bytes / 30_000_000
        self._said = 0

    def describe(self) -> PlannedStep:
        """What is made in the old server for it."""
        return replace(
            super().describe(),
            note=f"A publication {PUBLICATION} and a replication slot in each of {len(self._world.plan.databases)} "
            "databases. Tables without a key identify rows by all their columns meanwhile. Nobody may alter a table "
            "until the switch.",
            going_back="publications, slots and identities are removed from the old server",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Copied again from the start."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Publish, subscribe, and wait until every table is followed.

        Raises:
            StepError: it does not get on, keeps too much WAL, or a table was altered meanwhile.
        """
        world, clusters = self._world, self._world.host.clusters()
        followers, old = clusters.followers, world.running_old()
        order = world.follow_order(old)
        with ctx.effect("serve"):
            clusters.serve(world.order(old))
        keyless = keyless_of(ctx.recall().get(_KEYLESS, ())) or followers.keyless(old.id, order.databases)
        ctx.note(**{_KEYLESS: [list(one) for one in keyless]})
        with ctx.effect("clear"):
            followers.unfollow(order, keyless, new=True)
        with ctx.effect("publish"):
            followers.publish(order, keyless)
        was = self._fingerprints(order)
        with ctx.effect("subscribe"):
            followers.subscribe(order)
        ctx.say(f"copying {count(len(order.databases), 'database')}; the new server follows from here on")
        self._wait(ctx, order)
        clusters.analyze(order.new, quick=True)
        clusters.checkpoint(order.new)
        if changed := sorted(name for name, seen in self._fingerprints(order).items() if seen != was[name]):
            raise StepError(
                f"The schema of {printable(changed[0], limit=63)} was altered while it was copied. "
                "Nothing was stopped.",
                "Roll back, and upgrade again once nobody alters tables.",
            )

    def undo(self, ctx: StepContext) -> None:
        """Nothing of it stays in the old server."""
        start_old(ctx, self._world)
        with ctx.effect("unfollow"):
            leave(ctx, self._world)

    def undone(self, ctx: StepContext) -> Probe:
        """Removed again, which is harmless."""
        return Probe.HALF_DONE

    def _fingerprints(self, order: FollowOrder) -> dict[str, str]:
        database = self._world.host.clusters().database(order.old)
        return {name: database.fingerprint(name) for name in order.databases}

    def _wait(self, ctx: StepContext, order: FollowOrder) -> None:
        host = self._world.host
        seen: tuple[int, int] | None = None
        begun = still_since = host.clock.now()
        while not (found := host.clusters().followers.progress(order)).whole:
            ctx.checkpoint()
            self._say(ctx, found, host.clock.now() - begun)
            ctx.measure(rows=found.rows, lag_bytes=found.lag_bytes, held_bytes=found.held_bytes)
            self._require_room(found, order)
            if (found.copied, found.rows) != seen:
                seen, still_since = (found.copied, found.rows), host.clock.now()
            elif host.clock.now() - still_since > _STILL_S:
                why = f": {found.trouble}" if found.trouble else ""
                raise StepError(
                    f"The copy does not get on: {found.copied} of {found.tables} tables are followed{why}. "
                    "Nothing was stopped.",
                    f"Look at: docker logs {printable(order.new)}. Then resume, or roll back.",
                )
            host.clock.sleep(_POLL_S)
        ctx.progress(self._world.plan.total_bytes, self._world.plan.total_bytes, "bytes")
        ctx.say(f"{count(found.tables, 'table')} are followed; {size(found.lag_bytes or 0)} behind")

    def _say(self, ctx: StepContext, found: Following, spent_s: float) -> None:
        """How much is written, the time left by the rate so far; and a line of the rest each time a table is done."""
        total, done = self._world.plan.total_bytes, min(found.written_bytes, self._world.plan.total_bytes)
        left = spent_s * (total - done) / done if done and spent_s >= _RATE_S else None
        ctx.progress(done, total, "bytes", left_s=left)
        if found.copied != self._said:
            self._said = found.copied
            lag = "" if found.lag_bytes is None else f", {size(found.lag_bytes)} behind"
            rows = count(found.rows, "row")
            ctx.say(f"{found.copied} of {count(found.tables, 'table')} followed, {rows} of others copied{lag}")

    def _require_room(self, found: Following, order: FollowOrder) -> None:
        free = self._world.host.clusters().database(order.old).free_bytes()
        if free is not None and found.held_bytes > free * _HELD_SHARE:
            raise StepError(
                f"The old server keeps {size(found.held_bytes)} of WAL for the new one, and {size(free)} is free. "
                "Nothing was stopped.",
                "avnwizard rollback removes the slots. Then make room, or take another way.",
            )


class MoveFollowed(Step):
    """Wait until the new server has the last write, let go of the old one, and carry what is not replicated."""

    name = "move"
    title = "Take the last writes over, and what is not replicated"
    kind = StepKind.DATA
    undone_by = (StepKind.RESTORE,)
    guess_s = 2.0

    def __init__(self, world: World) -> None:
        self._world = world

    def describe(self) -> PlannedStep:
        """What is carried besides."""
        return replace(
            super().describe(),
            note="Sequences, large objects, unlogged tables, materialized views; roles, settings, access rules.",
            going_back="the new volume is removed; the old server has all that was written",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """What is left of it is done again."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Catch up, let go, carry.

        Raises:
            StepError: somebody is connected, or the new server does not catch up.
        """
        world, clusters = self._world, self._world.host.clusters()
        old = world.running_old()
        order = world.follow_order(old)
        world.require_alone(old)
        with ctx.effect("serve"):
            clusters.serve(world.order(old))
        with ThreadPoolExecutor(1) as pool:  # roles are not replicated: nothing of it waits for the last write
            carried = pool.submit(carry_roles, ctx, world)
            if ctx.recall().get(_CAUGHT):
                world.require_unwritten(ctx.recall().get(WRITES, {}), old)
            else:
                self._catch_up(ctx, order)
                world.require_alone(old)
                ctx.note(**{_CAUGHT: True, WRITES: world.writes(old)})
            with ctx.effect("let-go"):
                leave(ctx, world)
                put_back(ctx, world)
            with ctx.effect("roles"):
                carried.result()
        with ctx.effect("rest"), ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: clusters.followers.carry(order, name), order.databases))
        with ctx.effect("settings"):
            files = without_ours(clusters.files_of(old.id), ctx.recall(LEVEL).get(BEFORE, {}))
            for line in clusters.carry_files(files, order.new):
                ctx.say(line)

    def _catch_up(self, ctx: StepContext, order: FollowOrder) -> None:
        host, followers = self._world.host, self._world.host.clusters().followers
        until = followers.position(order.old)
        deadline = host.clock.now() + _CATCH_UP_S
        while not (found := followers.progress(order, until)).whole or found.lag_bytes:
            ctx.checkpoint()
            if host.clock.now() >= deadline:
                behind = "unknown" if found.lag_bytes is None else size(found.lag_bytes)
                raise StepError(
                    f"The new server does not catch up: {behind} behind. The old server was not touched.",
                    "avnwizard rollback starts the services on it again.",
                )
            host.clock.sleep(_POLL_S / 5)
        ctx.say("the new server has the last write")


class ProveFollowed(Prove):
    """In the same time at any size: replication said that it is done; every row is compared once the services run."""

    depth: Depth = "outline"

    def _tables(self, found: ServerSum) -> str:
        return f"{count(found.tables, 'table')} by their definitions"


def leave(ctx: StepContext, world: World) -> None:
    """Neither publication, nor slot, nor identity of ours on the old server; no subscription on the new."""
    clusters, old = world.host.clusters(), world.running_old()
    keyless = keyless_of(ctx.recall(FOLLOW).get(_KEYLESS, ()))
    clusters.followers.unfollow(world.follow_order(old), keyless, new=clusters.serves(world.plan.helper))
