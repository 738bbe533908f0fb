"""What the databases were before the upgrade, as snapshot and journal tell, and what became of them since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from avnwizard.domain.plan import Plan, from_json
from avnwizard.domain.postgres.names import is_aside
from avnwizard.domain.postgres.writes import (
    TableWrites,
    WriteCounters,
    Written,
    apart,
    together,
    without,
    written_between,
)
from avnwizard.domain.typed import Typed
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import StepRecord
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.snapshots import Manifest
from avnwizard.planned import StepKind
from avnwizard.ports import Database

_COUNTERS: Typed[WriteCounters] = Typed(WriteCounters)
_BEFORE = 1
"""The first place where one-shots meet that run at the same time."""
_EACH_COMES = float("inf")
"""Each of them comes there, or leaves their wave."""
_WRITES: Typed[tuple[TableWrites, ...]] = Typed(tuple[TableWrites, ...])


@dataclass(frozen=True)
class JobSeen:
    """What a one-shot did to the databases, as its step noted.

    Attributes:
        moved: database -> fingerprint of its schema after the job, for those whose schema it changed.
        wrote: database -> rows written while it ran; None while it runs, and where a crash left that unknown.
        begun: database -> what had been counted when it was started (the last time), while `wrote` is None.
        earlier: database -> rows written in attempts before that.
    """

    service: str
    moved: Mapping[str, str]
    wrote: Mapping[str, Written] | None
    begun: Mapping[str, WriteCounters] = field(default_factory=dict)
    earlier: Mapping[str, Written] = field(default_factory=dict)

    def wrote_to(self, database: str) -> Written:
        """Rows that are known to have been written to a database while it ran."""
        return (self.earlier if self.wrote is None else self.wrote).get(database, Written())


@dataclass(frozen=True)
class Baseline:
    """The state before, by which a rollback is judged.

    Attributes:
        manifest: of the snapshot; None where none was taken.
        schemas: database -> fingerprint before: the snapshot's, else as the first one-shot found it.
        jobs: the one-shots that were begun, in order.
    """

    manifest: Manifest | None
    schemas: Mapping[str, str] = field(default_factory=dict)
    jobs: tuple[JobSeen, ...] = ()


def look_before_job(ctx: StepContext, host: Host, own: Collection[str] = (), alongside: Collection[str] = ()) -> None:
    """Note schemas (once) and counters (at every start) before a one-shot starts.

    A one-shot that is started again after a failure or a crash opens a window of its own: what was written between
    is the users'. A database that does not answer is not noted; the job itself will say what is wrong with it.

    Those that start at the same time are looked at once, before the first of them starts; each counts what is written
    to its own databases, and a database of one that has started before is left alone.

    Args:
        own: the databases that it works on, where others run at the same time; () for all.
        alongside: those that the others work on.
    """
    if not host.has_database:
        return

    def look(orders: Sequence[Collection[str]]) -> dict[str, tuple[str, WriteCounters]]:
        busy = set(alongside).difference(*orders)
        try:
            database = host.database()
            names = [one.name for one in database.databases() if not is_aside(one.name) and one.name not in busy]
            return database.look(names)
        except HostError:
            return {}

    noted = ctx.recall()
    seen = ctx.together(_BEFORE, own, look, patience_s=_EACH_COMES)
    seen = {name: found for name, found in seen.items() if name not in alongside}
    if not seen:
        return
    schemas = noted.get("schemas") or {name: schema for name, (schema, _) in seen.items()}
    counters = {
        name: _COUNTERS.adapter.dump_python(counted, mode="json")
        for name, (_, counted) in seen.items()
        if not own or name in own
    }
    ctx.note(schemas=schemas, counters=counters, earlier=noted.get("wrote") or {}, wrote=None)


def look_after_job(ctx: StepContext, host: Host) -> None:
    """Note which schemas a one-shot moved and what was written meanwhile, whether it succeeded or not."""
    noted = ctx.recall()
    if "counters" not in noted:
        return
    try:
        database = host.database()
        there = {one.name for one in database.databases()}
        counted = [name for name in noted["counters"] if name in there]
        seen = database.look([*counted, *(name for name in noted["schemas"] if name in there.difference(counted))])
    except HostError:
        return  # what it wrote is then reported together with what the users wrote
    wrote = {
        name: together([_since(seen[name][1], noted["counters"][name]), _read(noted["earlier"].get(name, ()))])
        for name in counted
    }
    was = noted["schemas"]
    moved = {name: schema for name, (schema, _) in seen.items() if name in was and schema != was[name]}
    ctx.note(
        moved=moved,
        wrote={name: _WRITES.adapter.dump_python(found.tables, mode="json") for name, found in wrote.items()},
    )


def _since(now: WriteCounters, noted: Any) -> Written:
    return written_between(_COUNTERS.adapter.validate_python(noted), now)


def _read(noted: Any) -> Written:
    return Written(_WRITES.adapter.validate_python(noted))


def baseline(host: Host, journal: Journal, plan: Plan, run: str) -> Baseline:
    """Read the state before from the snapshot and the journal."""
    manifest = None
    if plan.snapshot.taken:
        try:
            manifest = snapshots.load(host.files, plan.snapshot.folder)
        except HostError:
            manifest = None
    schemas: dict[str, str] = {}
    jobs = []
    for step in _steps_since(journal, plan, run):
        if step.kind is not StepKind.JOB or step.state == "pending":
            continue
        facts = step.facts
        schemas = dict(facts.get("schemas", {})) | schemas
        jobs.append(_job(step.service, facts))
    if manifest:
        schemas = {one.name: one.fingerprint for one in manifest.databases}
    return Baseline(manifest, schemas, tuple(jobs))


def _steps_since(journal: Journal, plan: Plan, run: str) -> list[StepRecord]:
    """A run's steps; where it undoes a rollback, after those of the upgrade that this had undone."""
    if plan.again is None:
        return journal.steps(run)
    first = journal.run(journal.run(plan.again.rollback).undoes)
    return [*_steps_since(journal, from_json(first.plan), first.id), *journal.steps(run)]


