"""Whether the databases must go back with the code, and what that costs at this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from avnwizard.domain.going_back import GoingBack
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.postgres.writes import Written
from avnwizard.engine.records import StepRecord
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.out_of_sight import changed_unseen, has_verdict, no_database_here, runs_release
from avnwizard.flows.stack.baseline import Baseline, written_since
from avnwizard.flows.stack.begun import one_shots, rolled
from avnwizard.planned import StepKind
from avnwizard.ports import Database

_ROLL_S = 10.0
"""How long one service takes to stop and become healthy again, where none was measured."""
_BYTES_PER_S = 20e6
"""Restored bytes of a database as it lies on disk, per second, where no snapshot was timed."""
_RESTORE_TO_DUMP = 3.0
"""A restore builds every index again; a dump only reads."""
_SWAP_S = 1.0
"""Renaming one database, its connections ended."""
_FILES_S = 2.0


@dataclass(frozen=True)
class Verdict:
    """Whether going back needs the snapshot.

    Attributes:
        moved: the databases whose schema is another one than before.
        unseen: one-shots that may have changed a database which does not go back.
        blind: Postgres itself does not answer; it goes back first.
    """

    restore: bool
    why: str
    moved: tuple[str, ...] = ()
    blind: bool = False
    unseen: tuple[str, ...] = ()


def judge(host: Host, plan: Plan, begun: Sequence[StepRecord], known: Baseline) -> Verdict:
    """Compare the schemas with the previous ones, and explain what moved.

    Raises:
        HostError: the database does not answer, and no step of the run is the cause.
    """
    if not any(step.kind.touches_data for step in begun):
        return Verdict(False, "no migration was started and no new code ran")
    return replace(_judge(host, plan, begun, known), unseen=changed_unseen(host, plan, begun))


def _judge(host: Host, plan: Plan, begun: Sequence[StepRecord], known: Baseline) -> Verdict:
    if not host.has_database:
        if known.schemas:
            raise HostError(
                "The stack had databases before the upgrade, and no service of Postgres is to be seen now.",
                "Start it, or name it in avnwizard.toml: [postgres] service; then roll back.",
            )
        return Verdict(False, no_database_here(changed_unseen(host, plan, begun)))
    try:
        database = host.database()
        there = {one.name for one in database.databases()}
        now = {name: database.fingerprint(name) if name in there else "" for name in known.schemas}
    except HostError:
        if known.manifest is None or rolled(begun).isdisjoint(host.choice.services):
            raise
        return _blind(known)
    return _weigh(host, plan, known, now)


def alone(verdict: Verdict, begun: Sequence[StepRecord]) -> Verdict:
    """The verdict where the operator lets the code go back without the databases that would have to go with it."""
    jobs = one_shots(begun)
    return replace(verdict, restore=False, unseen=verdict.unseen or jobs or ("the newer release",))


def foreseen(plan: Plan, jobs: Sequence[str], before: Verdict | None) -> Verdict:
    """What going back will need once the one-shots that are at work have ended, by what was read of them.

    Their databases are not looked at: to describe a view locks its tables until all is described, and a migration
    that wants them in another order is ended by the deadlock (PostgreSQL 16 and 18, tried).

    Args:
        before: the verdict before it was started, where there is one.
    """
    unseen = before.unseen if before else ()
    if before and before.restore:
        return before
    if has_verdict(plan) and not plan.rollback_needs_restore and all(runs_release(plan, job) for job in jobs):
        return Verdict(False, "the migration at work only changes what the old code can work with", unseen=unseen)
    if not plan.has_database:
        return Verdict(False, no_database_here((*unseen, *jobs)), unseen=(*unseen, *jobs))
    unseen = (*unseen, *jobs) if plan.snapshot.not_held else unseen
    return Verdict(True, "the migration at work may change what the old code works on", unseen=unseen)


def _weigh(host: Host, plan: Plan, known: Baseline, now: Mapping[str, str]) -> Verdict:
    moved = tuple(name for name, schema in known.schemas.items() if now[name] != schema)
    if not known.schemas:
        return Verdict(True, "nobody knows what the schema was before: there is no snapshot")
    if not moved:
        return Verdict(
            False, "the schema is as it was before the upgrade, so the old code can go on with the data of now"
        )
    unsafe = [name for name in moved if not _is_compatible(host, plan, known, name, now[name])]
    if unsafe:
        return Verdict(True, f"the schema of {_listed(unsafe)} moved: the old code cannot work on it", moved)
    return Verdict(
        False, f"the schema of {_listed(moved)} moved, but only in ways that the old code can work with", moved
    )


def _blind(known: Baseline) -> Verdict:
    """Postgres itself is what broke: only what the one-shots noted shows the schema."""
    moved = {name for job in known.jobs for name in job.moved}
    if not moved and all(job.wrote is not None for job in known.jobs):
        return Verdict(False, "Postgres does not answer, but the migrations left the schema as it was", blind=True)
    why = "Postgres does not answer, and the migrations moved the schema, or may have"
    return Verdict(True, why, tuple(known.schemas), blind=True)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(printable(name, limit=63) for name in names)


def _is_compatible(host: Host, plan: Plan, known: Baseline, name: str, now: str) -> bool:
    """Vouched for in `avnwizard.toml`, or wholly the work of migrations that were read and judged compatible."""
    if name in host.config.rollback.compatible:
        return True
    movers = [job for job in known.jobs if name in job.moved]
    unknown = any(job.wrote is None for job in known.jobs)
    if plan.rollback_needs_restore or not has_verdict(plan) or unknown or not movers:
        return False
    return movers[-1].moved[name] == now and all(runs_release(plan, job.service) for job in movers)


def cost_of(
    host: Host,
    plan: Plan,
    steps: Sequence[StepRecord],
    known: Baseline,
    verdict: Verdict,
    *,
    restore: bool,
    kept: bool = True,
    migrating: bool = False,
) -> GoingBack:
    """What going back costs now.

    Args:
        restore: whether the databases go back: as the verdict says, or since the operator wants it.
        kept: whether to count what was written also where nothing of it is lost.
        migrating: whether a one-shot of the run is at work at this moment.

    Raises:
        HostError: the database does not answer.
    """
    lost: tuple[tuple[str, Written], ...] = ()
    migrated = Written()
    if verdict.blind:
        lost = tuple((name, Written(exact=False)) for name in restored(known, verdict))
    elif known.manifest and host.has_database and (restore or kept):
        database = host.database()
        names = restored(known, verdict, there=_names(database))
        lost, migrated = written_since(database, known, names, migrating=migrating)
    interruption_s, restore_s, measured = _times(plan, steps, known, restore=restore)
    return GoingBack(
        restore=restore,
        why=verdict.why,
        since=known.manifest.taken_at if known.manifest else 0.0,
        lost=lost,
        migrated=migrated,
        interruption_s=interruption_s,
        total_s=interruption_s + restore_s + _FILES_S,
        measured=measured,
        migrating=migrating,
        stays=verdict.unseen,
    )


def restored(known: Baseline, verdict: Verdict, *, there: set[str] | None = None) -> list[str]:
    """The databases that a restore puts back: all that hold tables go together, so that they agree."""
    manifest = known.manifest
    names = [one.name for one in manifest.databases if one.name in verdict.moved or one.rows] if manifest else []
    return [name for name in names if there is None or name in there]


def _names(database: Database) -> set[str]:
    return {one.name for one in database.databases()}


def _times(plan: Plan, steps: Sequence[StepRecord], known: Baseline, *, restore: bool) -> tuple[float, float, bool]:
    """(seconds of interruption, seconds of restoring alongside, whether all follows from measurements)."""
    rolled_s = {
        step.service: step.finished_at - step.started_at
        for step in steps
        if step.kind is StepKind.ROLL and step.state == "done" and step.started_at
    }
    rolls = list(rolled_s.values())
    usual = median(rolls) if rolls else _ROLL_S
    begun = {step.service for step in steps if step.state != "pending"}

    def away(service: str) -> float:
        return max(rolled_s.get(service, usual), 0.0)

    touched = [part for part in plan.services if part.strategy != "job" and part.service in begun]
    if not restore:
        dark = sum(away(part.service) for part in touched if part.strategy in {"recreate", "retire"})
        return dark, 0.0, bool(rolls) or not touched
    count = len(known.manifest.databases) if known.manifest else 0
    every = [part for part in plan.services if part.strategy not in {"job", "retire"}]
    dark = _SWAP_S * count + sum(away(part.service) for part in every)
    restoring, timed = _restoring(known)
    return dark, restoring, bool(rolls) and timed


def _restoring(known: Baseline) -> tuple[float, bool]:
    """Seconds of restoring alongside: as the snapshot's proof took, else by what its dumps took, else by size."""
    databases = known.manifest.databases if known.manifest else ()
    proven = [one.restore_s for one in databases]
    if proven and all(proven):
        return sum(proven), True
    dumped = [one.dump_s for one in databases]
    if dumped and all(dumped):
        return sum(dumped) * _RESTORE_TO_DUMP, True
    return sum(one.size_bytes for one in databases) / _BYTES_PER_S, False
