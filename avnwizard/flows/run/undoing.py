"""Taking a run back by its own steps: each begun step that has an undo is undone, the last one first.

For flows whose way back is no more than that; the way back of an upgrade is a flow of its own.
"""

import json

from avnwizard.domain.typed import order_from
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.step import Step
from avnwizard.flows.flow import Flow
from avnwizard.flows.host import Host
from avnwizard.flows.run.registry import flow_of, require_undoable


class Undo(Flow):
    """A run that takes another one back, step by step."""

    kind = "undo"
    noun = "undo"
    doing = "taking the run back"
    finished = "The run was taken back"
    takes_back = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """Those of the run that is taken back which were begun when this was planned."""
        undone = journal.run(run.undoes)
        begun = set(order_from(run.plan, steps=list)["steps"])
        return flow_of(undone).undo_steps(host, journal, undone, begun)


def plan_undo(journal: Journal, run: RunRecord) -> str:
    """What taking a run back undoes, as JSON for the journal.

    Raises:
        RefusedError: it cannot be taken back, was taken back already, or a later run changed the same.
    """
    require_undoable(journal, run)
    return json.dumps({"steps": [step.name for step in journal.steps(run.id) if step.state != "pending"]})
