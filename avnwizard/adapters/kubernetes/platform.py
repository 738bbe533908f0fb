"""The port `Platform` over a Helm release."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.kubernetes.release import serving
from avnwizard.domain.snapshot import ServiceImage
from avnwizard.ports import Database
from avnwizard.ports.cluster import Cluster

_JOBS = frozenset({"Job", ""})


@dataclass(frozen=True)
class HelmPlatform:
    """A release in a cluster, which is asked when it is needed only.

    Attributes:
        cluster: the way to the cluster of the current context.
        reach: the way to the Postgres in its pod.
    """

    section: KubernetesSection
    cluster: Callable[[], Cluster]
    reach: Callable[[], Database]

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
        cluster = self.cluster()
        revision = serving(cluster.history())
        if revision is None:
            return ()
        workloads = cluster.workloads(cluster.manifest(revision.number))
        return tuple(
            ServiceImage(one.shown, image, "", "")
            for one in sorted(workloads, key=lambda one: one.shown)
            for image in one.images
        )

    def serving(self) -> frozenset[str]:
        """The workloads that have a pod that is ready, by their names."""
        found = set()
        for one in self.cluster().pods():
            kind, _, owner = one.owner.partition("/")
            if one.ready and kind not in _JOBS:
                found.add(owner.rpartition("-")[0] if kind == "ReplicaSet" else owner)
        return frozenset(found)

    def model(self) -> ComposeModel:
        """None of it is in compose files."""
        return ComposeModel({}, {})

    def database(self, service: str) -> Database:
        """In the pod that `[kubernetes] postgres` selects, whatever the service is called."""
        del service
        return self.reach()

    def database_command(self, service: str, tool: Sequence[str]) -> tuple[str, ...]:
        """By `kubectl exec`; the pod is looked up by its labels when the command runs."""
        del service
        inside = ("--container", self.section.container) if self.section.container else ()
        return *self._kubectl(), "exec", "-i", f"POD({self.section.postgres})", *inside, "--", *tool

    def log_command(self, service: str) -> tuple[str, ...]:
        """By `kubectl logs`."""
        return *self._kubectl(), "logs", "--timestamps", service

    def _kubectl(self) -> tuple[str, ...]:
        context = ("--context", self.section.context) if self.section.context else ()
        return "kubectl", *context, "--namespace", self.section.namespace
