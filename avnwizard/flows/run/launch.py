"""Write a run down and start the process that carries it; carry it, in that process."""

import contextlib
import hashlib
import signal
import sys
import threading
import time
from collections.abc import Callable
from subprocess import Popen

from avnwizard import __version__
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import from_json, to_json
from avnwizard.engine import supervise
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import VERSION, Journal
from avnwizard.engine.records import UNFINISHED, RunRecord, RunState
from avnwizard.errors import BusyError, RefusedError, StepError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.flow import Flow
from avnwizard.flows.holding import holding, require_free
from avnwizard.flows.host import Host
from avnwizard.flows.rollback import planning as rollback
from avnwizard.flows.rollback.flow import Rollback
from avnwizard.flows.rollback.newer_secrets import keep_newer, rotated_since
from avnwizard.flows.rollback.plan import RollbackPlan, rollback_to_json
from avnwizard.flows.run.acceptance import accept_earlier
from avnwizard.flows.run.carrying import give_up, to_its_end
from avnwizard.flows.run.registry import flow_of, stopped_at_nothing
from avnwizard.flows.run.report_evidence import CHECKED
from avnwizard.flows.run.undoing import Undo, plan_undo
from avnwizard.flows.stack import drift
from avnwizard.flows.stack.kept_images import WHOLE_RUN
from avnwizard.flows.stack.run_folder import CARRIED, EDITED, RunFolder
from avnwizard.flows.upgrade.flow import Upgrade
from avnwizard.flows.upgrade.planning import Prepared
from avnwizard.flows.upgrade.steps import scene_of, upgrade_steps

_TAKE_OVER_S = 10.0
"""A process that was just asked to end may hold the lock for a moment yet."""


def create(
    host: Host, kind: str, *, title: str, plan: str, prepare: Callable[[RunFolder], None] = lambda _: None
) -> str:
    """Write a run of any registered flow down, from its plan. Nothing of the stack is touched.

    Args:
        prepare: puts what the run needs and the journal must not hold into the run's folder.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: a run is unfinished that the flow does not stand alongside.
    """
    journal = host.journal()
    run = supervise.fresh_run_id(journal.runs())
    with holding(host, run=run, kind=kind):
        unborn = RunRecord(run, kind, title, plan, "", "created", 0, 0.0, 0.0, "", "")
        flow = flow_of(unborn)
        _give_up_what_left_nothing(host, journal, flow)
        _require_none_unfinished(journal, flow)
        prepare(RunFolder(host.state.run(run), host.files))
        journal.create_run(run, kind=kind, title=title, plan=plan, steps=flow.steps(host, journal, unborn))
    return run


def create_undo(host: Host, undone: RunRecord) -> str:
    """Write down that a run is taken back by its own steps' undo.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: it cannot be taken back, or a later run changed the same.
    """
    journal = host.journal()
    run = supervise.fresh_run_id(journal.runs())
    with holding(host, run=run, kind=Undo.kind):
        _require_none_undoing(journal)
        write_undo(host, journal, run, undone)
    return run


def write_undo(host: Host, journal: Journal, run: str, undone: RunRecord) -> None:
    """Write a run that takes another one back down under a name that nobody has; the caller holds the stack's lock.

    Raises:
        RefusedError: it cannot be taken back, or a later run changed the same.
    """
    plan = plan_undo(journal, undone)
    _give_up_later(host, journal, undone)
    unborn = RunRecord(run, Undo.kind, f"undo {undone.title}", plan, undone.id, "created", 0, 0.0, 0.0, "", "")
    steps = flow_of(unborn).steps(host, journal, unborn)
    journal.create_run(run, kind=unborn.kind, title=unborn.title, plan=plan, steps=steps, undoes=undone.id)


