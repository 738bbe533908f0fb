"""A simulated release with a two-replica gateway and a migrate job, for tests of the flow."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from avnwizard.adapters.files import LocalFiles
from avnwizard.adapters.kubernetes.platform import HelmPlatform
from avnwizard.domain.config import Config, StatePaths
from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.kubernetes.manifest import KubeObject, parse
from avnwizard.domain.kubernetes.orders import ReleasePlace
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.ports import Database
from avnwizard.practice.kubernetes.cluster import PracticeChart, PracticeCluster, PracticeRelease
from tests.flows.clock_and_checkout import FakeClock, FakeRepo

PLACE = ReleasePlace("lab", "default", "id")
_GATEWAY = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: gateway}}
spec:
  replicas: 2
  strategy: {{type: RollingUpdate, rollingUpdate: {{maxUnavailable: 0, maxSurge: 1}}}}
  template:
    metadata: {{labels: {{app: gateway}}}}
    spec:
      terminationGracePeriodSeconds: 20
      containers:
      - name: app
        image: gateway:{version}
        ports: [{{containerPort: 8080}}]
        readinessProbe: {{httpGet: {{path: /, port: 8080}}, periodSeconds: 1}}
        {lifecycle}
---
apiVersion: v1
kind: Service
metadata: {{name: gateway}}
spec: {{ports: [{{port: 80}}]}}
"""
_MIGRATE = """
---
apiVersion: batch/v1
kind: Job
metadata: {{name: migrate, annotations: {{"helm.sh/hook": pre-upgrade}}}}
spec: {{template: {{spec: {{containers: [{{name: m, image: "migrate:{version}"}}]}}}}}}
"""
_WAITS = "lifecycle: {preStop: {exec: {command: [sleep, '5']}}}"


def objects(version: str, *, waits: bool = True, migrates: bool = False) -> tuple[KubeObject, ...]:
    """What the chart of a version renders."""
    text = _GATEWAY.format(version=version, lifecycle=_WAITS if waits else "")
    return parse(text + (_MIGRATE.format(version=version) if migrates else ""), source="the test")


@dataclass
class KubeTestWorld:
    """A release at 1.5.0, and the checkout whose chart folder holds the next one.

    Attributes:
        clock: time passes as fast as it is waited for.
    """

    directory: Path
    release: PracticeRelease
    clock: FakeClock = field(default_factory=FakeClock)

    @property
    def chart(self) -> str:
        """The chart's folder, as the plan names it."""
        return str(self.directory / "chart")

    def next(self, version: str, rendered: Iterable[KubeObject]) -> None:
        """What the checkout holds from now on."""
        found = tuple(rendered)
        self.release.charts[self.chart] = PracticeChart("id", version, version, lambda: found)

    def host(self, home: Path, section: KubernetesSection | None = None) -> Host:
        """A process's view of it."""

        def cluster(context: str) -> PracticeCluster:
            return PracticeCluster(self.release, ReleasePlace(context or "lab", "default", "id"))

        nothing = cast("Any", None)
        home.mkdir(parents=True, exist_ok=True)
        section = section or KubernetesSection(release="id", context="lab")
        config = Config(kubernetes=section)
        platform = HelmPlatform(section, lambda: cluster(""), self.database, self.database)
        return Host(
            config, StatePaths(home), cast("Any", FakeRepo(self.directory)), platform, None, LocalFiles(),
            cast("Any", self.clock), DatabaseChoice(declared_none=True), nothing, nothing, cluster=cluster,
        )  # fmt: skip

    def database(self) -> Database:
        """The way to Postgres."""
        raise HostError("This release has no database.")


def make_world(directory: Path) -> KubeTestWorld:
    """Installed by hand at 1.5.0; 1.6.0 lies in the checkout, with a migration."""
    (directory / "chart").mkdir(parents=True)
    (directory / ".git").mkdir()
    (directory / "chart/Chart.yaml").write_text("name: id\n")
    world = KubeTestWorld(directory, PracticeRelease({}))
    world.next("1.5.0", objects("1.5.0"))
    world.release.install(world.chart)
    world.next("1.6.0", objects("1.6.0", migrates=True))
    return world
