"""The runner: carries out the steps of a run, from wherever the journal says it stands."""

import itertools
import os
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, RunState
from avnwizard.engine.step import AbortRequestedError, Probe, Step, StepContext
from avnwizard.engine.wave import Wave
from avnwizard.errors import StepError, WizardError

_POLL_S = 0.2

AtOnce = Callable[[Sequence[Step]], int]
"""How many of some steps, from the first on, may be carried out at the same time: at least 1."""


@dataclass(frozen=True)
class _Stopped:
    """Why a run does not go on."""

    state: RunState
    message: str
    hint: str = ""


def run_steps(
    journal: Journal,
    feed: FeedWriter,
    run: RunRecord,
    steps: Sequence[Step],
    *,
    at_once: AtOnce = len,
    sleep: Callable[[float], None] = time.sleep,
) -> RunState:
    """Carry a run to its end, or to the step that stops it. The caller holds the stack's lock.

    The steps of a wave are carried out in threads, each with its own intent in the journal. Where one fails, the
    others go on to their own ends: a step that is cut off is dearer to go on with than one that is done.

    Args:
        at_once: how many steps of a wave may be carried out at the same time, asked before each start of some.
        sleep: waits for some seconds, as the clock has it by which the steps go.

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
    opened = {record.name for record in records if record.state in {"started", "failed"}}
    done = {record.name for record in records if record.state == "done"}
    for _, group in itertools.groupby(enumerate(steps), key=lambda one: (one[1].wave, one[1].wave or one[0])):
        left = [step for _, step in group if step.name not in done]
        while left:
            if stop := _next(journal, feed, run, left, opened, at_once, sleep):
                _move(journal, feed, run.id, stop.state, message=stop.message, hint=stop.hint)
                return stop.state
    if run.undoes:
        journal.conclude(run.id, undone=run.undoes)
        feed.emit("run", "", state="done")
    else:
        _move(journal, feed, run.id, "done")
    return "done"


def _next(
    journal: Journal,
    feed: FeedWriter,
    run: RunRecord,
    left: list[Step],
    opened: set[str],
    at_once: AtOnce,
    sleep: Callable[[float], None],
) -> _Stopped | None:
    """Carry out the first of the steps that are left of a wave, and take them out of the list."""
    try:
        _heed(journal, feed, run.id)
    except AbortRequestedError as stop:
        return _aborted(journal, run.id, left[0], stop)
    except WizardError as error:
        return _failed(journal, feed, left[0], run.id, error.message, error.hint)
    width = max(at_once(left), 1) if len(left) > 1 else 1
    begun = [left.pop(0) for _ in left[:width]]
    wave = Wave((step.name for step in begun), sleep=sleep) if len(begun) > 1 else None

    def carry(step: Step) -> _Stopped | None:
        ctx = StepContext(journal, feed, run.id, step.name, source=run.undoes, wave=wave)
        try:
            return _attempt(journal, feed, ctx, step, opened=step.name in opened)
        finally:
            ctx.go_alone()

    if wave is None:
        return carry(begun[0])
    with ThreadPoolExecutor(len(begun), thread_name_prefix="wave") as pool:
        return _worst([stop for stop in pool.map(carry, begun) if stop])


def _worst(stops: Sequence[_Stopped]) -> _Stopped | None:
    """What a run says of those of its steps that failed at the same time: the first, and how many more."""
    failed = [stop for stop in stops if stop.state == "failed"]
    if not failed:
        return stops[0] if stops else None
    more = f" ({len(failed) - 1} more failed: {'; '.join(one.message for one in failed[1:])})" if failed[1:] else ""
    return replace(failed[0], message=f"{failed[0].message}{more}")


def _attempt(journal: Journal, feed: FeedWriter, ctx: StepContext, step: Step, *, opened: bool) -> _Stopped | None:
    try:
        _carry_out(journal, feed, ctx, step, opened=opened)
    except AbortRequestedError as stop:
        return _aborted(journal, ctx.run, step, stop)
    except WizardError as error:
        return _failed(journal, feed, step, ctx.run, error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - whatever breaks, the journal says where
        return _failed(journal, feed, step, ctx.run, _describe_bug(error), "")
    return None


def _carry_out(journal: Journal, feed: FeedWriter, ctx: StepContext, step: Step, *, opened: bool) -> None:
    if opened and step.probe(ctx) is Probe.DONE:
        ctx.say("already done before the interruption")
    else:
        journal.set_step(ctx.run, step.name, "started")
        feed.emit("step", step.name, state="started", service=step.service)
        step.do(ctx)
    journal.set_step(ctx.run, step.name, "done")
    feed.emit("step", step.name, state="done", service=step.service)


def _aborted(journal: Journal, run: str, step: Step, stop: AbortRequestedError) -> _Stopped:
    journal.take_controls(run)
    return _Stopped("aborted", f"{stop.message} It stopped before the end of: {step.title}.")


def _failed(journal: Journal, feed: FeedWriter, step: Step, run: str, message: str, hint: str) -> _Stopped:
    journal.set_step(run, step.name, "failed", message=message)
    feed.emit("step", step.name, message, state="failed", service=step.service)
    return _Stopped("failed", f"{step.title}: {message}", hint)


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
            raise AbortRequestedError("Stopped on your request.")
        for action in journal.take_controls(run):
            if action != "accept" and (action == "pause") != paused:
                paused = action == "pause"
                _move(journal, feed, run, "paused" if paused else "running")
        if not paused:
            return
        sleep(_POLL_S)


def _describe_bug(error: Exception) -> str:
    """Where it broke, without the exception's own text: that may hold a value from the env file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"A bug in avnwizard: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}."
