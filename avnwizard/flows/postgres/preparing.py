"""The new server alongside the old one, which serves on: made, given the roles, and tried with every schema."""

from dataclasses import replace

from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import server_commands as commands
from avnwizard.domain.postgres.major import Client
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.postgres.world import World
from avnwizard.planned import PlannedStep, StepKind

CLIENT, SERVED = "client", "served"
SWITCH = "switch"
_CARRIED = "is carried over"
_CLIENTS: tuple[Client, ...] = ("target", "source")
_WHOSE = {"target": "the new server's pg_dump", "source": "the old server's own pg_dump"}


class MakeServer(Step):
    """A first step that makes something of the new volume; taken back, the volume goes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Made again from the start: nobody uses it yet."""
        return Probe.HALF_DONE

    def clear(self, ctx: StepContext, old: Container) -> None:
        """An empty new volume, whatever an earlier try has left of it."""
        plan, clusters = self._world.plan, self._world.host.clusters()
        with ctx.effect("clear"):
            clusters.end(plan.helper)
            clusters.end_copy(self._world.copy_order(old))
            clusters.drop_volume(plan.volume_new)
        with ctx.effect("volume"):
            clusters.make_volume(plan.volume_new, project=plan.project, key=plan.key)

    def undo(self, ctx: StepContext) -> None:
        """Remove the new server, and its volume unless the stack has run on it: then it holds what users wrote."""
        plan, clusters = self._world.plan, self._world.host.clusters()
        with ctx.effect("end"):
            clusters.end(plan.helper)
            if (there := self._world.container()) is not None:
                clusters.end_copy(self._world.copy_order(there))
        if ctx.recall(SWITCH).get(SERVED):
            ctx.say(f"the volume {plan.volume_new} stays, with all that was written to PostgreSQL {plan.major_new}")
            return
        with ctx.effect("drop"):
            clusters.drop_volume(plan.volume_new)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether the helper is gone, and the volume where nobody needs it."""
        plan, clusters = self._world.plan, self._world.host.clusters()
        there = clusters.volume_there(plan.volume_new) and not ctx.recall(SWITCH).get(SERVED)
        return Probe.HALF_DONE if there or clusters.serves(plan.helper) else Probe.DONE


class Rehearse(MakeServer):
    """Make the new server, and restore every database's schema into it: what fails, fails before anything stops."""

    name = "rehearse"
    kind = StepKind.RESTORE
    guess_s = 20.0
    clients = _CLIENTS

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.title = f"Try every schema on a new PostgreSQL {world.plan.major_new} server"

    def describe(self) -> PlannedStep:
        """The server's command, and what is tried."""
        plan = self._world.plan
        return replace(
            super().describe(),
            commands=(commands.make_volume(plan.volume_new, plan.project, plan.key),),
            note=f"The new server runs on the new volume {plan.volume_new}, apart from the stack. The definitions of "
            f"{len(plan.databases)} databases are restored into it, by each pg_dump in turn until one works.",
            going_back="the new volume is removed",
        )

    def do(self, ctx: StepContext) -> None:
        """Make it, and try.

        Raises:
            StepError: no pg_dump's output restores, or a schema comes out otherwise.
        """
        world, plan, clusters = self._world, self._world.plan, self._world.host.clusters()
        old = world.running_old()
        self.clear(ctx, old)
        ctx.say(f"starting PostgreSQL {plan.major_new} alongside, on {plan.volume_new}")
        with ctx.effect("serve"):
            clusters.serve(world.order(old))
        with ctx.effect("roles"):
            carry_roles(ctx, world)
        with ctx.effect("try"):
            client, refused = self._tried(ctx, old)
        ctx.note(**{CLIENT: client, "refused": refused})

    def _tried(self, ctx: StepContext, old: Container) -> tuple[Client, str]:
        refused = ""
        for client in self.clients:
            try:
                self._try(ctx, old, client)
            except HostError as error:
                ctx.say(f"what {_WHOSE[client]} writes does not restore: {_reason(error.message)}")
                refused = refused or error.message
                last = error
            else:
                ctx.say(f"every schema restores, read by {_WHOSE[client]}")
                return client, refused
        raise StepError(
            f"No pg_dump's output restores into PostgreSQL {self._world.plan.major_new}: {_reason(last.message)} "
            "Nothing was stopped.",
            "An extension may be missing in the new image, or a definition may no longer be allowed. "
            "Then: avnwizard rollback, and upgrade again.",
        )

    def _try(self, ctx: StepContext, old: Container, client: Client) -> None:
        plan, clusters = self._world.plan, self._world.host.clusters()
        was, now = clusters.database(old.id), clusters.database(plan.helper)
        for number, (name, _) in enumerate(plan.databases):
            ctx.checkpoint()
            ctx.progress(number, len(plan.databases), "databases")
            clusters.empty(old.id, plan.helper, name)
            clusters.try_schema(old.id, plan.helper, name, client)
            if was.fingerprint(name) != now.fingerprint(name):
                raise StepError(
                    f"The schema of {printable(name, limit=63)} comes out otherwise on the new server. "
                    "Nothing was stopped.",
                    "Was it altered just now? Then resume.",
                )


def carry_roles(ctx: StepContext, world: World) -> None:
    """Roles with their password hashes, memberships and settings, as the old server has them now.

    Raises:
        StepError: something of it could not be carried.
    """
    clusters, file = world.host.clusters(), world.folder.path / "globals.sql"
    world.host.files.make(world.folder.path)
    world.host.files.remove(file)
    try:
        clusters.database(world.running_old().id).dump_globals(file)
        change = clusters.database(world.plan.helper).repair_globals(file)
    finally:
        world.host.files.remove(file)
    if change.left:
        raise StepError(f"Roles were not carried over: {change.left[0]}. The old server was not touched.", "Resume.")
    for line in change.repaired:
        ctx.say(line.replace("was gone and is made again", _CARRIED).replace("changed, and is put back", _CARRIED))


def _reason(text: str) -> str:
    """The server's own words in a tool's complaint."""
    lines = text.splitlines()
    found = next((line for line in lines if "ERROR:" in line), lines[0])
    return found.rpartition("ERROR:")[2].strip().rstrip(".") + "."
