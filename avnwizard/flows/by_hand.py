"""Steps that an operator orders one at a time (a snapshot, a restore): in the foreground, journalled all the same.

Their journal is a file of its own: the runs of the other one are upgrades and their rollbacks, which resume, undo and
report each other. What is here stands alone, and is resumed by giving the same command again.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from avnwizard.domain.postgres.names import purpose_of
from avnwizard.engine import supervise
from avnwizard.engine.feed import EventKind, FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.engine.runner import run_steps
from avnwizard.engine.step import Step
from avnwizard.errors import StepError
from avnwizard.flows.cut_off import BY_HAND_JOURNAL, UPGRADES, newest_unfinished
from avnwizard.flows.holding import holding
from avnwizard.flows.host import Host

Teller = Callable[[EventKind, str, str, dict[str, Any]], None]
"""(kind, step, text, data): what a watcher of a run's feed would hear."""


class _ToldFeed(FeedWriter):
    """A feed that is heard at once, too."""

    def __init__(self, path: Path, tell: Teller) -> None:
        super().__init__(path)
        self._tell = tell

    def emit(self, kind: EventKind, step: str, text: str = "", **data: Any) -> None:
        """Write, then tell."""
        super().emit(kind, step, text, **data)
        self._tell(kind, step, text, data)


def journal_of(host: Host) -> Journal:
    """The journal of what was done by hand."""
    return Journal(host.state.folder / BY_HAND_JOURNAL)


def carry(
    host: Host, kind: str, title: str, plan: str, steps: Sequence[Step], tell: Teller, *, again: bool = False
) -> str:
    """Carry steps out under the stack's lock; the run's name.

    Args:
        plan: what exactly was ordered: an unfinished run of the same order is gone on with, where nothing came after.
        again: never go on with one: begin anew.

    Raises:
        BusyError: another run holds the stack.
        StepError: a step failed, or Ctrl+C ended it; the stack is as the message says, the same command goes on.
    """
    journal = journal_of(host)
    open_run = None if again else _unfinished(host, journal, kind, plan)
    run = open_run.id if open_run else supervise.new_run_id(time.time())
    with holding(host, run=run, kind=kind):
        if open_run is None:
            if kind == "restore":
                _give_up_earlier(host, journal)
            journal.note(run, "", {UPGRADES: len(host.journal().runs())})
            journal.create_run(run, kind=kind, title=title, plan=plan, steps=steps)
        try:
            state = run_steps(journal, _ToldFeed(host.state.feed(run), tell), journal.run(run), steps)
        except KeyboardInterrupt:
            at = next((step.title for step in journal.steps(run) if step.state != "done"), title)
            rest = "; services that it stopped stay stopped until then" if kind == "restore" else ""
            raise StepError(
                f"Stopped by hand, before the end of: {at}.", f"Give the same command again to go on{rest}."
            ) from None
    if state != "done":
        record = journal.run(run)
        raise StepError(record.message, record.hint or "Give the same command again to go on.")
    return run


def _unfinished(host: Host, journal: Journal, kind: str, plan: str) -> RunRecord | None:
    """The run of this order to go on with. Once another came after it, the stack is no longer what it left."""
    found = newest_unfinished(host, journal, kind)
    return found if found and found.plan == plan else None


def _give_up_earlier(host: Host, journal: Journal) -> None:
    """Restores that were cut off before they changed anything: nobody goes on with them, so their copies go."""
    for run in journal.runs():
        begun = {step.name for step in journal.steps(run.id) if step.state != "pending"}
        if run.kind == "restore" and run.state in UNFINISHED and begun <= {"restore"}:
            database = host.database()
            for one in database.databases():
                if purpose_of(one.name) == "restoring" and one.name.endswith(run.id):
                    database.drop(one.name)
            journal.set_run(run.id, "undone", message="another restore was begun instead")
