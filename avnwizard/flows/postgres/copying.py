"""The way by a live copy: rehearsed whole, made again while the old server serves, upgraded once nobody writes."""

from dataclasses import dataclass, replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import copy_commands as commands
from avnwizard.domain.postgres.contents import ServerSum, without_files
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.domain.postgres.major import ServerFiles
from avnwizard.domain.typed import Typed
from avnwizard.domain.words import count
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.postgres.moving import PROVE, require_equal
from avnwizard.flows.postgres.preparing import MakeServer
from avnwizard.flows.postgres.world import World, start_old
from avnwizard.planned import PlannedStep, StepKind

_BEGUN, _STOP_GRACE_S = "begun", 120.0
_KEPT = "old-server.json"
_KEEPS_FILES = 15
"""The first major whose pg_upgrade keeps the number of each table's file (its release notes)."""


@dataclass(frozen=True)
class _Kept:
    """What is known of the old server while it is stopped; in the run's folder, for its settings may be secret."""

    held: ServerSum
    files: ServerFiles


_ADAPTER: Typed[_Kept] = Typed(_Kept)


class RehearseUpgrade(MakeServer):
    """Copy the running server, upgrade the copy, look at it, and throw it away."""

    name = "rehearse"
    kind = StepKind.RESTORE
    guess_s = 40.0

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.title = f"Rehearse the upgrade to PostgreSQL {world.plan.major_new} on a copy"

    def describe(self) -> PlannedStep:
        """What is copied, and where."""
        return replace(
            super().describe(),
            note=f"A physical copy of the running server, in the volume {self._world.plan.volume_new}, is upgraded "
            "by pg_upgrade --link and compared. Then the volume is removed. The old server serves on.",
            going_back="the new volume is removed",
        )

    def do(self, ctx: StepContext) -> None:
        """Rehearse.

        Raises:
            StepError: pg_upgrade fails, or a schema comes out otherwise.
        """
        world, plan, clusters = self._world, self._world.plan, self._world.host.clusters()
        old = world.running_old()
        order = world.copy_order(old)
        self.clear(ctx, old)
        ctx.say("copying the running server, for the rehearsal")
        with ctx.effect("copy"):
            clusters.begin_copy(order)
        ctx.checkpoint()
        ctx.say("upgrading the copy")
        try:
            with ctx.effect("upgrade"):
                clusters.upgrade_copy(order, rehearsal=True)
        except HostError as error:
            raise StepError(f"{error.message} Nothing was stopped.", error.hint) from error
        was, now = clusters.database(old.id), clusters.database(plan.helper)
        for name, _ in plan.databases:
            if was.fingerprint(name) != now.fingerprint(name):
                shown = printable(name, limit=63)
                raise StepError(f"The schema of {shown} comes out otherwise. Nothing was stopped.", "Then resume.")
        with ctx.effect("throw-away"):
            clusters.end_copy(order)
            clusters.end(plan.helper)
            clusters.drop_volume(plan.volume_new)
        ctx.say("the rehearsal went well; its copy is thrown away")


class CopyLive(Step):
    """Copy the running server again; the copy follows it from then on."""

    name = "copy"
    title = "Copy the running server into the new volume"
    kind = StepKind.RESTORE
    undone_by = (StepKind.RESTORE,)  # the rehearsal's undo removes the volume

    def __init__(self, world: World) -> None:
        self._world = world
        self.guess_s = 10.0 + world.plan.total_bytes / 100_000_000

    def probe(self, ctx: StepContext) -> Probe:
        """Copied again from the start."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Copy, and follow."""
        begin(ctx, self._world)