def create_upgrade(host: Host, prepared: Prepared) -> str:
    """Write an upgrade down: its folder first, then the journal. Nothing of the stack is touched.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: a run is unfinished, or the env file, the checkout or what runs changed since the plan was made.
    """
    journal = host.journal()
    run = supervise.fresh_run_id(journal.runs())
    with holding(host, run=run, kind=Upgrade.kind):
        flow = Upgrade()
        _give_up_what_left_nothing(host, journal, flow)
        _require_none_unfinished(journal, flow)
        write_upgrade(host, journal, run, prepared)
    return run


def write_upgrade(host: Host, journal: Journal, run: str, prepared: Prepared) -> None:
    """Write an upgrade down under a name that nobody has; the caller holds the stack's lock.

    Raises:
        RefusedError: the env file, the checkout or what runs changed since the plan was made.
    """
    _require_unchanged(host, prepared)
    accept_earlier(host, journal)
    save_prepared(RunFolder(host.state.run(run), host.files), prepared, no_env=host.stack.project.env_absent)
    plan = prepared.plan
    steps = upgrade_steps(scene_of(plan, host, run))
    title = f"{plan.current.tag} to {plan.target.tag}{' again' if plan.again else ''}"
    journal.create_run(run, kind=Upgrade.kind, title=title, plan=to_json(plan), steps=steps)
    if prepared.checked:
        journal.note(run, WHOLE_RUN, {CHECKED: [[one.level, one.message] for one in prepared.checked]})


def save_prepared(folder: RunFolder, prepared: Prepared, *, no_env: bool) -> None:
    """Keep what an upgrade needs and the journal must not hold."""
    env_before = None if no_env else prepared.env_before
    folder.save(env_before=env_before, env_after=prepared.env_after, edits=prepared.edits_patch)
    folder.save_contents(EDITED, prepared.edited)
    folder.save_contents(CARRIED, prepared.carried)


def create_rollback(host: Host, undone: RunRecord, plan: RollbackPlan) -> str:
    """Write a rollback down.

    Args:
        undone: the run that is undone, as it was when `plan` was made.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another rollback is unfinished, or the run went on or was undone since the plan was made.
    """
    journal = host.journal()
    run = supervise.fresh_run_id(journal.runs())
    with holding(host, run=run, kind=Rollback.kind):
        _require_none_undoing(journal)
        if journal.run(undone.id) != undone:
            raise RefusedError(
                f"Run {undone.id} moved on since this rollback was planned.", f"avnwizard rollback {undone.id}"
            )
        write_rollback(host, journal, run, undone, plan)
    return run


def write_rollback(host: Host, journal: Journal, run: str, undone: RunRecord, plan: RollbackPlan) -> None:
    """Write a rollback down under a name that nobody has; the caller holds the stack's lock."""
    _give_up_later(host, journal, undone)
    keep_newer(host, undone, rotated_since(journal, undone), restore=plan.restore)
    scene = scene_of(from_json(undone.plan), host, undone.id)
    steps = rollback.rollback_steps(scene, plan)
    title, text = f"back to {scene.plan.current.tag}", rollback_to_json(plan)
    journal.create_run(run, kind=Rollback.kind, title=title, plan=text, steps=steps, undoes=undone.id)


def _require_none_undoing(journal: Journal) -> None:
    for other in journal.runs():
        if other.undoes and other.state in UNFINISHED:
            raise RefusedError(f"Rollback {other.id} is unfinished.", f"avnwizard resume {other.id}")


def _give_up_what_left_nothing(host: Host, journal: Journal, beginning: Flow) -> None:
    """Give up the runs that changed nothing before they stopped and would change the same as the one that begins.

    The caller holds the lock, so none of them is live.
    """
    for other in journal.runs():
        if other.state not in UNFINISHED:
            continue
        flow = flow_of(other)
        same = flow.leaves_nothing or flow.subjects & beginning.subjects
        if same and flow.left_nothing(journal.steps(other.id)):
            flow.clear(host, other)
            give_up(journal, other.id)


def _give_up_later(host: Host, journal: Journal, undone: RunRecord) -> None:
    """Give up what came after a run that is taken back, and left nothing: it was planned for what that run made."""
    subjects = flow_of(undone).subjects
    for other in journal.later_than(undone.id):
        flow = flow_of(other)
        if flow.subjects & subjects and stopped_at_nothing(journal, other):
            flow.clear(host, other)
            give_up(journal, other.id)


