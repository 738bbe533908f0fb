"""Remove the services that the release in the checkout does not have."""

from dataclasses import replace

from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.roll import handover, rolling
from avnwizard.flows.roll.draining import drain
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.roll import patience_of, removal
from avnwizard.planned import PlannedStep, StepKind

_GONE = "the release no longer has it"


class Retire(Step):
    """Remove the containers of a service that the release in the checkout no longer has. Volumes stay.

    Where another service has its routers now, as after a renaming, Traefik is sent to that one before these end.
    """

    kind = StepKind.RETIRE
    undone_by = (StepKind.ROLL,)

    def __init__(self, scene: StepInputs, service: str) -> None:
        self._scene, self.service = scene, service
        self.name = f"retire:{service}"
        self.title = f"Remove {service}"

    def describe(self) -> PlannedStep:
        """Stopped and removed by id."""
        part = self._scene.plan.service(self.service)
        reason = part.reason if part.strategy == "retire" else _GONE
        return replace(
            super().describe(),
            commands=removal(part),
            note=f"{reason[:1].upper()}{reason[1:]}; volumes stay.",
            going_back="it is started again",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when no container is left, nor a director to the service that has its routers now."""
        host, successor = self._scene.host, self._successor
        left = rolling.of_service(host, self.service) or (successor and host.edge.directors(successor))
        return Probe.HALF_DONE if left else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Stop and remove by id."""
        host, successor, patience = self._scene.host, self._successor, patience_of(self._scene)
        handover.drop_directors(ctx, host, self.service)
        old = rolling.of_service(host, self.service)
        new = [one for one in rolling.of_service(host, successor) if one.is_serving] if successor else []
        known_at = handover.take_over(ctx, host, successor, new) if old and new else None
        if known_at is not None:
            drain(ctx, host, self.service, old, limit_s=patience.drain_limit_s, unseen_s=patience.drain_s)
        for one in old:
            with ctx.effect("remove"):
                host.stack.stop(one.id, grace_s=30)
                host.stack.remove(one.id)
        if new:
            handover.release_edge(ctx, host, successor, new, known_at=known_at)

    @property
    def _successor(self) -> str:
        """The service that has its routers now: forward the one that the plan names, back the one that went."""
        parts = self._scene.plan.services
        forward = next((one.successor for one in parts if one.service == self.service), "")
        return forward or next((one.service for one in parts if one.successor == self.service), "")