class UpgradeCopy(Step):
    """Stop the old server, and make its copy a server of the new major."""

    name = "move"
    kind = StepKind.DATA
    guess_s = 8.0

    def __init__(self, world: World) -> None:
        self._world = world
        self.service = world.plan.service
        self.title = f"Stop the old server and upgrade its copy to PostgreSQL {world.plan.major_new}"

    def describe(self) -> PlannedStep:
        """What runs on the copy."""
        return replace(
            super().describe(),
            note=f"The copy is promoted once it has all that the old server wrote; then pg_upgrade --link, in "
            f"{commands.PLACE} of a helper container that has nothing but the new volume.",
            going_back="the old server is started again",
            interrupts="the database is away",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """A copy that was begun to be upgraded is thrown away."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Sum the old server up, stop it, upgrade the copy.

        Raises:
            StepError: somebody is connected, or pg_upgrade fails.
        """
        world, plan, clusters = self._world, self._world.plan, self._world.host.clusters()
        if ctx.recall().get(_BEGUN):
            ctx.say("the copy was begun to be upgraded: the old server is started, and copied again")
            start_old(ctx, self._world)
            self._again(ctx)
        old = world.running_old()
        order = world.copy_order(old)
        world.require_alone(old)
        self._keep(_Kept(clusters.sum_up(old.id, "outline"), clusters.files_of(old.id)))
        world.require_alone(old)
        ctx.note(**{_BEGUN: True})
        with ctx.effect("stop-old"):
            world.host.stack.stop(old.id, grace_s=_STOP_GRACE_S)
        with ctx.effect("upgrade"):
            for line in self._upgraded(order):
                ctx.say(line)
        with ctx.effect("settings"):
            for line in clusters.carry_files(kept(world).files, plan.helper):
                ctx.say(line)

    def undo(self, ctx: StepContext) -> None:
        """Start the old server again, where it is the stack's and stopped."""
        start_old(ctx, self._world)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether it serves."""
        there = self._world.container()
        served = there is not None and self._world.is_old(there) and there.is_serving
        return Probe.DONE if served else Probe.HALF_DONE

    def _again(self, ctx: StepContext) -> None:
        begin(ctx, self._world)

    def _upgraded(self, order: CopyOrder) -> tuple[str, ...]:
        return self._world.host.clusters().upgrade_copy(order)

    def _keep(self, what: _Kept) -> None:
        self._world.host.files.write(self._world.folder.path / _KEPT, _ADAPTER.adapter.dump_json(what))


class ProveCopy(Step):
    """Compare what takes the same time at any size, while nobody can write; `flows.postgres.rows` has the rest."""

    name = PROVE
    title = "Prove that the new server is the old one's copy"
    kind = StepKind.CHECK
    undone_by = ()
    guess_s = 1.0

    def __init__(self, world: World) -> None:
        self._world = world

    def describe(self) -> PlannedStep:
        """What is compared here, and what later."""
        return replace(
            super().describe(),
            note="Roles, grants, settings, definitions, sequences, extensions, and which file each table has: that "
            "takes the same time at any size. Every row is compared afterwards, while the services run.",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Sum it up, and compare.

        Raises:
            StepError: something is missing or otherwise.
        """
        world, clusters = self._world, self._world.host.clusters()
        old = world.container()
        if old is None or not world.is_old(old):
            raise StepError("The old server's container is gone.", "Then roll back.")
        clusters.serve(world.order(old))
        before, after = kept(world).held, clusters.sum_up(world.plan.helper, "outline")
        if world.plan.major_new < _KEEPS_FILES:
            before, after = without_files(before), without_files(after)
        require_equal(world, before, after)
        ctx.note(version=after.version, roles=len(after.roles))
        ctx.say(
            f"equal: {count(len(after.databases), 'database')} with the files of {count(after.tables, 'table')}, "
            f"{count(len(after.roles), 'role')}, definitions, grants, sequences, extensions; every row is compared "
            "once the services run"
        )


def begin(ctx: StepContext, world: World) -> None:
    """A new volume with a copy that follows the old server; what was in it is gone."""
    clusters, order = world.host.clusters(), empty_volume(ctx, world)
    with ctx.effect("copy"):
        clusters.begin_copy(order)
    clusters.checkpoint(order.server.like)
    ctx.say("the copy follows the old server")


def empty_volume(ctx: StepContext, world: World) -> CopyOrder:
    """An empty new volume, whatever was in it; what is to be made of it."""
    plan, clusters = world.plan, world.host.clusters()
    order = world.copy_order(world.running_old())
    with ctx.effect("clear-copy"):
        clusters.end_copy(order)
        clusters.end(plan.helper)
        clusters.drop_volume(plan.volume_new)
    with ctx.effect("volume"):
        clusters.make_volume(plan.volume_new, project=plan.project, key=plan.key)
    return order


def kept(world: World) -> _Kept:
    """What was kept of the old server before it was stopped."""
    return _ADAPTER.adapter.validate_json(world.host.files.read(world.folder.path / _KEPT))
