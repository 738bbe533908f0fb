"""The port `Platform` over a Helm release."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.instance import Instance
from avnwizard.domain.kubernetes.release import serving
from avnwizard.domain.kubernetes.states import WorkloadState
from avnwizard.domain.snapshot import ServiceImage
from avnwizard.ports import Database
from avnwizard.ports.cluster import Cluster
from avnwizard.ports.platform import Deed

_JOBS = frozenset({"Job", ""})


@dataclass(frozen=True)
class HelmPlatform:
    """A release in a cluster, which is asked when it is needed only.

    Attributes:
        cluster: the way to the cluster of the current context.
        reach: the way to the Postgres in its pod.
        outside: the way to the server outside the cluster; None where there is none.
    """

    section: KubernetesSection
    cluster: Callable[[], Cluster]
    reach: Callable[[], Database]
    outside: Callable[[], Database] | None = None

    @property
    def name(self) -> str:
        """The release's name."""
        return self.section.release

    @property
    def env_file(self) -> Path | None:
        """None: a release has values files, which lie in the checkout."""
        return None

    def running(self) -> tuple[ServiceImage, ...]:
        """The images in the templates of the workloads of the revision that serves."""
        return tuple(ServiceImage(one.shown, image, "", "") for one in self._workloads() for image in one.images)

    def instances(self) -> tuple[Instance, ...]:
        """The pods of each workload: so many are there, and so many of them are ready."""
        found = []
        for one in self._workloads():
            image = one.images[0] if one.images else ""
            for number in range(one.total):
                health = "healthy" if number < one.ready else "starting"
                found.append(Instance(one.shown, image, "running", health))
        return tuple(found)

    def serving(self) -> frozenset[str]:
        """The workloads that have a pod that is ready, as "Kind/name"."""
        found = set()
        for one in self.cluster().pods():
            kind, _, owner = one.owner.partition("/")
            if one.ready and kind not in _JOBS:
                found.add(f"Deployment/{owner.rpartition('-')[0]}" if kind == "ReplicaSet" else one.owner)
        return frozenset(found)

    def model(self) -> ComposeModel:
        """None of it is in compose files."""
        return ComposeModel({}, {})

    def database(self, service: str) -> Database:
        """In the pod that `[kubernetes] postgres` selects, whatever the service is called; "" is the one outside."""
        return self.outside() if self.outside and not service else self.reach()

    def database_command(self, service: str, tool: Sequence[str]) -> tuple[str, ...]:
        """By `kubectl exec`; the pod is looked up by its labels when it runs. Outside: a tool of this host."""
        if not service:
            return tuple(tool)
        inside = ("--container", self.section.container) if self.section.container else ()
        return *self._kubectl(), "exec", "-i", f"POD({self.section.postgres})", *inside, "--", *tool

    def by_hand(self, deed: Deed, what: str = "") -> tuple[str, ...]:
        """By `kubectl` and `helm`; an image is fetched on a node."""
        commands: dict[Deed, tuple[str, ...]] = {
            "show the log of": (*self._kubectl(), "logs", "--timestamps", what),
            "stop": (*self._kubectl(), "scale", "--replicas", "0", what),
            "get the image": ("crictl", "pull", what),
            "start all": ("helm", "upgrade", "--namespace", self.section.namespace, self.name, self.section.chart),
        }
        return commands[deed]

    def _workloads(self) -> tuple[WorkloadState, ...]:
        cluster = self.cluster()
        revision = serving(cluster.history())
        if revision is None:
            return ()
        found = cluster.workloads(cluster.manifest(revision.number))
        return tuple(sorted(found, key=lambda one: one.shown))

    def _kubectl(self) -> tuple[str, ...]:
        context = ("--context", self.section.context) if self.section.context else ()
        return "kubectl", *context, "--namespace", self.section.namespace
