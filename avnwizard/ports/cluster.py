"""A Kubernetes cluster and one Helm release in it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.kubernetes.orders import ChartOrder, DryRun, ReleasePlace
from avnwizard.domain.kubernetes.release import Revision
from avnwizard.domain.kubernetes.states import Access, Lease, PodState, WorkloadState
from avnwizard.domain.kubernetes.versions import Tools


class Cluster(Protocol):
    """What a flow needs of a cluster. Every method raises `avnwizard.errors.HostError` when the world refuses."""

    @property
    def place(self) -> ReleasePlace:
        """Which release, where."""

    def tools(self) -> Tools:
        """The versions of `helm`, `kubectl` and the cluster."""

    def history(self) -> tuple[Revision, ...]:
        """Every revision of the release that Helm keeps, oldest first; () where there is no such release."""

    def manifest(self, revision: int) -> tuple[KubeObject, ...]:
        """What a revision brings to the cluster, and its hooks. It holds secrets."""

    def render(self, order: ChartOrder, dry_run: DryRun) -> tuple[KubeObject, ...]:
        """What an upgrade would bring, and its hooks; nothing is changed. It holds secrets.

        Args:
            dry_run: "server" has the chart look at the cluster, "client" does not.
        """

    def chart(self, order: ChartOrder) -> tuple[str, str]:
        """(version, app version) of a chart, as its `Chart.yaml` says."""

    def crds(self, order: ChartOrder) -> tuple[KubeObject, ...]:
        """The definitions in the `crds` folders of a chart and of the charts that it depends on."""

    def defined(self, names: Sequence[str]) -> tuple[KubeObject, ...]:
        """Those of the custom resource definitions of these names that the cluster has, with their status."""

    def may(self, wanted: Sequence[Access]) -> tuple[Access, ...]:
        """Which of these this login is allowed in the release's namespace."""

    def drifted(self, objects: Sequence[KubeObject]) -> tuple[str, ...]:
        """Those that the cluster has otherwise, or not at all, by its own comparison, each as "Kind/name"."""

    def workloads(self, objects: Sequence[KubeObject]) -> tuple[WorkloadState, ...]:
        """How those of the objects stand that the cluster rolls; one that is gone wants and has no pods."""

    def pods(self) -> tuple[PodState, ...]:
        """The pods of the release's namespace that a workload or a job owns."""

    def events(self, since: float) -> tuple[str, ...]:
        """Warnings of the namespace since a moment (seconds of the epoch), a line each (hostile)."""

    def log(self, pod: str, container: str, *, lines: int) -> tuple[str, ...]:
        """The last lines of a container, of the instance before where it has just begun again (hostile)."""

    def upgrade(self, order: ChartOrder, *, timeout_s: float, mark: str, say: Callable[[str], None]) -> None:
        """`helm upgrade` as `orders.upgrade_words` says.

        Args:
            mark: what the revision's description becomes.
            say: hears Helm's lines.
        """

    def rollback(self, revision: int, *, timeout_s: float, say: Callable[[str], None]) -> None:
        """`helm rollback` as `orders.rollback_words` says. It also cures a release that Helm left `pending-*`."""

    def helm_runs(self) -> bool:
        """Whether a `helm` that was started for this release still runs on this host, as after a killed run."""

    def scale(self, kind: str, name: str, replicas: int) -> None:
        """Set how many pods a workload wants; no error when it is gone."""

    def lease(self) -> Lease:
        """Who holds the release in the cluster."""

    def take_lease(self, holder: str, *, after: Lease, duration_s: float) -> bool:
        """Take or renew it; False where somebody else was quicker.

        Args:
            after: the lease as it was seen.
        """

    def drop_lease(self, holder: str) -> None:
        """Let go of it; no error where it is somebody else's."""
