"""After the roll: every pod is of the new template, ready, and stays up."""

from collections.abc import Sequence

from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.plain import printable
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.kubernetes.world import KubeWorld
from avnwizard.planned import StepKind

_POLL_S = 1.0


class VerifyRelease(Step):
    """Look at every workload of the release, and that no pod begins again within the settling time."""

    name = "verify"
    title = "Verify that every pod is new, ready, and stays up"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: KubeWorld) -> None:
        self._world = world
        self.guess_s = world.plan.settle_s + 2.0

    def probe(self, ctx: StepContext) -> Probe:
        """Looked at again."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Wait until all are rolled, then watch them for the settling time.

        Raises:
            StepError: one is not, a pod began again, or the release is no longer this run's.
        """
        world, plan = self._world, self._world.plan
        state, history = world.standing()
        if state != "ours":
            world.refuse_foreign(state, history)
            raise StepError(f"The release is not at {plan.chart_new} any more.", "Look at: helm history")
        objects = world.cluster.manifest(history[-1].number)
        self._wait(objects)
        before = self._restarts()
        world.host.clock.sleep(plan.settle_s)
        after = self._restarts()
        if again := sorted(pod for pod, count in after.items() if count > before.get(pod, 0)):
            raise StepError(
                f"The pod {printable(again[0], limit=100)} began again after it was ready.",
                f"Look at: kubectl logs {printable(again[0], limit=100)} --previous. Then roll back, or resume.",
            )
        self._wait(objects)
        ctx.say(f"every pod of {plan.chart_new} is ready; none began again within {plan.settle_s:g} s")

    def _wait(self, objects: Sequence[KubeObject]) -> None:
        host = self._world.host
        deadline = host.clock.now() + host.config.roll.healthy_s
        while left := [one for one in self._world.cluster.workloads(objects) if not one.is_rolled]:
            if host.clock.now() >= deadline:
                one = left[0]
                raise StepError(
                    f"{one.shown} has {one.updated} new and {one.ready} ready pods of {one.wanted}.",
                    f"Look at: kubectl rollout status {one.shown.lower()}. Then resume, or roll back.",
                )
            host.clock.sleep(_POLL_S)

    def _restarts(self) -> dict[str, int]:
        """Pod -> restarts, of the pods that no finished job left."""
        return {pod.name: pod.restarts for pod in self._world.cluster.pods() if pod.phase != "Succeeded"}
