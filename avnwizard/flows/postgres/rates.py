"""How fast this host writes and copies databases, from its own earlier runs."""

from dataclasses import dataclass, replace

from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.plan import MajorPlan, from_json
from avnwizard.planned import StepKind

_RESTORED = "restored"
_KIND = "postgres"
_LEAST_S, _LEAST_BYTES = 0.5, 1_000_000
"""Below either a duration is mostly the tools' own start, and says nothing of a rate."""


@dataclass(frozen=True)
class Rates:
    """Bytes a second.

    Attributes:
        restore_bytes_s: a database written again with its indexes.
        copy_bytes_s: files from one volume to another.
        stop_s: to stop the services and start them again.
        switch_s: to pause them and let them go on, and to exchange the server.
        upgrade_s: pg_upgrade on a copy, from the stop of the old server on.
        sources: where they come from, a clause each; () where all of it is a guess.
    """

    restore_bytes_s: float = 15_000_000.0
    copy_bytes_s: float = 150_000_000.0
    stop_s: float = 10.0
    switch_s: float = 3.0
    upgrade_s: float = 6.0
    sources: tuple[str, ...] = ()


def measured(host: Host, total_bytes: int) -> Rates:
    """From the newest runs that tell; cautious guesses for the rest.

    Args:
        total_bytes: of all databases, now: a snapshot's step does not say how large they were.
    """
    found, journal = Rates(), host.journal()
    known: set[str] = set()
    for run in journal.runs():
        plan = _plan(run)
        for step in journal.steps(run.id):
            took = step.finished_at - step.started_at
            if step.state == "done" and took >= _LEAST_S:
                found = _learned(found, known, step, took, plan, total_bytes)
    return found


def _learned(
    found: Rates, known: set[str], step: StepRecord, took: float, plan: MajorPlan | None, total_bytes: int
) -> Rates:
    if step.kind is StepKind.SNAPSHOT and step.facts.get("proof") == _RESTORED and total_bytes >= _LEAST_BYTES:
        if "restore" not in known:
            known.add("restore")
            said = "restoring by the last snapshot that was restored to prove it"
            found = replace(found, restore_bytes_s=total_bytes / took, sources=(*found.sources, said))
    elif plan is not None and step.name == "move" and plan.way == "copy" and "upgrade" not in known:
        known.add("upgrade")
        found = replace(found, upgrade_s=took, sources=(*found.sources, "pg_upgrade by the last one here"))
    elif plan is not None and step.name == "move" and plan.way == "cold" and "copy" not in known:
        known.add("copy")
        rate = max(plan.total_bytes, _LEAST_BYTES) / took
        found = replace(found, copy_bytes_s=rate, sources=(*found.sources, "copying by the last cold copy here"))
    return found


def _plan(run: RunRecord) -> MajorPlan | None:
    try:
        return from_json(run.plan) if run.kind == _KIND and not run.undoes else None
    except RefusedError:  # of another version
        return None
