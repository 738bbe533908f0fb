"""Removing old snapshots, and databases that were set aside, as a flow."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.domain.typed import order_from
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows.flow import Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.run.pruning import Pruning, require_unneeded
from avnwizard.planned import StepKind


class RemoveFolders(Step):
    """Remove the folders of snapshots, for good."""

    name = "remove"
    title = "Remove old snapshots"
    kind = StepKind.REMOVE
    undone_by = ()  # nobody needs them: that is looked at again before the first goes

    def __init__(self, host: Host, snapshots: Sequence[Path], leftover: Sequence[Path]) -> None:
        self._host, self._snapshots, self._leftover = host, snapshots, leftover

    def probe(self, ctx: StepContext) -> Probe:
        """Done when none is there."""
        left = [one for one in self._all() if self._host.files.exists(one)]
        return Probe.HALF_DONE if left else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Look once more who needs them, then remove."""
        require_unneeded(self._host, self._snapshots)
        for folder in self._all():
            ctx.checkpoint()
            with ctx.effect("remove"):
                self._host.files.remove(folder)
            ctx.say(f"{folder.name} is removed")

    def _all(self) -> list[Path]:
        return [*self._snapshots, *self._leftover]


class DropAside(Step):
    """Drop databases that a rollback or a restore set aside, for good."""

    name = "drop"
    title = "Drop databases that were set aside"
    kind = StepKind.REMOVE
    undone_by = ()  # the operator asked for it, by name

    def __init__(self, host: Host, names: Sequence[str]) -> None:
        self._host, self._names = host, names

    def probe(self, ctx: StepContext) -> Probe:
        """Done when none is there."""
        database = self._host.database()
        return Probe.HALF_DONE if any(database.exists(one) for one in self._names) else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Drop each."""
        for name in self._names:
            ctx.checkpoint()
            with ctx.effect("drop"):
                self._host.database().drop(name)
            ctx.say(f"{name} is dropped")


class Prune(Flow):
    """Old snapshots go, and what was set aside; what a run may still need stays."""

    kind = "prune"
    noun = "removal of old snapshots"
    doing = "removing old snapshots"
    finished = "What nobody needs is removed"
    stands_alone = True
    leaves_nothing = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """Folders first."""
        del journal
        plan = order_from(run.plan, remove=list, leftover=list, databases=list)
        folders = [Path(one) for one in plan["remove"]], [Path(one) for one in plan["leftover"]]
        steps: list[Step] = [RemoveFolders(host, *folders)] if any(folders) else []
        return [*steps, DropAside(host, plan["databases"])] if plan["databases"] else steps

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """What went."""
        del journal, steps
        plan = order_from(run.plan, remove=list, leftover=list, databases=list)
        return [
            f"- snapshots: {_names(Path(one).name for one in (*plan['remove'], *plan['leftover']))}",
            f"- databases: {_names(plan['databases'])}",
        ]

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """How many went."""
        del journal
        plan = order_from(run.plan, remove=list, leftover=list, databases=list)
        snapshots = len(plan["remove"]) + len(plan["leftover"])
        return Outcome((("Snapshots", str(snapshots)), ("Databases", str(len(plan["databases"])))))


def _names(found: Iterable[str]) -> str:
    return printable(", ".join(found)) or "none"


def to_json(found: Pruning) -> str:
    """For the journal."""
    return json.dumps(
        {
            "remove": [str(one) for one in found.remove],
            "leftover": [str(one) for one in found.leftover],
            "databases": [one.name for one in found.databases],
        }
    )
