"""Runs that a run carries as its steps, in its own process: written down, carried, and taken back.

The parent notes a child's name before the child is written down, so that a resumed parent finds it, or knows that
there is none yet. A child has its own journal, feed, report and hooks, as if an operator had started it.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from avnwizard.domain.plan import Plan
from avnwizard.engine import supervise
from avnwizard.engine.carried import WITHIN
from avnwizard.engine.feed import Event, FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.engine.step import AbortRequestedError, Probe, Step, StepContext
from avnwizard.errors import RefusedError, StepError
from avnwizard.flows.fleet.order import StackOrder
from avnwizard.flows.fleet.world import FleetWorld
from avnwizard.flows.holding import holding
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.plan import RollbackOptions
from avnwizard.flows.run import launch
from avnwizard.flows.run.carrying import give_up, to_its_end
from avnwizard.flows.run.going_back import plan_going_back
from avnwizard.flows.stack.run_folder import CARRIED, EDITED, ENV_AFTER, ENV_BEFORE, RunFolder
from avnwizard.flows.upgrade.flow import Upgrade
from avnwizard.flows.upgrade.planning import Prepared
from avnwizard.planned import StepKind

CHILD, BACK = "run", "back"
"""Facts of a parent's step: the run that it carries, and the one that takes that back."""
_FOLDER = "stacks"
_LISTEN_S = 0.3


class CarriesChild(Step):
    """A step of a fleet whose work is a run of one stack's own; taken back, that run is."""

    kind = StepKind.OTHER

    def __init__(self, world: FleetWorld, one: StackOrder) -> None:
        self._world, self._one = world, one

    def probe(self, ctx: StepContext) -> Probe:
        """The child goes on from where it stands."""
        return Probe.HALF_DONE if ctx.recall().get(CHILD) else Probe.NOT_DONE

    def undo(self, ctx: StepContext) -> None:
        """Take the child back, while the others serve."""
        if child := ctx.recall(self.name).get(CHILD):
            self._world.require_out(self._one.name)
            take_back(ctx, self._world.host, self._world.host_of(self._one), child)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether nothing of the child is left."""
        child = ctx.recall(self.name).get(CHILD)
        gone = not child or is_taken_back(self._world.host_of(self._one), child)
        return Probe.DONE if gone else Probe.HALF_DONE


def keep(parent: Host, folder: Path, name: str, host: Host, prepared: Prepared) -> None:
    """Keep what a child needs in the parent's folder, until it is written down.

    Args:
        folder: the parent's.
        host: the stack that the child upgrades.
    """
    parent.files.make(folder / _FOLDER)
    kept = RunFolder(folder / _FOLDER / name, parent.files)
    launch.save_prepared(kept, prepared, no_env=host.stack.project.env_absent)


def upgrade(ctx: StepContext, parent: Host, name: str, host: Host, plan: Plan) -> str:
    """Write a stack's upgrade down where that was not done yet, and carry it to its end; its name.

    Raises:
        StepError: it stopped.
        RefusedError: the stack changed since the plan was made.
    """

    def write(journal: Journal, run: str) -> None:
        kept = RunFolder(parent.state.run(ctx.run) / _FOLDER / name, parent.files)
        prepared = Prepared(
            plan, kept.env(ENV_BEFORE), kept.env(ENV_AFTER), kept.contents(EDITED), kept.contents(CARRIED), kept.edits
        )
        launch.write_upgrade(host, journal, run, prepared)

    return begin(ctx, parent, host, "upgrade", write)


def begin(ctx: StepContext, parent: Host, host: Host, kind: str, write: Callable[[Journal, str], None]) -> str:
    """Write a run down where that was not done yet, and carry it to its end; its name.

    Args:
        write: writes it down under a name, while the stack's lock is held.

    Raises:
        StepError: it stopped.
        RefusedError: the stack changed since the plan was made.
    """
    journal = host.journal()
    run = ctx.recall().get(CHILD) or supervise.fresh_run_id(journal.runs())
    ctx.note(**{CHILD: run})
    if _known(journal, run) is None:
        with ctx.effect("write-down"), _held(parent, host, run, kind):
            _require_none_unfinished(journal, ctx.run)
            write(journal, run)
    journal.note(run, "", {WITHIN: ctx.run})
    _carry(ctx, parent, host, journal, run)
    return run


def take_back(ctx: StepContext, parent: Host, host: Host, child: str) -> None:
    """Roll a child back, with nothing left to decide; nothing to do where it never began.

    Raises:
        StepError: it needs a decision, or the rollback stopped.
    """
    journal = host.journal()
    record = _known(journal, child)
    if record is None or record.state in {"undone", "given up"}:
        return
    if all(step.state == "pending" for step in journal.steps(child)):
        give_up(journal, child)
        return
    run = ctx.recall(ctx.step).get(BACK) or supervise.fresh_run_id(journal.runs())
    ctx.note(**{BACK: run})
    if _known(journal, run) is None:
        if record.kind == Upgrade.kind:
            _write_rollback(ctx, parent, host, run, record)
        else:
            with ctx.effect("write-down"), _held(parent, host, run, "undo"):
                launch.write_undo(host, journal, run, record)
    journal.note(run, "", {WITHIN: ctx.run})
    _carry(ctx, parent, host, journal, run)


def _write_rollback(ctx: StepContext, parent: Host, host: Host, run: str, record: RunRecord) -> None:
    """All stacks serve on the schema as it is: the plan was refused where they could not."""
    journal = host.journal()
    plan = plan_going_back(host, journal, record, RollbackOptions(unrestored=True))
    if plan.restore or plan.consent:
        why = f"would restore databases that all stacks use ({plan.why})" if plan.restore else plan.consent[0][1]
        raise StepError(
            f"Going back from {record.id} needs you: {why}",
            f"Look first: avnwizard rollback {record.id} --stack {host.repo.directory} --dry-run",
        )
    with ctx.effect("write-down"), _held(parent, host, run, "rollback"):
        launch.write_rollback(host, journal, run, record, plan)


def is_taken_back(host: Host, child: str) -> bool:
    """Whether nothing of a child is left."""
    record = _known(host.journal(), child)
    return record is None or record.state in {"undone", "given up"}


def _known(journal: Journal, run: str) -> RunRecord | None:
    return next((record for record in journal.runs() if record.id == run), None)


@contextlib.contextmanager
def _held(parent: Host, host: Host, run: str, kind: str) -> Iterator[None]:
    """The stack's lock, which the parent holds already where it is its own."""
    if host.lock == parent.lock:
        yield
        return
    with holding(host, run=run, kind=kind):
        yield


