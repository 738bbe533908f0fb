"""What comes once the services run on the new server: planner statistics, and a look that all is as promised."""

from dataclasses import replace

from avnwizard.domain.plain import printable
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.edge.baseline import wait_for_all
from avnwizard.flows.edge.memory import load
from avnwizard.flows.postgres.world import World
from avnwizard.flows.stack.survey import ailing
from avnwizard.planned import PlannedStep, StepKind


class Analyze(Step):
    """Full planner statistics, while the services run: the copy brought rough ones."""

    name = "analyze"
    title = "Gather planner statistics on the new server"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world
        self.guess_s = 2.0 + world.plan.total_bytes / 100_000_000

    def probe(self, ctx: StepContext) -> Probe:
        """Done again, which is harmless."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """ANALYZE every database; the containers in which the server was made ready go first."""
        there = self._world.container()
        if there is None:
            raise StepError(f"{self._world.plan.service} has no container.", "Then resume.")
        clusters = self._world.host.clusters()
        with ctx.effect("end"):
            clusters.end_copy(self._world.copy_order(there))
            clusters.end(self._world.plan.helper)
        clusters.analyze(there.id, quick=False)


class VerifyMajor(Step):
    """Every service serves; the server is the new one on the new volume; the old volume is there."""

    name = "verify"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: World) -> None:
        self._world = world
        self.title = f"Verify the stack on PostgreSQL {world.plan.major_new}"

    def describe(self) -> PlannedStep:
        """What must hold."""
        return replace(
            super().describe(),
            note="Every service must serve, every route that answered before must answer, and the old volume must "
            "still be there.",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Look.

        Raises:
            StepError: something is not as promised.
        """
        world, host = self._world, self._world.host
        model = host.stack.resolve()
        deadline = host.clock.now() + world.plan.healthy_s
        while (ill := ailing(model, host.stack.containers(), now=host.clock.now())) and host.clock.now() < deadline:
            host.clock.sleep(1.0)
        if ill:
            service, why = min(ill.items())
            raise StepError(
                f"{len(ill)} services do not serve: {printable(service, limit=63)} is {why}.",
                f"Look at: docker compose logs {printable(service, limit=63)}. Then resume, or roll back.",
            )
        there = world.container()
        if there is None or not world.is_new(there):
            raise StepError(f"{world.plan.service} does not run on its new volume.", "Then resume, or roll back.")
        if not host.clusters().volume_there(world.plan.volume_old):
            raise StepError(f"The old volume {world.plan.volume_old} is gone.", "Who removed it? Then resume.")
        if host.stack.outdated(world.plan.service):
            raise StepError(
                f"A plain `docker compose up -d` would replace {world.plan.service} again.",
                "Look at the compose files. Then resume, or roll back.",
            )
        ctx.say(f"all {len(model.services)} services serve; the old data stays whole in {world.plan.volume_old}")
        self._ask_the_edge(ctx)

    def _ask_the_edge(self, ctx: StepContext) -> None:
        host, plan = self._world.host, self._world.plan
        memory = load(host.files, self._world.folder.path)
        routes = memory.answering(plan.probe.routes) if memory else ()
        if memory is None or not routes:
            return
        if silent := wait_for_all(host, routes, memory.identities, limit_s=plan.healthy_s):
            raise StepError(
                f"{len(silent)} of {len(routes)} routes do not answer through the edge: {printable(min(silent))}.",
                "Look at Traefik's log. Then resume, or roll back.",
            )
        ctx.say(f"all {len(routes)} routes answer through the edge")
