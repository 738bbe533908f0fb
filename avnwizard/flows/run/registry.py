"""The flows that there are, by the kind that the journal names."""

from collections.abc import Iterable

from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.create.flow import CreateSnapshot
from avnwizard.flows.flow import Flow
from avnwizard.flows.restore.flow import Restore
from avnwizard.flows.rollback.flow import Rollback
from avnwizard.flows.upgrade.flow import Upgrade

_FLOWS: dict[str, Flow] = {}


def register(flow: Flow) -> None:
    """Make a flow known. One of the same kind is replaced."""
    _FLOWS[flow.kind] = flow


def forget(kind: str) -> None:
    """Take a flow out again."""
    _FLOWS.pop(kind, None)


def flow_of(run: RunRecord) -> Flow:
    """The flow of a run.

    Raises:
        RefusedError: this version has none of that kind.
    """
    try:
        return _FLOWS[run.kind]
    except KeyError:
        raise RefusedError(
            f"Run {run.id} is of a kind that this version of avnwizard does not know: {run.kind}.",
            "Go on with the version that started it.",
        ) from None


def can_roll_back(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Those of the runs that can be rolled back and were not, in the order in which they are given."""
    return [run for run in runs if run.kind in _FLOWS and flow_of(run).can_roll_back and run.state != "undone"]


def require_undoable(journal: Journal, run: RunRecord) -> None:
    """Refuse to take a run back that cannot be: also across a later one that changed any of the same and stands.

    Raises:
        RefusedError: says why, and names the later run.
    """
    flow = flow_of(run)
    if flow.takes_back:
        raise RefusedError(f"{run.id} is itself a rollback.", f"Finish it: avnwizard resume {run.id}")
    if not flow.can_roll_back:
        raise RefusedError(f"{run.id} is a {flow.noun}: there is no way back from it.", "avnwizard runs")
    if run.state == "undone":
        raise RefusedError(f"{run.id} was rolled back already.", "avnwizard runs")
    for later in journal.later_than(run.id):
        other = flow_of(later)
        if later.state != "undone" and not other.takes_back and other.subjects & flow.subjects:
            shared = " and ".join(sorted(other.subjects & flow.subjects))
            hint = f"avnwizard rollback {later.id}" if other.can_roll_back else "avnwizard runs"
            raise RefusedError(f"A later run, {later.id} ({other.noun}), changed {shared} too.", hint)


def keeps_images(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Those of the runs that keep images until they are accepted."""
    return [run for run in runs if run.kind in _FLOWS and flow_of(run).keeps_images]


for _each in (Upgrade(), Rollback(), Restore(), CreateSnapshot()):
    register(_each)
