"""Runs a one-shot of the release, such as a migration, and on the way back the old release's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.host import Container
from avnwizard.domain.plan import ServicePlan
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.roll import identity, rolling
from avnwizard.flows.roll.settling import tell_log
from avnwizard.flows.safety.unprotected import after_job
from avnwizard.flows.stack.baseline import look_after_job, look_before_job
from avnwizard.flows.stack.kept_images import pinned, ran_before
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.former_images import lend_name
from avnwizard.flows.steps.unseen import to_replace
from avnwizard.planned import PlannedStep, StepKind

_LIMIT_S = 3600.0
_POLL_S = 0.15
_START = 2
"""After the place where those that run at the same time look at the databases."""
_CODE = "Must end with exit code 0."


class RunJob(Step):
    """A one-shot, such as a migration: started again, waited for, its exit code believed.

    Args:
        back: on the way back the old release's one-shots run too, and find nothing to do; so a plain
            `docker compose up -d` afterwards does not start them.
    """

    kind = StepKind.JOB
    guess_s = 30.0
    undone_by = (StepKind.DATA, StepKind.JOB)

    def __init__(self, scene: StepInputs, service: str, *, back: bool = False, wave: int = 0) -> None:
        self._scene, self._service, self._back = scene, service, back
        self.service, self.wave = service, wave
        self._project = scene.plan.project_before if back else scene.plan.project
        self.name = f"job-back:{service}" if back else f"job:{service}"
        self.title = f"Run {service} of the previous release" if back else f"Run {service}"

    def describe(self) -> PlannedStep:
        """`up` of the one-shot."""
        plan = self._scene.plan
        force = bool(plan.service(self._service).unseen)
        peers = ", ".join(one.service for one in self._peers())
        return replace(
            super().describe(),
            commands=(commands.compose_up(self._project, self._service, force=force),),
            note=_CODE + (f" At the same time as {peers}." if peers else ""),
            going_back=after_job(plan),
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when it has run since this step began, and exited with 0."""
        found = self._ran(ctx)
        if not found:
            return Probe.NOT_DONE
        return Probe.DONE if all(one.state == "exited" and one.exit_code == 0 for one in found) else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Start it and wait; one that is running already, from before a crash, is waited for."""
        host = self._scene.host
        if not self._back:
            alongside = [name for one in self._peers() for name in one.databases]
            look_before_job(ctx, host, self._scene.plan.service(self._service).databases, alongside)
        if self._back:
            lend_name(ctx, host, rolling.wanted(host, self._service, self._image_id(ctx)))
        there = identity.remember(ctx, rolling.of_service(host, self._service))
        with ctx.effect("start"):
            self._start(ctx, force=self._has_to_go(ctx, there))
        deadline = host.clock.now() + _LIMIT_S
        while host.clock.now() < deadline:
            found = self._ran(ctx)
            if found and all(one.state in {"exited", "dead"} for one in found):
                if not self._back:
                    look_after_job(ctx, host)
                return self._judge(ctx, found)
            host.clock.sleep(_POLL_S)
        raise StepError(f"{self._service} has not ended within an hour.", "Look at its log, then resume.")

    def _start(self, ctx: StepContext, *, force: bool) -> None:
        """By one command for all that run at the same time, but for those that Compose would leave as they are."""
        stack = self._scene.host.stack

        def start(orders: Sequence[tuple[str, bool]]) -> None:
            alike = [service for service, forced in orders if not forced]
            if len(alike) > 1:
                stack.up_together(alike)
            for service, forced in orders:
                if forced or len(alike) == 1:
                    stack.up(service, force=forced)

        ctx.together(_START, (self._service, force), start)

    def _peers(self) -> tuple[ServicePlan, ...]:
        """The one-shots that run at the same time."""
        if not self.wave or self._back:
            return ()
        found = (one for one in self._scene.plan.services if one.wave == self.wave)
        return tuple(one for one in found if one.service != self.service)

    def _judge(self, ctx: StepContext, found: tuple[Container, ...]) -> None:
        for one in found:
            if one.exit_code != 0:
                tell_log(ctx, self._scene.host, one)
                raise StepError(
                    f"{one.service} ended with exit code {one.exit_code}.",
                    "Read its last log lines, fix the cause, then resume.",
                )
        ctx.say(f"{self._service} finished")

    def _ran(self, ctx: StepContext) -> tuple[Container, ...]:
        """Its containers that were made or started since this step began.

        Raises:
            StepError: one runs another image than the one that was pulled.
        """
        before = identity.before(ctx)
        if before is None:
            return ()
        there = rolling.of_service(self._scene.host, self._service)
        found = tuple(one for one in there if before.get(one.id) != one.started_at)
        rolling.require_image(self._image_id(ctx), found)
        return found

    def _has_to_go(self, ctx: StepContext, there: Mapping[str, float]) -> bool:
        """Whether a container that is still there holds copies of what another release brings."""
        found = {one.id for one in rolling.of_service(self._scene.host, self._service)}
        return not found.isdisjoint(to_replace(ctx, self._scene, self._service, there, back=self._back))

    def _image_id(self, ctx: StepContext) -> str:
        pulled = ctx.recall("pull")
        if self._back:
            return ran_before(pulled, self._service)
        return pinned(pulled, self._scene.plan.service(self._service).image_new)