def _require_none_unfinished(journal: Journal, beginning: Flow) -> None:
    for other in journal.runs():
        if other.state not in UNFINISHED:
            continue
        flow = flow_of(other)
        if isinstance(flow, type(beginning)) or not beginning.stands_alone:
            back = f", or avnwizard rollback {other.id}" if flow.can_roll_back else ""
            raise RefusedError(
                f"Run {other.id} ({printable(other.title)}) is unfinished ({other.state}).",
                f"avnwizard resume {other.id}{back}",
            )


def _require_unchanged(host: Host, prepared: Prepared) -> None:
    plan = prepared.plan
    now = hashlib.sha256(env_bytes(host)).hexdigest()
    moved = host.repo.head().commit != plan.current.commit or host.repo.diff() != prepared.edits_patch
    if now != plan.env_sha256 or moved:
        raise RefusedError("The env file or the checkout changed since the plan was made.", "Plan again.")
    if prepared.drifted is None:
        return
    if drift.look(host, host.stack.resolve(), host.stack.containers()) != prepared.drifted:
        raise RefusedError(
            "What runs changed since the plan was made.",
            "Plan again; in the wizard, go back and choose the release again.",
        )


def start(host: Host, run: str) -> Popen[bytes]:
    """Start the process that carries a run, in a session of its own.

    Raises:
        BusyError: a run is live.
        RefusedError: the run is being rolled back, or another version planned it with other steps; or its snapshot is
            old, and nothing needs it yet.
    """
    require_free(host)
    journal = host.journal()
    for back in journal.runs():
        if back.undoes == run and back.state in UNFINISHED:
            raise RefusedError(
                f"Run {run} is being rolled back: {back.id} is unfinished.", f"avnwizard resume {back.id}"
            )
    record = journal.run(run)
    _require_known_steps(host, journal, record)
    flow_of(record).require_fresh(journal.steps(run), record)
    journal.take_controls(run)
    argv = [sys.executable, "-P", "-m", "avnwizard", "carry", run, "--stack", str(host.repo.directory)]
    return supervise.spawn(argv, log=host.state.run(run) / "process.log")


def _require_known_steps(host: Host, journal: Journal, record: RunRecord) -> None:
    """A run that another version planned goes on only where this one makes the same steps of its plan."""
    version = journal.facts(record.id, "").get(VERSION)
    started = f"avnwizard {version}, which started it" if version else "the version of avnwizard that started it"
    hint = f"Go on with {started}; this is {__version__}."
    try:
        steps = [step.name for step in flow_of(record).steps(host, journal, record)]
    except (RefusedError, StepError) as error:
        raise RefusedError(error.message, hint) from error
    if steps != [step.name for step in journal.steps(record.id)]:
        raise RefusedError(
            f"Run {record.id} was planned with other steps than this version of avnwizard makes.", hint
        )


def carry(host: Host, run: str) -> RunState:
    """Carry a run to its end: what the detached process does.

    Raises:
        BusyError: another process holds the stack's lock.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    journal = host.journal()
    record = journal.run(run)
    with contextlib.ExitStack() as stack:
        _take_lock(stack, host, record)
        feed = FeedWriter(host.state.feed(record.id))
        signal.signal(signal.SIGTERM, lambda *_: _ask_to_stop(host, record.id))
        return to_its_end(host, journal, feed, record)


def _ask_to_stop(host: Host, run: str) -> None:
    """Stop at the next safe place. From a thread: the signal may have come amid a commit of this one's connection."""
    threading.Thread(target=lambda: host.journal().post(run, "abort")).start()


def _take_lock(stack: contextlib.ExitStack, host: Host, run: RunRecord) -> None:
    deadline = time.monotonic() + _TAKE_OVER_S
    while True:
        try:
            stack.enter_context(holding(host, run=run.id, kind=run.kind))
        except BusyError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)
        else:
            return