def _job(service: str, facts: Mapping[str, Any]) -> JobSeen:
    moved = facts.get("moved") or {}
    if facts.get("wrote") is None:
        begun = {
            name: _COUNTERS.adapter.validate_python(found) for name, found in (facts.get("counters") or {}).items()
        }
        earlier = {name: _read(tables) for name, tables in (facts.get("earlier") or {}).items()}
        return JobSeen(service, moved, None, begun, earlier)
    return JobSeen(service, moved, {name: _read(tables) for name, tables in facts["wrote"].items()})


def written_since(
    database: Database,
    known: Baseline,
    names: Iterable[str],
    live: Mapping[str, str] | None = None,
    *,
    migrating: bool = False,
) -> tuple[tuple[tuple[str, Written], ...], Written]:
    """(database -> what its users wrote since the snapshot, what was written while the migrations ran).

    Args:
        live: name in the snapshot -> the name under which that database lies now, where it was renamed.
        migrating: a one-shot is at work at this moment: the users' rows are counted as of its start, and all that was
            written since as its own. Without it, rows of a one-shot that a crash cut off count as the users'.
    """
    wanted = set(names)
    lost: list[tuple[str, Written]] = []
    migrated: list[Written] = []
    for one in known.manifest.databases if known.manifest else ():
        if one.name not in wanted:
            continue
        if one.counters is None:
            lost.append((one.name, Written(exact=False)))
            continue
        now = database.write_counters((live or {}).get(one.name, one.name))
        until = _begun(known, one.name) if migrating else None
        found = written_between(one.counters, until or now)
        theirs = together(job.wrote_to(one.name) for job in known.jobs)
        rest, records = apart(without(found, theirs.tables))
        lost.append((one.name, rest))
        migrated.append(together([theirs, records, *([written_between(until, now)] if until else ())]))
    return tuple(lost), together(migrated)


def _begun(known: Baseline, name: str) -> WriteCounters | None:
    """What had been counted when the one-shot that is at work was started."""
    open_jobs = [job for job in known.jobs if job.wrote is None and name in job.begun]
    return open_jobs[-1].begun[name] if open_jobs else None
