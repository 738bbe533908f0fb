"""The data of the copy: the running server's, physically, on a server that nobody but the copy can reach."""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal import commands
from avnwizard.domain.rehearsal.commands import CopyServer
from avnwizard.domain.rehearsal.order import DataPlace
from avnwizard.domain.words import size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.rehearse.plan import Actor
from avnwizard.flows.rehearse.waiting import come_up
from avnwizard.flows.rehearse.world import World
from avnwizard.planned import PlannedStep, StepKind

SECONDS, BEGAN = "seconds", "began"


class CopyData(Step):
    """Copy the running server into the copy's own volume."""

    name = "copy"
    title = "Copy the running database"
    kind = StepKind.RESTORE
    undone_by = ()  # the flow sweeps whatever a rehearsal leaves

    def __init__(self, world: World, data: DataPlace) -> None:
        self._world, self._data = world, data
        self.service = data.service
        self.guess_s = 3.0 + world.plan.total_bytes / 100_000_000

    def describe(self) -> PlannedStep:
        """The copying command."""
        order = CopyServer(self._world.plan.mark, "CONTAINER", "IMAGE", self._data)
        return replace(
            super().describe(),
            commands=(commands.make_volume(order), commands.copy_server(order)),
            note="The running server is only read, and serves on. The copy ships no WAL and follows nobody.",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Copied again from the start."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Copy.

        Raises:
            StepError: the live database does not run.
        """
        host, plan = self._world.host, self._world.plan
        live = [one for one in host.stack.containers(plan.database) if one.state == "running" and not one.one_off]
        if len(live) != 1:
            raise StepError(f"{plan.database} runs in {len(live)} containers, not one.", "docker compose ps")
        began = host.clock.now()
        ctx.note(**{BEGAN: began})
        with ctx.effect("sweep"):
            host.rehearsals().sweep(plan.mark)
        with ctx.effect("copy"):
            host.rehearsals().copy_server(CopyServer(plan.mark, live[0].id, live[0].image_id, self._data))
        took = host.clock.now() - began
        ctx.note(**{SECONDS: took})
        ctx.say(f"{size(plan.total_bytes)} copied in {took:.1f} s")


class StartData(Step):
    """Start the copied server, see that it holds the copy, and empty the queues."""

    name = "database"
    title = "Start the copied database"
    kind = StepKind.RESTORE
    guess_s = 5.0
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world
        self.service = world.plan.database

    def probe(self, ctx: StepContext) -> Probe:
        """Starting what runs is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Start it.

        Raises:
            StepError: it does not come up, or holds something else.
        """
        world, plan, copies = self._world, self._world.plan, self._world.host.rehearsals()
        stack = world.copy("target")
        with ctx.effect("start"):
            part = come_up(
                world.host.clock, stack, Actor(plan.database, "", job=False, limit_s=plan.database_limit_s)
            )
        if not part.is_good:
            for one in stack.containers(plan.database):
                world.keep_log(stack, one, f"target.{plan.database}")
            raise StepError(f"The copied database does not come up: {part.said}.", f"Its log is in {world.place}.")
        server = world.server(stack).id
        there = {one.name for one in copies.database(server).databases()}
        if missing := [name for name, _ in plan.databases if name not in there]:
            raise StepError(
                f"The copied server lacks {printable(missing[0], limit=63)}: {plan.tag} keeps its data elsewhere.",
                "The release may need a new Postgres major: avnwizard postgres plan.",
            )
        if plan.empty_tables:
            with ctx.effect("empty"):
                copies.empty(server, sorted(there), plan.empty_tables)
            ctx.say(f"emptied in the copy: {', '.join(printable(one, limit=63) for one in plan.empty_tables)}")
