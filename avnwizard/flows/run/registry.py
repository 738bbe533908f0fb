"""The flows that there are, by the kind that the journal names."""

from collections.abc import Iterable

from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord, RunState
from avnwizard.errors import RefusedError
from avnwizard.flows.contract.flow import Contract
from avnwizard.flows.create.flow import CreateSnapshot
from avnwizard.flows.flow import Flow
from avnwizard.flows.kubernetes.flow import UpgradeKubernetes
from avnwizard.flows.postgres.flow import PostgresMajor
from avnwizard.flows.postgres.forget import ForgetOld
from avnwizard.flows.postgres.renewing import RenewOrder
from avnwizard.flows.rehearse.flow import Rehearsal
from avnwizard.flows.restore.flow import Restore
from avnwizard.flows.rollback.flow import Rollback
from avnwizard.flows.rotate.flow import Rotate
from avnwizard.flows.rotate.password_flow import RotatePassword
from avnwizard.flows.upgrade.flow import Upgrade

_FLOWS: dict[str, Flow] = {}
"""Those of `_own` once one was asked for, and what was registered."""
_NOTHING_LEFT: frozenset[RunState] = frozenset({"undone", "given up"})


def _flows() -> dict[str, Flow]:
    """All that are known; the last four of our own ask this module, so they are imported late."""
    if not _FLOWS:
        from avnwizard.flows.run.fleet import FleetUpgrade
        from avnwizard.flows.run.fleet_rotate import FleetRotate
        from avnwizard.flows.run.removing import Prune
        from avnwizard.flows.run.undoing import Undo

        for each in (
            Upgrade(),
            Rollback(),
            Restore(),
            CreateSnapshot(),
            Rotate(),
            RotatePassword(),
            PostgresMajor(),
            ForgetOld(),
            RenewOrder(),
            Rehearsal(),
            Contract(),
            UpgradeKubernetes(),
            Undo(),
            Prune(),
            FleetUpgrade(),
            FleetRotate(),
        ):
            _FLOWS[each.kind] = each
    return _FLOWS


def register(flow: Flow) -> None:
    """Make a flow known. One of the same kind is replaced."""
    _flows()[flow.kind] = flow


def forget(kind: str) -> None:
    """Take a flow out again."""
    _flows().pop(kind, None)


def flow_of(run: RunRecord) -> Flow:
    """The flow of a run.

    Raises:
        RefusedError: this version has none of that kind.
    """
    try:
        return _flows()[run.kind]
    except KeyError:
        raise RefusedError(
            f"Run {run.id} is of a kind that this version of avnwizard does not know: {run.kind}.",
            "Go on with the version that started it.",
        ) from None


def known_kinds() -> frozenset[str]:
    """The kinds of all flows."""
    return frozenset(_flows())


def can_roll_back(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Those of the runs that can be rolled back and were not, in the order in which they are given."""
    return [
        run for run in runs if run.kind in _flows() and flow_of(run).can_roll_back and run.state not in _NOTHING_LEFT
    ]


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
    if run.state in _NOTHING_LEFT:
        how = "was rolled back already" if run.state == "undone" else "was given up: nothing is left of it"
        raise RefusedError(f"{run.id} {how}.", "avnwizard runs")
    for later in journal.later_than(run.id):
        other = flow_of(later)
        if other.kind in flow.crosses and later.state == "done":
            continue
        if stopped_at_nothing(journal, later):
            continue  # it is given up as soon as this one begins
        if later.state not in _NOTHING_LEFT and not other.takes_back and other.subjects & flow.subjects:
            shared = " and ".join(sorted(other.subjects & flow.subjects))
            on = f"avnwizard resume {later.id}" if later.state in UNFINISHED else "avnwizard runs"
            hint = f"avnwizard rollback {later.id}" if other.can_roll_back else on
            raise RefusedError(f"A later run, {later.id} ({other.noun}), changed {shared} too.", hint)


def stopped_at_nothing(journal: Journal, run: RunRecord) -> bool:
    """Whether a run was begun and is unfinished, and nothing that it did so far is left."""
    begun = run.state in UNFINISHED and run.state != "created"
    return begun and flow_of(run).left_nothing(journal.steps(run.id))


def keeps_images(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Those of the runs that keep images until they are accepted."""
    return [run for run in runs if run.kind in _flows() and flow_of(run).keeps_images]
