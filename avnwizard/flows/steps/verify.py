"""Look that the stack is what the plan promised."""

from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.steps.scene import Scene
from avnwizard.flows.survey import ailing


class Verify(Step):
    """Checkout at the tag, every service serving, every one-shot ended well."""

    name = "verify"

    def __init__(self, scene: Scene, *, tag: str, commit: str) -> None:
        self._scene, self._tag, self._commit = scene, tag, commit
        self.title = f"Verify {tag}"

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Look."""
        host = self._scene.host
        head = host.repo.head()
        if head.commit != self._commit:
            raise StepError(f"The checkout is at {head.tag or head.commit[:12]}, not at {self._tag}.", "Then resume.")
        model = host.stack.resolve()
        deadline = host.clock.now() + self._scene.plan.healthy_s
        while (ill := ailing(model, host.stack.containers())) and host.clock.now() < deadline:
            host.clock.sleep(1.0)
        if ill:
            service, why = min(ill.items())
            raise StepError(
                f"{len(ill)} of {len(model.services)} services do not serve: {service} is {why}.",
                f"Look at: docker compose logs {service}. Then resume, or roll back.",
            )
        ctx.say(f"all {len(model.services)} services of {self._tag} serve")
