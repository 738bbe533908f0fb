"""The databases on the way back: restored where the schema moved, swapped while nothing that writes runs.

Which of them moved is found when the run begins, and noted: after the swap nobody could tell any more.
"""

from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.kubernetes.world import KubeWorld
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.steps.restore import PutInPlace, RestoreBeside
from avnwizard.planned import StepKind

_MOVED, _SCALED = "moved", "scaled"
_ENDED = frozenset({"Succeeded", "Failed"})
_POLL_S = 1.0


def moved(ctx: StepContext) -> tuple[str, ...]:
    """The databases that go back, as the first step noted them."""
    return tuple(ctx.recall(RestoreMoved.name).get(_MOVED, ()))


class RestoreMoved(RestoreBeside):
    """Restore the databases whose schema is no longer that of the snapshot, alongside the live ones."""

    title = "Restore the databases whose schema moved, alongside the live ones"
    undone_by = ()

    def __init__(self, world: KubeWorld) -> None:
        super().__init__(world.host, world.plan.snapshot.folder, (), sealed=True)

    def do(self, ctx: StepContext) -> None:
        """Compare the schemas once, then restore."""
        noted = ctx.recall().get(_MOVED)
        if noted is None:
            noted = list(self._compared(self._folder))
            ctx.note(**{_MOVED: noted})
        if not noted:
            ctx.say("every schema is as in the snapshot: no database goes back")
            return
        self._databases = tuple(noted)
        super().do(ctx)

    def _compared(self, folder: Path) -> tuple[str, ...]:
        manifest, database = snapshots.verify(self._host.files, folder), self._host.database()
        return tuple(
            one.name
            for one in manifest.databases
            if not database.exists(one.name) or database.fingerprint(one.name) != one.fingerprint
        )


class ScaleDown(Step):
    """Scale what may write to the databases to nothing while they are swapped."""

    name = "stop"
    title = "Scale down what uses the databases"
    kind = StepKind.STOP
    undone_by = (StepKind.START,)

    def __init__(self, world: KubeWorld) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Scaled down again, which is harmless."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Note how many pods each has, scale down, and wait until their pods are gone.

        Raises:
            StepError: pods are still there.
        """
        if not moved(ctx):
            return
        world = self._world
        state, history = world.standing()
        world.refuse_foreign(state, history)
        objects = [*world.cluster.manifest(history[-1].number), *world.cluster.manifest(world.plan.revision)]
        wanted = {(one.kind, one.name): one.wanted for one in world.cluster.workloads(objects) if one.total}
        noted = ctx.recall().get(_SCALED, [])
        known = {(kind, name) for kind, name, _ in noted}
        more = [[*key, wanted[key]] for key in world.plan.writers if wanted.get(key) and key not in known]
        ctx.note(**{_SCALED: [*noted, *more]})
        for kind, name, _ in [*noted, *more]:
            with ctx.effect(f"down-{name}"):
                world.cluster.scale(kind, name, 0)
        scaled = [(kind, name) for kind, name, _ in [*noted, *more]]
        self._wait_until_gone(scaled)
        ctx.say(f"{', '.join(sorted(printable(name) for _, name in scaled)) or 'nothing'} scaled down")

    def _wait_until_gone(self, scaled: list[tuple[str, str]]) -> None:
        """By the pods themselves: one that is ending writes on, and its workload no longer counts it."""
        world = self._world
        deadline = world.host.clock.now() + world.plan.timeout_s
        while left := [
            pod
            for pod in world.cluster.pods()
            if pod.phase not in _ENDED and any(pod.belongs_to(kind, name) for kind, name in scaled)
        ]:
            if world.host.clock.now() >= deadline:
                raise StepError(
                    f"The pod {printable(left[0].name, limit=100)} does not end.",
                    "Look at: kubectl get pods. Then resume.",
                )
            world.host.clock.sleep(_POLL_S)


class SwapMoved(PutInPlace):
    """Put the restored databases in place; what was live is kept under a dated name."""

    def __init__(self, world: KubeWorld) -> None:
        super().__init__(world.host, ())

    def probe(self, ctx: StepContext) -> Probe:
        """Done when nothing is left under a restoring name."""
        self._databases = moved(ctx)
        return super().probe(ctx)

    def do(self, ctx: StepContext) -> None:
        """Swap."""
        self._databases = moved(ctx)
        super().do(ctx)


class ScaleUp(Step):
    """Have as many pods again as before, where Helm's rollback has not brought them back already."""

    name = "start"
    title = "Scale up again what was scaled down"
    kind = StepKind.START
    undone_by = ()

    def __init__(self, world: KubeWorld) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Looked at again."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Scale up what is still at nothing, and wait until its pods are ready.

        Raises:
            StepError: they do not get ready on the databases of the snapshot.
        """
        world = self._world
        scaled = {(kind, name): count for kind, name, count in ctx.recall(ScaleDown.name).get(_SCALED, [])}
        if not scaled:
            return
        objects = [one for one in world.cluster.manifest(world.plan.revision) if (one.kind, one.name) in scaled]
        for one in world.cluster.workloads(objects):
            if one.wanted == 0:
                with ctx.effect(f"up-{one.name}"):
                    world.cluster.scale(one.kind, one.name, scaled[one.kind, one.name])
        deadline = world.host.clock.now() + world.plan.timeout_s
        while left := [one for one in world.cluster.workloads(objects) if not one.is_rolled]:
            if world.host.clock.now() >= deadline:
                one = left[0]
                raise StepError(
                    f"{one.shown} has {one.ready} ready pods of {one.wanted} on the restored databases.",
                    f"Look at: kubectl describe {one.shown.lower()}. Then resume.",
                )
            world.host.clock.sleep(_POLL_S)
        ctx.say("what was scaled down serves again")
