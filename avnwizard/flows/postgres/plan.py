"""The plan of a new Postgres major: frozen, JSON, and without a secret."""

from dataclasses import dataclass

from avnwizard.domain.postgres.compose_edit import ServerMove
from avnwizard.domain.postgres.major import Way
from avnwizard.domain.probing.route import ProbePlan
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.typed import Typed


@dataclass(frozen=True)
class WayOffer:
    """One way, with its price.

    Attributes:
        why_not: why it cannot be gone here, "" where it can.
        interruption_s: how long the stack is expected to be away, in seconds.
        needed_bytes: on the disk of the database, while the old volume is kept.
        back: until when and how one goes back.
        risk: what this way asks of the database or the operator, "" for nothing worth a word.
    """

    way: Way
    title: str
    why_not: str
    interruption_s: float
    needed_bytes: int
    back: str
    risk: str = ""


@dataclass(frozen=True)
class MajorPlan:
    """From one major to another.

    Attributes:
        project: the Compose project's name.
        service: the compose service.
        image_old_id, image_new_id: content ids.
        volume_old, volume_new: names on the engine; `key` is the compose file's name for either.
        pgdata: where the new image keeps its data.
        compose_file: the file that is edited, from the top of the checkout.
        databases: (name, bytes).
        stop: the services that are stopped meanwhile, or paused, dependencies first.
        pauses: whether those are paused, where the engine can do that.
        stops: (what stands in the way, what to do); nothing can run while there is one.
        notes: what becomes otherwise, or what to know, a sentence each.
        initdb: what the new cluster is made with.
        superuser: the role that initdb made.
        checksums: whether the old cluster has data checksums.
        data_old: the data's folder in the old volume.
        free_bytes: where the server keeps its data; None where that cannot be seen.
        poolers, held: PgBouncer's services, and those that it holds meanwhile instead of having them stopped.
        keep_reverse_s: how long the old server follows the new one afterwards, in seconds; 0 for not at all.
        restarts: whether the old server is started again before it can be followed.
        healthy_s: how long the new server and the services may take.
    """

    project: str
    service: str
    version_old: str
    major_old: int
    major_new: int
    image_old: str
    image_old_id: str
    image_new: str
    image_new_id: str
    volume_old: str
    volume_new: str
    key: str
    mount_old: str
    mount_new: str
    pgdata: str
    compose_file: str
    way: Way
    ways: tuple[WayOffer, ...]
    databases: tuple[tuple[str, int], ...]
    stop: tuple[str, ...]
    snapshot: SnapshotPlan
    probe: ProbePlan
    stops: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    initdb: tuple[str, ...] = ()
    superuser: str = ""
    checksums: bool = False
    data_old: str = "."
    free_bytes: int | None = None
    healthy_s: float = 120.0
    restarts: bool = False
    keep_reverse_s: float = 0.0
    poolers: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    pauses: bool = False

    @property
    def move(self) -> ServerMove:
        """The edit of the compose file."""
        return ServerMove(self.service, self.image_new, self.mount_old, self.mount_new, self.volume_new)

    @property
    def helper(self) -> str:
        """The name of the container in which the new server is made ready."""
        return f"{self.volume_new}_server"

    @property
    def follower(self) -> str:
        """The name of the container in which the old server follows the new one."""
        return f"{self.volume_new}_back"

    @property
    def total_bytes(self) -> int:
        """Of all databases."""
        return sum(size for _, size in self.databases)


_ADAPTER: Typed[MajorPlan] = Typed(MajorPlan)


def to_json(plan: MajorPlan) -> str:
    """For the journal, and for `--json`."""
    return _ADAPTER.to_json(plan)


def from_json(text: str) -> MajorPlan:
    """Read back from the journal.

    Raises:
        RefusedError: another version wrote it.
    """
    return _ADAPTER.planned(text, "Postgres upgrade")
