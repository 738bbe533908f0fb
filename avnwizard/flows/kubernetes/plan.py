"""The plan of a Helm upgrade: frozen, JSON, and without a secret."""

from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.kubernetes.crds import CrdChange
from avnwizard.domain.kubernetes.manifest import ObjectChange
from avnwizard.domain.kubernetes.orders import ChartOrder, ReleasePlace
from avnwizard.domain.kubernetes.versions import Tools
from avnwizard.domain.plan import Breaking, EnvEdit, MigrationStatement, Noticed, ReleaseRef
from avnwizard.domain.probing.route import ProbePlan
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.typed import Typed


@dataclass(frozen=True)
class RollOutlook:
    """What the roll of one workload means for its users.

    Attributes:
        shown: such as "Deployment/gateway".
        images_old, images_new: what its pods run.
        losses: why requests may be lost, a sentence each; () where none should be.
    """

    shown: str
    replicas: int
    images_old: tuple[str, ...]
    images_new: tuple[str, ...]
    losses: tuple[str, ...]


@dataclass(frozen=True)
class TagMove:
    """The release tags between which the checkout moves, as `flows.stack.step_inputs.CodeMove` asks."""

    current: ReleaseRef
    target: ReleaseRef
    branch: str
    edited: tuple[str, ...]
    env_file_that_ran: Path | None = None


@dataclass(frozen=True)
class KubePlan:
    """From one chart to another.

    Attributes:
        tools: what is installed here and what the cluster runs; the context and the address are held to.
        revision: the revision that serves, and to which a rollback goes by number.
        base: the revision whose manifest that one brings: itself, or the one that it rolled back to.
        dry_run: how the chart was rendered: "server", or "client" where the cluster allows no dry run.
        rendered: a hash over all that the chart brings but secrets; the run refuses another one.
        rolls: the workloads whose pods are replaced.
        hooks: what runs as a hook of the upgrade, such as "pre-upgrade: Job/migrate".
        writers: (kind, name) of what is scaled down while databases are swapped in a rollback.
        stops: (what stands in the way, what to do); nothing can run while there is one.
        cures: whether the run first cures a release that Helm left `pending-*`.
        move: the release tags, where the checkout moves; None where the chart lies in it already.
        values: what is edited in the values files.
        values_files: those of them that the run writes and git does not track.
        breaking: what the operator acknowledged.
        migrations, statements: what the release's migrations mean, and those that are more than additive.
        changelog, signature: what is known of the notes and of the tag, a sentence each.
        bake_s: for how long the new pods are watched before the run ends.
        crds: definitions of the chart's crds folder that the cluster does not have so; Helm never upgrades them.
        crds_command: what applies them, for a shell.
    """

    place: ReleasePlace
    tools: Tools
    order: ChartOrder
    revision: int
    base: int
    chart_old: str
    chart_new: str
    app_old: str
    app_new: str
    dry_run: str
    rendered: str
    changes: tuple[ObjectChange, ...]
    rolls: tuple[RollOutlook, ...]
    hooks: tuple[str, ...]
    timeout_s: float
    snapshot: SnapshotPlan
    probe: ProbePlan
    writers: tuple[tuple[str, str], ...] = ()
    stops: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    cures: bool = False
    settle_s: float = 5.0
    move: TagMove | None = None
    values: tuple[EnvEdit, ...] = ()
    values_files: tuple[str, ...] = ()
    breaking: tuple[Breaking, ...] = ()
    notices: tuple[Noticed, ...] = ()
    migrations: str = ""
    statements: tuple[MigrationStatement, ...] = ()
    changelog: str = ""
    signature: str = ""
    bake_s: float = 0.0
    crds: tuple[CrdChange, ...] = ()
    crds_command: str = ""

    @property
    def shown(self) -> str:
        """Such as "avnology-1.5.0 to avnology-1.6.0"."""
        return f"{self.chart_old} to {self.chart_new}"


_ADAPTER: Typed[KubePlan] = Typed(KubePlan)


def to_json(plan: KubePlan) -> str:
    """For the journal, and for `--json`."""
    return _ADAPTER.to_json(plan)


def from_json(text: str) -> KubePlan:
    """Read back from the journal.

    Raises:
        RefusedError: another version wrote it.
    """
    return _ADAPTER.planned(text, "Helm upgrade")
