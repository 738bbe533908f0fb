"""A roll followed while Helm waits for it: pods old and new, warnings, and the log of a container that fails."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.kubernetes.states import PodState, WorkloadState
from avnwizard.domain.plain import printable
from avnwizard.engine.step import StepContext
from avnwizard.errors import WizardError
from avnwizard.flows.kubernetes.world import KubeWorld
from avnwizard.ports.cluster import Cluster

_LOOK_S = 1.5
_LOG_LINES = 8
_SHOWN = 200


class Follower:
    """Says what changes, once each; keeps what a failure is explained with."""

    def __init__(self, world: KubeWorld, ctx: StepContext, objects: Sequence[KubeObject], since: float) -> None:
        self._world, self._ctx, self._objects, self._since = world, ctx, objects, since
        self._seen: dict[str, WorkloadState] = {}
        self._said: set[str] = set()
        self._logged: set[tuple[str, str]] = set()
        self.troubles: list[str] = []

    def look(self) -> None:
        """One look at the cluster."""
        cluster = self._world.cluster
        for one in cluster.workloads(self._objects):
            if self._seen.get(one.shown) != one:
                self._seen[one.shown] = one
                if not one.is_rolled:
                    self._say(f"{one.shown}: {one.updated} of {one.wanted} pods are new, {one.ready} ready")
                if one.complaint:
                    self._trouble(f"{one.shown}: {one.complaint}")
        for pod in cluster.pods():
            if pod.trouble:
                self._ailing(cluster, pod)
        for line in cluster.events(self._since):
            self._say(line)

    def _ailing(self, cluster: Cluster, pod: PodState) -> None:
        """Each kind of trouble of a container once, and the end of its log once there is one."""
        self._trouble(f"{pod.name}: {pod.container}: {pod.trouble}")
        if (pod.name, pod.container) in self._logged:
            return
        if lines := cluster.log(pod.name, pod.container, lines=_LOG_LINES):
            self._logged.add((pod.name, pod.container))
            for line in lines:
                self._ctx.say(f"  {pod.name}: {printable(line, limit=_SHOWN)}")

    def _trouble(self, text: str) -> None:
        if text not in self._said:
            self.troubles.append(printable(text, limit=_SHOWN))
        self._say(text)

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._ctx.say(printable(text, limit=_SHOWN))


@contextmanager
def following(world: KubeWorld, ctx: StepContext, objects: Sequence[KubeObject]) -> Iterator[Follower]:
    """Follow in a thread while the body runs; what it cannot see is said once."""
    follower, stop = Follower(world, ctx, objects, world.host.clock.now() - 1.0), threading.Event()

    def look_on() -> None:
        while not stop.wait(_LOOK_S):
            try:
                follower.look()
            except WizardError as error:
                follower._say(f"the roll cannot be followed: {error.message}")  # noqa: SLF001 - our own

    thread = threading.Thread(target=look_on, name="rollout", daemon=True)
    thread.start()
    try:
        yield follower
    finally:
        stop.set()
        thread.join()
