"""A simulated release whose chart lies in a real git checkout: v1.5.0 runs, v2.0.0 renames values."""

import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from avnwizard.adapters.git import open_repo
from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.kubernetes.orders import ChartOrder
from avnwizard.flows.host import Host
from avnwizard.practice.kubernetes.cluster import PracticeChart, PracticeRelease
from tests.flows.kubernetes_world import KubeTestWorld, objects

OLD_VALUES = """\
gateway:
  # Seconds that an old pod goes on answering.
  preStop: 5
  replicas: 2
logLevel: info
legacyMode: true
systemSecret: ""
"""
NEW_VALUES = """\
gateway:
  # Seconds that an old pod goes on answering.
  drainSeconds: 5
  replicas: 2
log: {level: info}
secrets: {system: ""}
cache: {size: 64}
"""
OWN_VALUES = """\
# mine
gateway:
  preStop: 7  # seven
logLevel: debug
systemSecret: not-a-real-secret-0123456789
"""
NOTES = """\
# Changelog

## v2.0.0
### Breaking changes
- `gateway.preStop` was renamed to `gateway.drainSeconds`.
- `legacyMode` was removed.

## v1.5.0
- First.
"""
_SECTION = KubernetesSection(release="id", context="lab", chart="chart", values=("own.yaml",))


@dataclass
class TaggedWorld(KubeTestWorld):
    """As `KubeTestWorld`, with tags.

    Attributes:
        seen: the values that Helm was given, with each chart that it read, by the chart's version.
    """

    seen: dict[str, dict[str, object]] = field(default_factory=dict)

    def host(self, home: Path, section: KubernetesSection | None = None) -> Host:
        """On the real checkout."""
        return replace(super().host(home, section or _SECTION), repo=open_repo(self.directory))

    def own(self) -> str:
        """The operator's values file."""
        return (self.directory / "own.yaml").read_text()

    def read(self, order: ChartOrder) -> PracticeChart:
        """A chart from its folder, with the values that go with it."""
        version = yaml.safe_load((Path(order.chart) / "Chart.yaml").read_text())["version"]
        for file in order.values:
            self.seen[version] = yaml.safe_load(Path(file).read_text())
        migrates = version.startswith("2")
        return PracticeChart("id", version, version, lambda: objects(version, migrates=migrates))

    def read_chart(self) -> PracticeChart:
        """The one that lies in the checkout."""
        return self.read(ChartOrder(self.chart))


def git(directory: Path, *words: str) -> str:
    """One git command of the operator's, or of the product's makers."""
    who = ("-c", "user.name=lab", "-c", "user.email=lab@example.com")
    done = subprocess.run(["git", *who, *words], cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def tagged_world(directory: Path, *, tracked: bool = False) -> TaggedWorld:
    """Installed by hand at v1.5.0.

    Args:
        tracked: whether the release brings `own.yaml`, and the operator edited that.
    """
    chart = directory / "chart"
    (chart / "templates").mkdir(parents=True)
    git(directory, "init", "-q", "-b", "main")
    for version, values, path in (("1.5.0", OLD_VALUES, "preStop"), ("2.0.0", NEW_VALUES, "drainSeconds")):
        (chart / "Chart.yaml").write_text(f"name: id\nversion: {version}\nappVersion: {version}\n")
        (chart / "values.yaml").write_text(values)
        (chart / "templates/gateway.yaml").write_text(f"sleep: {{{{ .Values.gateway.{path} }}}}\n")
        (directory / "CHANGELOG.md").write_text(NOTES)
        if tracked:
            (directory / "own.yaml").write_text(f"gateway: {{}}\n# {'of the release ' * 3}\n")
        git(directory, "add", "-A")
        git(directory, "commit", "-q", "-m", version)
        git(directory, "tag", f"v{version}")
    git(directory, "checkout", "-q", "v1.5.0")
    (directory / "own.yaml").write_text(OWN_VALUES)
    world = TaggedWorld(directory, PracticeRelease({}))
    world.release.read = world.read
    world.release.charts[str(chart)] = world.read(ChartOrder(str(chart)))
    world.release.install(str(chart))
    del world.release.charts[str(chart)]
    return world
