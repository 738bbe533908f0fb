"""The unfinished run of a stack, as a finding: what is left of it, and what goes on."""

from collections.abc import Callable, Iterator, Sequence

from avnwizard.domain.drift import Drifted
from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.words import count, verb
from avnwizard.engine.carried import apart
from avnwizard.engine.lock import holder
from avnwizard.engine.records import UNFINISHED, RunRecord, StepRecord
from avnwizard.flows.host import Host
from avnwizard.flows.run.registry import flow_of, known_kinds
from avnwizard.planned import StepKind

_MOVES = frozenset({StepKind.FILES, StepKind.JOB, StepKind.ROLL, StepKind.RETIRE})
"""Once one of these has begun, the files and the services may be of two releases."""


def half_done(runs: Sequence[RunRecord], steps: Callable[[str], Sequence[StepRecord]]) -> RunRecord | None:
    """The unfinished run that has moved a part of the stack to another release: what runs is of two on purpose.

    Args:
        runs: newest first.
        steps: gives those of a run.
    """
    for run in runs:
        if run.state in UNFINISHED and any(one.kind in _MOVES and one.state != "pending" for one in steps(run.id)):
            return run
    return None


def between_releases(half: RunRecord, found: Drifted) -> Iterator[Finding]:
    """While a run is half done, services of two releases run on purpose: nobody is to bring them in step by hand."""
    if found.drifts:
        many = count(len(found.drifts), "service")
        files = f"{printable(found.tag)}'s files" if found.tag else "the files"
        yield Finding(
            "drift", "warn",
            f"{many} {verb(len(found.drifts), 'does', 'do')} not run what {files} say: run {half.id} "
            f"({printable(half.title, limit=60)}) is half done.",
            "Finish that run or roll it back. Do not bring the services in step by hand.",
        )  # fmt: skip


def unfinished_run(host: Host) -> Finding | None:
    """Of the runs that did not finish, the newest that changed something, else the newest; None for none."""
    journal = host.journal()
    runs = [run for run in apart(journal) if run.state in UNFINISHED]
    if not runs:
        return None
    known, steps = known_kinds(), {run.id: journal.steps(run.id) for run in runs}
    harmless = [run for run in runs if run.kind in known and flow_of(run).left_nothing(steps[run.id])]
    grave = [run for run in runs if run not in harmless]
    run = (grave or harmless)[0]
    title = f"Run {run.id} ({printable(run.title, limit=60)})"
    if holder(host.lock).get("run") == run.id:
        return Finding("runs", "stop" if grave else "warn", f"{title} is at work.", f"avnwizard attach {run.id}")
    title += f" is unfinished ({run.state})."
    if not grave:
        return Finding("runs", "warn", f"{title} It changed nothing yet.", f"avnwizard resume {run.id}")
    begun = {step.kind for step in steps[run.id] if step.state != "pending"}
    starts = [step for step in steps[run.id] if step.kind is StepKind.START]
    waiting = StepKind.STOP in begun and any(step.state != "done" for step in starts)
    stopped = " Services that it stopped stay stopped until it goes on." if waiting else ""
    back = "" if run.undoes else f", or avnwizard rollback {run.id}"
    return Finding("runs", "stop", f"{title}{stopped}", f"avnwizard resume {run.id}{back}")
