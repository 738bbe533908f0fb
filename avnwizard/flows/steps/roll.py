"""Roll the services, and roll them back."""

import time
from collections.abc import Mapping
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.config import Strategy
from avnwizard.domain.handover import Handover, HandoverChoice
from avnwizard.domain.host import Service
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.readiness import Readiness
from avnwizard.domain.strategy import lacks_a_check_alone
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.host import Host
from avnwizard.flows.roll import handover, identity, rolling
from avnwizard.flows.roll.asking import way_back
from avnwizard.flows.roll.handover import Patience
from avnwizard.flows.stack.kept_images import pinned, ran_before
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.bake import ERRORS, logged_errors
from avnwizard.flows.steps.former_images import lend_name
from avnwizard.flows.steps.migrate import clear_migration
from avnwizard.flows.steps.unseen import to_replace
from avnwizard.planned import PlannedStep, StepKind

OLD, NEW = "OLD_CONTAINER", "NEW_CONTAINER"
"""Stand for container ids that are only known when the step runs."""
_VERBS = {"skip": "Leave", "recreate": "Recreate"}
_GUESSES_S = {"surge": 60.0, "recreate": 45.0, "skip": 1.0}
"""Cautious for a stack of a handful of gigabytes: each is more than it took on any machine that was tried."""


