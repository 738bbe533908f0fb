"""The plan: every answer and every command that will run, frozen, pinned by commit and image digest.

A plan holds no secret: values are masked when it is made, the env file itself is kept 0600 in the run's folder.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from avnwizard.domain.data_way import DataWay, HeldVolume
from avnwizard.domain.handover import Handover
from avnwizard.domain.host import ComposeProject
from avnwizard.domain.image_rule import ImageRule
from avnwizard.domain.migrations.release_list import Split
from avnwizard.domain.origin import tell_the_same
from avnwizard.domain.probing.route import ProbePlan
from avnwizard.domain.readiness import Readiness
from avnwizard.domain.snapshot_plan import SavedImage, SnapshotPlan
from avnwizard.domain.typed import Typed
from avnwizard.domain.version import Jump
from avnwizard.planned import PlannedStep

Handling = Literal["job", "surge", "recreate", "skip", "retire"]
"""A roll's strategy, or `retire`: the release no longer has the service."""
EnvAction = Literal["rename", "add", "set", "comment-out", "remove"]
"""`remove`: the release drops it from an env file that it brings itself."""


@dataclass(frozen=True)
class ReleaseRef:
    """A release tag and the commit that it names."""

    tag: str
    commit: str
    date: str


@dataclass(frozen=True)
class EnvEdit:
    """One edit of the operator's env file. `shown` is the value as it may be seen; secrets are `***`."""

    action: EnvAction
    key: str
    new_key: str
    shown: str
    why: str


@dataclass(frozen=True)
class Breaking:
    """A breaking item of the changelog that the operator acknowledged. `id` is "VERSION/N"."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Noticed:
    """What a release's notes say that is to be read, and that the project does not mark as breaking."""

    version: str
    kind: str
    title: str


@dataclass(frozen=True)
class ServicePlan:
    """What happens to one service.

    Attributes:
        image_old: what its container was made from, "" where it has none.
        image_pinned: what the current release's files name, where another image runs; else "".
        digest: the target image's digest in the registry, "" where it is only known once pulled.
        handover: for a surge, how requests pass from the old to the new.
        grace_s: how long its old containers may take to stop before they are killed.
        may_lose: what users or other services may lose meanwhile, "" for nothing.
        way_back: what a rollback does with it where its data does not go back with it; "" where it has none.
        data: what was decided of that, or follows from what is known; "" where nobody knows, or it has none.
        held: the volumes that a rollback puts back or empties.
        unseen: what its containers read and the release changes without Compose seeing it, such as a mounted file:
            they are replaced all the same.
        replicas: how many containers of it ran by the operator's scaling (`--scale`) and are kept, where these are
            more than the files name; of a service that is retired, how many ran. 0: as many as the files name.
        image_checked: its image brings a health check, and the compose file names none.
        successor: of a service that is retired, the one that has its routers in the release; "" for none.
        named: for a surge, the `container_name` that the new container takes over; "" for none.
        built: whether its image is built from the release's sources.
        pulled: whether its image is pulled; else it is built here, or `pull_policy` says so.
        ready: for a surge without a health check, how avnwizard itself asks whether the new one is ready.
        wave: services in a row with the same number are rolled at the same time; 0 is one on its own.
        databases: of a one-shot that runs at the same time as others, those that it works on; none of those does.
        migrate: the command by which its new image migrates its database first, where no one-shot does; () for none.
    """

    service: str
    strategy: Handling
    reason: str
    image_old: str
    image_new: str
    digest: str
    handover: Handover | None = None
    may_lose: str = ""
    grace_s: float = 10.0
    way_back: str = ""
    unseen: tuple[str, ...] = ()
    image_pinned: str = ""
    replicas: int = 0
    pulled: bool = True
    image_checked: bool = False
    successor: str = ""
    ready: Readiness | None = None
    wave: int = 0
    databases: tuple[str, ...] = ()
    data: DataWay | Literal[""] = ""
    held: tuple[HeldVolume, ...] = ()
    built: bool = False
    named: str = ""
    migrate: tuple[str, ...] = ()


@dataclass(frozen=True)
class MigrationStatement:
    """One statement of the release's SQL migrations that is more than additive."""

    file: str
    line: int
    kind: str
    why: str


def _unprobed() -> ProbePlan:
    return ProbePlan(off="the plan was made by an older avnwizard")