def _require_none_unfinished(journal: Journal, parent: str) -> None:
    for other in journal.runs():
        if other.state in UNFINISHED and other.id != parent:
            raise RefusedError(f"Run {other.id} is unfinished ({other.state}).", f"avnwizard resume {other.id}")


def _carry(ctx: StepContext, parent: Host, host: Host, journal: Journal, run: str) -> None:
    record = journal.run(run)
    if record.state == "done":
        return
    with _held(parent, host, run, record.kind):
        feed = FeedWriter(host.state.feed(run))
        feed.listen(lambda event: _pass_on(ctx, run, event))
        ctx.say(f"run {run} in {host.repo.directory}: {record.title}")
        with _obeying(parent.journal, ctx.run, host.journal, run):
            state = to_its_end(host, journal, feed, record)
    if state == "aborted":
        raise AbortRequestedError("Stopped on your request.")
    if state != "done":
        stopped = journal.run(run)
        raise StepError(f"Run {run}: {stopped.message}", stopped.hint)


def _pass_on(ctx: StepContext, run: str, event: Event) -> None:
    """Let those who watch the parent hear the child."""
    if event.kind == "say":
        ctx.say(event.text)
    elif event.kind == "step" and event.data.get("state") in {"started", "failed"}:
        ctx.say(f"{run} | {event.step}: {event.data['state']}")


@contextlib.contextmanager
def _obeying(parent: Callable[[], Journal], above: str, own: Callable[[], Journal], run: str) -> Iterator[None]:
    """Ask the child to stop as soon as somebody asks the parent."""
    over = threading.Event()

    def listen() -> None:
        journal, mine = parent(), own()
        while not over.wait(_LISTEN_S):
            if journal.asked(above, "abort"):
                mine.post(run, "abort")
                return

    thread = threading.Thread(target=listen, name="obeying", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5.0)
