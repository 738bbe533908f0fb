"""Migrate the database of a service for which the compose file has no one-shot, by its own version's command."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.host import Container
from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.engine.records import StepRecord
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.flows.roll import apart, rolling
from avnwizard.flows.roll.settling import tell_log
from avnwizard.flows.safety.unprotected import after_job
from avnwizard.flows.stack.baseline import look_after_job, look_before_job
from avnwizard.flows.stack.kept_images import pinned
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.planned import PlannedStep, StepKind

_LIMIT_S, _STOP_S = 3600.0, 60.0


class MigrateService(Step):
    """The new image's migration, ahead of the service: a container of its own, waited for, its exit code believed."""

    kind = StepKind.JOB
    guess_s = 30.0
    undone_by = (StepKind.DATA, StepKind.JOB)

    def __init__(self, scene: StepInputs, part: ServicePlan) -> None:
        self._scene, self._part, self.service = scene, part, part.service
        self.name = f"migrate:{part.service}"
        self.title = f"Migrate the database of {part.service}"

    def describe(self) -> PlannedStep:
        """The command of the new version."""
        plan, part = self._scene.plan, self._part
        return replace(
            super().describe(),
            commands=(commands.compose_run(plan.project, part.service, part.migrate, name=self._container),),
            note="The compose file has no one-shot for it. Must end with exit code 0.",
            going_back=after_job(plan),
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Run twice, it finds nothing to do the second time."""
        return Probe.HALF_DONE if self._found() else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Start it and wait; one that is there already, from before a crash, is waited for.

        Raises:
            StepError: it fails, or does not end within an hour.
        """
        host, part = self._scene.host, self._part
        look_before_job(ctx, host)
        there = self._found()
        if there is None or (there.state != "running" and there.exit_code != 0) or there.state == "created":
            with ctx.effect("start"):
                apart.start(host.stack, part.service, part.migrate, self._container)
        found = apart.ended(host.stack, host.clock, part.service, self._container, limit_s=_LIMIT_S)
        if found is None:
            raise StepError(f"The migration of {part.service} was removed by somebody.", "Resume: it starts again.")
        if found.state == "running":
            raise StepError(
                f"The migration of {part.service} has not ended within an hour.",
                f"Look at its log, then resume: docker logs {found.name}",
            )
        look_after_job(ctx, host)
        try:
            self._judge(ctx, found)
        finally:
            host.stack.remove(found.id)

    def _judge(self, ctx: StepContext, found: Container) -> None:
        rolling.require_image(pinned(ctx.recall("pull"), self._part.image_new), (found,))
        if found.exit_code != 0:
            tell_log(ctx, self._scene.host, found)
            raise StepError(
                f"The migration of {found.service} ended with exit code {found.exit_code}.",
                "Read its last log lines, fix the cause, then resume.",
            )
        ctx.say(f"the database of {found.service} is migrated")

    @property
    def _container(self) -> str:
        return _name(self._scene.host, self.service, self._scene.folder.path.name)

    def _found(self) -> Container | None:
        return apart.container(self._scene.host.stack, self.service, self._container)


def _name(host: Host, service: str, run: str) -> str:
    return f"{host.stack.project.name}-{service}-migrate-{run}"


def left_running(host: Host, plan: Plan, run: str, begun: Sequence[StepRecord]) -> Iterator[str]:
    """The containers of a run's migrations that a crash left at work, by name."""
    known = {step.name for step in begun}
    for part in plan.services:
        if part.migrate and f"migrate:{part.service}" in known:
            found = apart.container(host.stack, part.service, _name(host, part.service, run))
            if found and found.state == "running":
                yield found.name


def by_hand_stopped(names: Sequence[str]) -> commands.Argv:
    """The command that stops such containers, for an operator who will not wait."""
    return commands.docker_stop(names, _STOP_S)


def clear_migration(scene: StepInputs, service: str) -> None:
    """Remove the container of a migration that a crash has left; one that still runs stays."""
    if any(part.migrate and part.service == service for part in scene.plan.services):
        stack = scene.host.stack
        found = apart.container(stack, service, _name(scene.host, service, scene.folder.path.name))
        if found and found.state != "running":
            stack.remove(found.id)
