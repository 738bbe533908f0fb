"""Start together what was stopped for the exchange of the databases, so that all of it boots at the same time."""

from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.strategy import start_levels
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError
from avnwizard.flows.roll import rolling
from avnwizard.flows.stack.kept_images import ran_before
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.planned import PlannedStep, StepKind

_POLL_S = 0.25


class StartBack(Step):
    """Start the stopped services as the previous release has them; a step of its own then looks after each.

    What cannot be started along with the others, or does not get healthy, is left to its own step, which says why.
    """

    name = "start-back"
    title = "Start the stopped services together"
    kind = StepKind.START
    undone_by = ()  # only in a rollback, which is not rolled back itself
    guess_s = 30.0

    def __init__(self, scene: StepInputs, services: Sequence[str]) -> None:
        self._scene, self._services = scene, tuple(services)

    def describe(self) -> PlannedStep:
        """The command; where services wait for the health of others, it is given once for each group."""
        project = self._scene.plan.project_before
        return replace(
            super().describe(),
            commands=(commands.compose_up_together(project, self._services),),
            note=f"{len(self._services)} services; those first for whose health others wait.",
            going_back="nothing to undo",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when a container of each runs."""
        there = self._scene.host.stack.containers()
        running = {one.service for one in there if one.state == "running" and not one.one_off}
        return Probe.DONE if running.issuperset(self._services) else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Group by group; a group is waited for only where a later one needs its health."""
        host = self._scene.host
        model = host.stack.resolve()
        ready = [name for name in self._services if self._is_plain(ctx, model, name)]
        levels = start_levels(model, ready)
        try:
            for number, names in enumerate(levels):
                if number and not self._await(model, levels[number - 1]):
                    ctx.say("not all of them got healthy in time; the others are started one after another")
                    return
                with ctx.effect("start"):
                    host.stack.up_together(names)
        except HostError as error:
            ctx.say(f"not all could be started together: {error.message}")
            return
        ctx.say(f"started {len(ready)} services together")

    def _is_plain(self, ctx: StepContext, model: ComposeModel, name: str) -> bool:
        """Whether a plain `up` brings back what ran: no other image has its name, no other service its containers."""
        host, service = self._scene.host, model.services.get(name)
        if service is None or service.owners or any(name in one.owners for one in model.services.values()):
            return False
        image_id, here = ran_before(ctx.recall("pull"), name), host.stack.image(service.image)
        known = here is not None and image_id in {"", here.id}
        return known and len(rolling.of_service(host, name)) <= max(service.replicas, 1)

    def _await(self, model: ComposeModel, names: Sequence[str]) -> bool:
        """Whether all of some services serve, in the time that their own steps would give them."""
        host = self._scene.host
        patience_s = max(model.services[name].start_period_s for name in names) + self._scene.plan.healthy_s
        deadline = host.clock.now() + patience_s
        while True:
            there = [one for one in host.stack.containers() if one.service in names and not one.one_off]
            if there and all(one.is_serving for one in there):
                return True
            if host.clock.now() >= deadline or any(one.health == "unhealthy" for one in there):
                return False
            host.clock.sleep(_POLL_S)
