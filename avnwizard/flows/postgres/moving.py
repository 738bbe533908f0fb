"""The data from the old server into the new one while nobody writes, and the proof that all of it arrived."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import server_commands as commands
from avnwizard.domain.postgres.contents import Depth, ServerSum, differences, without_files
from avnwizard.domain.words import count, size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.postgres.preparing import CLIENT, Rehearse, carry_roles
from avnwizard.flows.postgres.world import World
from avnwizard.planned import PlannedStep, StepKind

if TYPE_CHECKING:
    from avnwizard.domain.postgres.major import Client

_AT_ONCE, _RATE_S, _SAID_S = 2, 3.0, 1.0
PROVE, WRITES = "prove", "writes"


class MoveData(Step):
    """Every database through pg_dump into pg_restore, with no file between; then settings and access rules."""

    name = "move"
    title = "Copy every database into the new server"
    kind = StepKind.DATA
    undone_by = (StepKind.RESTORE,)  # the new volume goes

    def __init__(self, world: World) -> None:
        self._world = world
        offer = next(one for one in world.plan.ways if one.way == world.plan.way)
        self.guess_s = offer.interruption_s

    def describe(self) -> PlannedStep:
        """The commands for one database."""
        return replace(
            super().describe(),
            commands=(commands.dump_all("DATABASE"), commands.restore("DATABASE")),
            note=f"{len(self._world.plan.databases)} databases, {size(self._world.plan.total_bytes)}; then the "
            "settings of postgresql.conf and ALTER SYSTEM, pg_hba.conf, and rough planner statistics.",
            going_back="the new volume is removed; the old server was only read",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Copied again from the start: a half copy looks alive."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Copy.

        Raises:
            StepError: somebody is connected, or the roles cannot be carried.
        """
        world, clusters = self._world, self._world.host.clusters()
        old, helper = world.running_old(), world.plan.helper
        world.require_alone(old)
        client: Client = "source" if ctx.recall(Rehearse.name).get(CLIENT) == "source" else "target"
        with ctx.effect("serve"):
            clusters.serve(world.order(old))
        with ctx.effect("roles"):
            carry_roles(ctx, world)
        there = sorted(clusters.look(old.id).databases, key=lambda one: -one.size_bytes)
        total, begun = sum(one.size_bytes for one in there), world.host.clock.now()

        read: dict[str, int] = {}
        said = [begun]

        def copied(name: str) -> str:
            def heard(done: int, _total: int | None) -> None:
                read[name] = done
                if world.host.clock.now() - said[0] < _SAID_S:
                    return
                said[0] = world.host.clock.now()
                so_far, spent_s = min(sum(read.copy().values()), total), said[0] - begun
                left = spent_s * (total - so_far) / so_far if so_far and spent_s >= _RATE_S else None
                ctx.progress(so_far, total, "bytes", left_s=left)

            clusters.copy(old.id, helper, name, client, heard)
            return name

        with ctx.effect("empty"):
            for each in there:  # one by one: whoever makes a database is connected to another
                clusters.empty(old.id, helper, each.name)
        with ctx.effect("copy"), ThreadPoolExecutor(_AT_ONCE) as pool:
            for name in pool.map(copied, [each.name for each in there]):
                ctx.say(f"{printable(name, limit=63)} is copied")
        with ctx.effect("settings"):
            for line in clusters.carry_files(clusters.files_of(old.id), helper):
                ctx.say(line)
        clusters.analyze(helper, quick=True)


class Prove(Step):
    """Compare both servers: roles, grants, settings, schemas, counts of rows, sequences, large objects, extensions.

    pg_dump and pg_restore said that all went well, and every table has its rows: what is left is compared once the
    services run (`flows.postgres.rows`), since to read every row twice would keep the stack away for longer.
    """

    name = PROVE
    title = "Prove that the new server holds the same"
    kind = StepKind.CHECK
    undone_by = ()
    depth: Depth = "counts"

    def __init__(self, world: World) -> None:
        self._world = world
        self.guess_s = 2.0 + world.plan.total_bytes / 500_000_000

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Sum both up at the same time, and compare.

        Raises:
            StepError: something is missing or otherwise.
        """
        world, clusters = self._world, self._world.host.clusters()
        old = world.running_old()
        with ThreadPoolExecutor(2) as pool:
            before, after = pool.map(partial(clusters.sum_up, depth=self.depth), (old.id, world.plan.helper))
        if self.depth == "outline":  # each server has numbers of its own for its files
            before, after = without_files(before), without_files(after)
        require_equal(world, before, after)
        world.require_alone(old)
        ctx.note(**{WRITES: world.writes(old)})
        ctx.note(version=after.version, roles=len(after.roles))
        ctx.say(
            f"equal: {count(len(after.databases), 'database')} with {self._tables(after)}, "
            f"{count(len(after.roles), 'role')}, definitions, grants, "
            "sequences, extensions; every row is compared later"
        )

    def _tables(self, found: ServerSum) -> str:
        return f"{count(found.rows, 'row')} in {count(found.tables, 'table')} by count"


def require_equal(world: World, before: ServerSum, after: ServerSum) -> None:
    """Refuse to switch to a server that holds something else, or is not the planned one at the planned place.

    Raises:
        StepError: names the first difference.
    """
    if wrong := differences(before, after):
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise StepError(
            f"The new server does not hold the same: {wrong[0]}{more}. The old server was not touched.",
            "Resume compares again; avnwizard rollback starts the services on the old server.",
        )
    if after.major != world.plan.major_new or after.data_directory != world.plan.pgdata:
        where = printable(after.data_directory)
        raise StepError(f"The new server is {after.version} in {where}, not as planned.", "Roll back.")
