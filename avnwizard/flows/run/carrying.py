"""Carry the steps of a run between its hooks, in this process; the caller holds the stack's lock."""

import contextlib
from collections.abc import Sequence

from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord, RunState
from avnwizard.engine.runner import run_steps
from avnwizard.engine.step import Step
from avnwizard.errors import StepError
from avnwizard.flows.canary.watch import accompanied
from avnwizard.flows.hooks.calling import Calling
from avnwizard.flows.host import Host
from avnwizard.flows.roll.at_once import Width
from avnwizard.flows.run.registry import flow_of
from avnwizard.flows.run.report import NAME, write_report


def to_its_end(host: Host, journal: Journal, feed: FeedWriter, record: RunRecord) -> RunState:
    """Carry a run as far as it goes, write its report, and call its last hook."""
    flow = flow_of(record)
    host = flow.host_of(host, journal, record)
    steps = flow.steps(host, journal, record)
    report = host.state.run(record.id) / NAME
    hooks = Calling(host, journal, feed, record, flow.tags(journal, record), report)
    state = _carried(host, journal, feed, record, hooks, steps)
    if flow.leaves_nothing and state in UNFINISHED:
        give_up(journal, record.id)
    write_report(host, journal, record.id)
    hooks.end(state)
    return state


def give_up(journal: Journal, run: str) -> None:
    """Write down that nothing is left of a run to go on with."""
    stopped = journal.run(run)
    journal.set_run(run, "given up", message=stopped.message, hint=stopped.hint)


def _carried(
    host: Host, journal: Journal, feed: FeedWriter, record: RunRecord, hooks: Calling, steps: Sequence[Step]
) -> RunState:
    """Between the hooks; one that fails before the first step stops the run there."""
    try:
        hooks.begin()
    except StepError as error:
        journal.set_run(record.id, "failed", message=error.message, hint=error.hint)
        feed.emit("run", "", error.message, state="failed")
        return "failed"
    with contextlib.ExitStack() as around:
        for each in flow_of(record).around(host, journal, feed, record):
            around.enter_context(each)
        around.enter_context(accompanied(host, journal, feed, record.id))
        return run_steps(
            journal, feed, record, hooks.around(steps), at_once=Width(host, feed), sleep=host.clock.sleep
        )
