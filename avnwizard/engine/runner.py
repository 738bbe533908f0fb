"""The runner: carries out the steps of a run, from wherever the journal says it stands."""

import os
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, RunState
from avnwizard.engine.step import AbortRequestedError, Probe, Step, StepContext
from avnwizard.errors import StepError, WizardError

_POLL_S = 0.2


def run_steps(journal: Journal, feed: FeedWriter, run: RunRecord, steps: Sequence[Step]) -> RunState:
    """Carry a run to its end, or to the step that stops it. The caller holds the stack's lock.

    Raises:
        StepError: the steps are not those that the journal knows.
    """
    records = journal.steps(run.id)
    if [(record.index, record.name) for record in records] != [(i, step.name) for i, step in enumerate(steps)]:
        raise StepError(
            f"Run {run.id} was planned with other steps than this version of avnwizard makes.",
            "Go on with the version that started the run.",
        )
    _move(journal, feed, run.id, "running")
    for record, step in zip(records, steps, strict=True):
        if record.state == "done":
            continue
        ctx = StepContext(journal, feed, run.id, step.name, source=run.undoes)
        try:
            _heed(journal, feed, run.id)
            _carry_out(journal, feed, ctx, step, opened=record.state in {"started", "failed"})
        except AbortRequestedError as stop:
            journal.take_controls(run.id)
            _move(journal, feed, run.id, "aborted", message=f"{stop.message} Before or in: {step.title}.")
            return "aborted"
        except WizardError as error:
            return _fail(journal, feed, ctx, step, error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - whatever breaks, the journal says where
            return _fail(journal, feed, ctx, step, _describe_bug(error), "")
    if run.undoes:
        journal.conclude(run.id, undone=run.undoes)
        feed.emit("run", "", state="done")
    else:
        _move(journal, feed, run.id, "done")
    return "done"


def _carry_out(journal: Journal, feed: FeedWriter, ctx: StepContext, step: Step, *, opened: bool) -> None:
    if opened and step.probe(ctx) is Probe.DONE:
        ctx.say("already done before the interruption")
    else:
        journal.set_step(ctx.run, step.name, "started")
        feed.emit("step", step.name, state="started", service=step.service)
        step.do(ctx)
    journal.set_step(ctx.run, step.name, "done")
    feed.emit("step", step.name, state="done", service=step.service)


def _fail(journal: Journal, feed: FeedWriter, ctx: StepContext, step: Step, message: str, hint: str) -> RunState:
    journal.set_step(ctx.run, step.name, "failed", message=message)
    feed.emit("step", step.name, message, state="failed", service=step.service)
    _move(journal, feed, ctx.run, "failed", message=f"{step.title}: {message}", hint=hint)
    return "failed"


def _move(
    journal: Journal, feed: FeedWriter, run: str, state: RunState, *, message: str = "", hint: str = ""
) -> None:
    journal.set_run(run, state, pid=os.getpid(), message=message, hint=hint)
    feed.emit("run", "", message, state=state)


def _heed(journal: Journal, feed: FeedWriter, run: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Take what the operator asked for, between two steps; wait here while the run is paused."""
    paused = False
    while True:
        if journal.asked(run, "abort"):
            raise AbortRequestedError("Stopped at the operator's request.")
        for action in journal.take_controls(run):
            if (action == "pause") != paused:
                paused = action == "pause"
                _move(journal, feed, run, "paused" if paused else "running")
        if not paused:
            return
        sleep(_POLL_S)


def _describe_bug(error: Exception) -> str:
    """Where it broke, without the exception's own text: that may hold a value from the env file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"A bug in avnwizard: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}."