@dataclass(frozen=True)
class Again:
    """That an upgrade follows its own rollback: the databases that this set aside are put in place again.

    Attributes:
        stop: the services that are stopped meanwhile.
    """

    rollback: str
    databases: tuple[str, ...]
    stop: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """An upgrade, decided.

    Attributes:
        branch: the branch that HEAD was on, "" when detached.
        edited: tracked files whose local edits are carried over.
        verdict: what the release's SQL migrations mean, in words.
        changes: what the resolved compose model changes, in sentences.
        env_sha256: of the env file that the plan was made from.
        healthy_s: how long a container may take on top of its start period.
        drain_s: how long an old container stays once the new one is healthy, where nobody can tell that it is idle.
        drain_limit_s: how long its connections are waited for at most.
        probe: how the edge is probed while the plan is carried out.
        times_from: where the steps' expected times come from, in words.
        drift: what ran otherwise than the current release's files say, as the operator acknowledged it.
        migrations_read: whether the release's SQL was looked at; False where it has no folder of migrations.
        signature: what the target tag's signature is worth, in words; "" in a plan of an older avnwizard.
        changelog: how far the release's notes were read, in words; "" in a plan of an older avnwizard.
        bake_s: for how long the new release is watched once it was verified; 0 for not at all.
        image_rule: which of the images have to be signed, and by whose key.
        saved: the images that run now and are saved to a file, since a registry may not give them again.
        canary: whether a synthetic user goes along, in words; "" where there is nothing for it to sign in at.
        rehearsed: what the last rehearsal of this very release showed, a sentence each; () where there was none.
        postgres_also: further services whose databases are snapshotted and go back.
        postgres_outside: host and port of a server outside the project that is; "" where there is none.
        files_before: the compose files that run; `project` has those of the target.
        env_file_before: the env file, where the target calls it otherwise; None where it stays.
        split: how the release's migrations run in two parts, where the second is held back; else None.
        again: what undoing a rollback adds; the snapshot is that of the first time then. None for an upgrade.
    """

    product: str
    jump: Jump
    project: ComposeProject
    current: ReleaseRef
    target: ReleaseRef
    branch: str
    edited: tuple[str, ...]
    breaking: tuple[Breaking, ...]
    env: tuple[EnvEdit, ...]
    snapshot: SnapshotPlan
    services: tuple[ServicePlan, ...]
    steps: tuple[PlannedStep, ...]
    warnings: tuple[str, ...]
    postgres_service: str
    env_sha256: str
    verdict: str
    statements: tuple[MigrationStatement, ...]
    rollback_needs_restore: bool
    changes: tuple[str, ...]
    healthy_s: float
    drain_s: float
    drain_limit_s: float
    probe: ProbePlan = field(default_factory=_unprobed)
    times_from: str = ""
    again: Again | None = None
    drift: tuple[str, ...] = ()
    migrations_read: bool = True
    changelog: str = ""
    signature: str = ""
    notices: tuple[Noticed, ...] = ()
    bake_s: float = 0.0
    image_rule: ImageRule = field(default_factory=ImageRule)
    saved: tuple[SavedImage, ...] = ()
    canary: str = ""
    rehearsed: tuple[str, ...] = ()
    postgres_also: tuple[str, ...] = ()
    postgres_outside: str = ""
    files_before: tuple[Path, ...] = ()
    env_file_before: Path | None = None
    split: Split | None = None

    @property
    def project_before(self) -> ComposeProject:
        """The project with the files as they were: the target's, in `project`, may be called otherwise."""
        before = replace(self.project, files=self.files_before or self.project.files)
        return before.with_env_file(self.env_file_before) if self.env_file_before else before

    @property
    def env_file_that_ran(self) -> Path:
        """The env file of the release that is left."""
        return self.project_before.env_file

    @property
    def renames_files(self) -> bool:
        """Whether the names of the files that run do not tell which ones are the target's."""
        return self.env_file_before is not None or not tell_the_same(self.files_before, self.project.files)

    @property
    def has_database(self) -> bool:
        """Whether it was planned with a server that is snapshotted."""
        return bool(self.postgres_service or self.postgres_outside)

    def service(self, name: str) -> ServicePlan:
        """One service's part."""
        return next(part for part in self.services if part.service == name)


_ADAPTER: Typed[Plan] = Typed(Plan)


def to_json(plan: Plan) -> str:
    """The plan as JSON text, the same for the journal and for `plan --json`."""
    return _ADAPTER.to_json(plan)


def from_json(text: str) -> Plan:
    """A plan read back.

    Raises:
        RefusedError: another version of avnwizard wrote it, in another shape.
    """
    return _ADAPTER.planned(text, "run")