class RollService(Step):
    """One service to the target release, by the planned strategy."""

    kind = StepKind.ROLL
    undone_by = (StepKind.ROLL, StepKind.LEAVE)

    def __init__(self, scene: StepInputs, part: ServicePlan) -> None:
        self._scene, self._part, self.service = scene, part, part.service
        self.wave = part.wave
        self.name = f"roll:{part.service}"
        self.title = f"{_VERBS.get(part.strategy, 'Roll')} {part.service}"
        self.guess_s = _GUESSES_S.get(part.strategy, self.guess_s)

    def describe(self) -> PlannedStep:
        """The commands of its strategy, and what users or other services may lose meanwhile."""
        part = self._part
        peers = [one.service for one in self._scene.plan.services if one.wave == part.wave and one != part]
        peers = [name for name in peers if self._scene.plan.service(name).strategy != "skip"] if part.wave else []
        if part.strategy == "skip":
            return replace(super().describe(), note=part.reason, going_back="nothing to undo")
        surge = part.strategy == "surge"
        return replace(
            super().describe(),
            commands=self._surge() if surge else (self._up(),),
            note=f"{part.reason}; at the same time as {', '.join(peers)}" if peers else part.reason,
            going_back=part.way_back
            or ("rolled back the same way, old alongside new" if surge else "recreated again"),
            interrupts=part.may_lose,
        )

    def _up(self) -> commands.Argv:
        part, project = self._part, self._scene.plan.project
        scale = part.replicas or None
        return commands.compose_up(project, part.service, scale=scale, force=bool(part.unseen), grace_s=part.grace_s)

    def _surge(self) -> tuple[commands.Argv, ...]:
        part = self._part
        scale = 2 * max(part.replicas, 1)
        up = commands.compose_up(self._scene.plan.project, part.service, scale=scale, recreate=False)
        if part.named:  # Compose does not see the old container then
            up = commands.compose_up(self._scene.plan.project, part.service)
        gone = removal(part)
        if part.handover != "director":
            return (up, *gone)
        director = f"avnwizard-director-{part.service}"
        guard = (commands.docker_director("TRAEFIK_IMAGE", director),) if part.ready else ()
        return (
            *guard,
            up,
            commands.docker_director("TRAEFIK_IMAGE", director),
            *gone,
            commands.docker_remove_helper(director),
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when only wanted containers are there and serve, and no director is left."""
        before = identity.before(ctx)
        return Probe.NOT_DONE if before is None else _settled(self._scene.host, self._wanted(ctx, before))

    def do(self, ctx: StepContext) -> None:
        """Roll, then make sure that what runs is what was pulled."""
        host, service = self._scene.host, self._part.service
        found = rolling.of_service(host, service)
        if self._scene.plan.bake_s and self._part.strategy != "skip" and identity.before(ctx) is None:
            since = time.time() - self._scene.plan.bake_s
            ctx.note(**{ERRORS: sum(logged_errors(host, one, since=since) for one in found)})
        want = self._wanted(ctx, identity.remember(ctx, found))
        surge = (self._part.handover or "wait") if self._part.strategy == "surge" else None
        patience, ready = patience_of(self._scene), self._part.ready

        def compare() -> None:
            identity.note_disputed(ctx, host, service, rolling.of_service(host, service))

        rolling.roll(ctx, host, want, surge=surge, patience=patience, ready=ready, meanwhile=compare)
        rolling.require_image(want.image_id, rolling.of_service(host, service))

    def _wanted(self, ctx: StepContext, before: Mapping[str, float]) -> rolling.Wanted:
        image_id = pinned(ctx.recall("pull"), self._part.image_new)
        replaced = to_replace(ctx, self._scene, self._part.service, before)
        replicas = self._part.replicas
        return rolling.wanted(self._scene.host, self._part.service, image_id, replaced, replicas=replicas)


class RollBackService(Step):
    """One service back to the previous release: the files are back already, the old images were kept."""

    kind = StepKind.ROLL
    undone_by = ()  # only in a rollback, which is not rolled back itself

    def __init__(self, scene: StepInputs, service: str, strategy: Strategy, *, wave: int = 0) -> None:
        self._scene, self._service, self._strategy = scene, service, strategy
        self.service, self.wave = service, wave
        self.name = f"roll-back:{service}"
        self.title = f"Roll {service} back"

    def probe(self, ctx: StepContext) -> Probe:
        """Done when only the previous containers are there and serve, and no director is left."""
        before = identity.before(ctx)
        return Probe.NOT_DONE if before is None else _settled(self._scene.host, self._wanted(ctx, before))

    def do(self, ctx: StepContext) -> None:
        """Roll with the same strategies as forward."""
        host = self._scene.host
        clear_migration(self._scene, self._service)
        want = self._wanted(ctx, identity.remember(ctx, rolling.of_service(host, self._service)))
        lend_name(ctx, host, want)
        surge = self._strategy == "surge"
        chosen = handover.plan_handover(host, want.service, host.edge.facts()) if surge else None
        how, ready = self._handing(host, want.service, chosen)

        def compare() -> None:
            identity.note_disputed(ctx, host, self._service, rolling.of_service(host, self._service))

        patience = patience_of(self._scene)
        rolling.roll(ctx, host, want, surge=how, patience=patience, ready=ready, meanwhile=compare)

    def _handing(
        self, host: Host, service: Service, chosen: HandoverChoice | None
    ) -> tuple[Handover | None, Readiness | None]:
        """How it hands over, and how it is asked: recreated where nothing could say when it is ready."""
        if chosen is None:
            return None, None
        part = next((one for one in self._scene.plan.services if one.service == self._service), None)
        checked = bool(part and part.image_checked)
        ready = way_back(host, service, chosen, checked=checked)
        blind = ready is None and not checked and lacks_a_check_alone(service)
        return (None if blind else chosen.handover), ready

    def _wanted(self, ctx: StepContext, before: Mapping[str, float]) -> rolling.Wanted:
        image_id = ran_before(ctx.recall("pull"), self._service)
        replaced = to_replace(ctx, self._scene, self._service, before, back=True)
        before_run = next((one.replicas for one in self._scene.plan.services if one.service == self._service), 0)
        return rolling.wanted(self._scene.host, self._service, image_id, replaced, replicas=before_run)


def removal(part: ServicePlan) -> tuple[commands.Argv, ...]:
    """The commands that take an old container away, and its name over where the compose file fixes one."""
    gone = (commands.docker_stop([OLD], part.grace_s), commands.docker_remove(OLD))
    return (*gone, commands.docker_rename(NEW, part.named)) if part.named else gone


def _settled(host: Host, want: rolling.Wanted) -> Probe:
    done = rolling.is_met(host, want) and not host.edge.directors(want.service.name)
    return Probe.DONE if done else Probe.HALF_DONE


def patience_of(scene: StepInputs) -> Patience:
    """How long the plan lets a roll wait."""
    plan = scene.plan
    return Patience(healthy_s=plan.healthy_s, drain_s=plan.drain_s, drain_limit_s=plan.drain_limit_s)
