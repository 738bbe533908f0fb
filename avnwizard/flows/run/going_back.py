"""Going back from a run, whatever its flow: by a flow of its own, or by its steps' undo."""

from dataclasses import replace

from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.step import Step
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.newer_secrets import notes, require_kept, rotated_since
from avnwizard.flows.rollback.plan import RollbackOptions, RollbackPlan
from avnwizard.flows.rollback.planning import plan_rollback
from avnwizard.flows.run.registry import flow_of, require_undoable
from avnwizard.flows.run.undoing import Undo


def by_its_steps(run: RunRecord) -> bool:
    """Whether a run is taken back by its steps' own undo, with nothing to decide: see `launch.create_undo`."""
    return flow_of(run).way_back == Undo.kind


def steps_back(host: Host, journal: Journal, run: RunRecord) -> list[Step]:
    """The steps that take such a run back, in order.

    Raises:
        RefusedError: it cannot be taken back, or another version planned it.
    """
    require_undoable(journal, run)
    begun = [step.name for step in journal.steps(run.id) if step.state != "pending"]
    return flow_of(run).undo_steps(host, journal, run, begun)


def plan_going_back(
    host: Host, journal: Journal, run: RunRecord, options: RollbackOptions | None = None
) -> RollbackPlan:
    """What going back from an upgrade takes.

    Raises:
        RefusedError: it cannot be taken back, or not now.
    """
    require_undoable(journal, run)
    plan, rotated = plan_rollback(host, journal, run, options), rotated_since(journal, run)
    require_kept(host, run, rotated, restore=plan.restore)
    return replace(plan, notes=(*plan.notes, *notes(rotated)))
