"""The plan of a rehearsal: frozen, JSON, and without a secret. The generated models are in the run's folder."""

from dataclasses import dataclass

from avnwizard.domain.rehearsal.order import DataPlace, Isolation, LeftOut, Limits, Mark
from avnwizard.domain.typed import Typed


@dataclass(frozen=True)
class Actor:
    """One service of a generated model, as it is started.

    Attributes:
        job: whether it is a one-shot.
        limit_s: how long it may take until it is healthy, or has ended.
        migrate: the command by which its image migrates its database first, as in an upgrade; () for none.
    """

    service: str
    image: str
    job: bool
    limit_s: float
    migrate: tuple[str, ...] = ()


@dataclass(frozen=True)
class RehearsalPlan:
    """A release, rehearsed.

    Attributes:
        live: the name of the live project.
        tag, commit: of the release; `old_tag` is the one that runs.
        limits: what each container of the copy may use.
        data: where the copied database lies; None where none is copied, `why_no_data` says why.
        database: the compose service that is the database, "" for none.
        databases: (name, bytes).
        target: the release's services, dependencies first, without the database.
        old: the old release's, without its one-shots.
        pull: the images that are not here yet.
        left_out: the services that the copy has not.
        notes: what else is otherwise than in the live stack, a sentence each.
        unsafe: (path on the host, why no container of the copy may see it).
        old_at_once: how many of the old services are started at the same time.
        check: the operator's command, () for none.
        needed_bytes: on the engine's disk; `free_bytes` is what there is, None where that cannot be seen.
        needed_memory: of the engine's host, in bytes.
        max_load: the load for each processor above which it does not begin.
    """

    live: str
    tag: str
    commit: str
    old_tag: str
    limits: Limits
    data: DataPlace | None
    database: str
    database_limit_s: float
    databases: tuple[tuple[str, int], ...]
    target: tuple[Actor, ...]
    old: tuple[Actor, ...]
    pull: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    unsafe: tuple[tuple[str, str], ...]
    old_at_once: int
    check: tuple[str, ...]
    check_s: float
    empty_tables: tuple[str, ...]
    needed_bytes: int
    free_bytes: int | None
    needed_memory: int
    max_load: float
    why_no_data: str = ""

    @property
    def mark(self) -> Mark:
        """Whose rehearsal it is."""
        return Mark(self.live)

    @property
    def isolation(self) -> Isolation:
        """What the proof needs to know."""
        return Isolation(self.mark, self.limits, self.data, unsafe=dict(self.unsafe))

    @property
    def total_bytes(self) -> int:
        """Of all databases that are copied."""
        return sum(size for _, size in self.databases)


_ADAPTER: Typed[RehearsalPlan] = Typed(RehearsalPlan)


def to_json(plan: RehearsalPlan) -> str:
    """For the journal, and for `--json`."""
    return _ADAPTER.to_json(plan)


def from_json(text: str) -> RehearsalPlan:
    """Read back from the journal.

    Raises:
        RefusedError: another version wrote it.
    """
    return _ADAPTER.planned(text, "rehearsal", "Plan it again: avnwizard rehearse --to TAG")
