"""After the roll: every pod is of the new template, ready, and stays up."""

from collections.abc import Iterator, Sequence

from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.plain import printable
from avnwizard.domain.words import about, count
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.kubernetes.world import KubeWorld
from avnwizard.planned import StepKind

_POLL_S, _BAKE_POLL_S = 1.0, 3.0
_ENDED = frozenset({"Succeeded", "Failed"})


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


class BakeRelease(Step):
    """Watch the new pods until the bake time is over; what is seen does not fail the run."""

    name = "bake"
    title = "Watch the new release"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: KubeWorld) -> None:
        self._world = world
        self.guess_s = world.plan.bake_s

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Look every few seconds for restarts, pods that are no longer ready, and warnings; say each once."""
        world, clock, bake_s = self._world, self._world.host.clock, self._world.plan.bake_s
        ctx.say(f"watching for {about(bake_s)}; an abort leaves the release as it is")
        began, said = clock.now(), set[str]()
        first = {pod.name: pod.restarts for pod in world.cluster.pods()}
        while (left_s := began + bake_s - clock.now()) > 0:
            ctx.progress(int(bake_s - left_s), int(bake_s), "s", left_s=left_s)
            clock.sleep(min(_BAKE_POLL_S, left_s))
            ctx.checkpoint()
            for line in (*self._pods(first), *world.cluster.events(began)):
                if line not in said:
                    said.add(line)
                    ctx.say(printable(line, limit=200))
        seen = count(len(said), "thing") if said else "nothing"
        ctx.note(seen=len(said))
        ctx.say(f"watched for {about(bake_s)}: {seen} out of order")

    def _pods(self, first: dict[str, int]) -> Iterator[str]:
        for pod in self._world.cluster.pods():
            if pod.phase in _ENDED:
                continue
            if pod.restarts > first.get(pod.name, 0):
                yield f"{pod.name} began again ({count(pod.restarts, 'restart')})"
            if not pod.ready:
                yield f"{pod.name} is not ready{f': {pod.trouble}' if pod.trouble else ''}"
