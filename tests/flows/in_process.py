"""Runs that a test carries in its own process, so that it can hear what happens and act amid it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.engine.feed import EventKind, FeedWriter
from avnwizard.engine.runner import run_steps
from avnwizard.errors import StepError
from avnwizard.flows.holding import holding
from avnwizard.flows.host import Host
from avnwizard.flows.restore import planning as restoring
from avnwizard.flows.run.orders import order_restore, order_snapshot
from avnwizard.flows.run.registry import flow_of
from avnwizard.flows.snapshot.planning import plan_snapshot

Hear = Callable[[EventKind, str, str, dict[str, Any]], None]
"""(kind, step, text, data) of each event, once it is written."""


def deaf(kind: str, step: str, text: str, data: dict[str, Any]) -> None:
    """Nobody listens."""


class _Heard(FeedWriter):
    """A feed that is heard at once, too."""

    def __init__(self, path: Path, hear: Hear) -> None:
        super().__init__(path)
        self._hear = hear

    def emit(self, kind: EventKind, step: str, text: str = "", **data: Any) -> None:
        """Write, then let it be heard."""
        super().emit(kind, step, text, **data)
        self._hear(kind, step, text, data)


def carry(host: Host, run: str, hear: Hear = deaf) -> str:
    """Carry a run under the stack's lock; its name. `StepError`, as the journal has it, where it stops."""
    journal = host.journal()
    record = journal.run(run)
    with holding(host, run=run, kind=record.kind):
        steps = flow_of(record).steps(host, journal, record)
        state = run_steps(journal, _Heard(host.state.feed(run), hear), record, steps)
    if state != "done":
        stopped = journal.run(run)
        raise StepError(stopped.message, stopped.hint)
    return run


def take(host: Host, hear: Hear = deaf, **wanted: Any) -> Path:
    """Take a snapshot of v1.5.0; its folder."""
    return take_as(host, plan_snapshot(host, "v1.5.0", **wanted), hear)


def take_as(host: Host, plan: SnapshotPlan, hear: Hear = deaf) -> Path:
    """Take a snapshot as planned; its folder."""
    carry(host, order_snapshot(host, plan), hear)
    return plan.folder


def restore(host: Host, folder: Path, *databases: str, hear: Hear = deaf) -> str:
    """Restore a snapshot, or go on with the restore of it that stopped; the run's name."""
    order, _ = restoring.plan_restore(host, folder, databases)
    return carry(host, order_restore(host, order), hear)
