"""Taking a snapshot apart from an upgrade, as a flow."""

from collections.abc import Sequence
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.typed import Typed
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.flows.flow import Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.stack.run_folder import ENV_BEFORE, RunFolder
from avnwizard.flows.steps.copy_off import copies
from avnwizard.flows.steps.snapshot import TakeSnapshot

_ADAPTER: Typed[SnapshotPlan] = Typed(SnapshotPlan)


class CreateSnapshot(Flow):
    """A snapshot of what is there; nothing of the stack changes, so there is nothing to take back."""

    kind = "snapshot"
    noun = "snapshot"
    doing = "taking the snapshot"
    finished = "The snapshot is taken"
    stands_alone = True
    leaves_nothing = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """One, and a copy off this host where places for it are named."""
        del journal
        folder = RunFolder(host.state.run(run.id), host.files)
        plan = from_json(run.plan)
        return [TakeSnapshot(host, plan, lambda: folder.env(ENV_BEFORE)), *copies(host, plan)]

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """Where it is, and how far it is proven."""
        del journal
        noted = steps[0].facts if steps else {}
        proven = f", proven: {printable(str(noted['proof']))}" if "proof" in noted else ""
        folder = _folder_alone(run.plan) or from_json(run.plan).folder
        return [f"- snapshot: {printable(str(folder))}{proven}"]

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """Where it is."""
        del journal
        if (folder := _folder_alone(run.plan)) is not None:
            return Outcome((), str(folder))
        plan = from_json(run.plan)
        return Outcome((("Databases", str(len(plan.databases))),), str(plan.folder))


def _folder_alone(text: str) -> Path | None:
    """What version 0.1 kept as the plan; None for a plan of this version."""
    return Path(text) if text.startswith("/") else None


def to_json(plan: SnapshotPlan) -> str:
    """For the journal."""
    return _ADAPTER.to_json(plan)


def from_json(text: str) -> SnapshotPlan:
    """Read back from the journal.

    Raises:
        RefusedError: another version wrote it.
    """
    return _ADAPTER.planned(text, "snapshot", "Take it again: avnwizard snapshot create")
