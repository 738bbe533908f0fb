"""Restoring a snapshot apart from a rollback, as a flow."""

from collections.abc import Collection, Sequence
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.names import beside
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord, StepRecord
from avnwizard.engine.step import Step
from avnwizard.flows.flow import Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.restore.planning import from_json, restore_steps
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.steps.writers import StartWriters, StopWriters
from avnwizard.planned import StepKind


class Restore(Flow):
    """Databases, and volumes where they were named, back to a snapshot. What they were is kept under other names."""

    kind = "restore"
    noun = "restore"
    doing = "restoring the snapshot"
    finished = "The snapshot is restored"
    subjects = frozenset({"databases"})
    way_back = "undo"
    stands_alone = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As it was ordered."""
        del journal
        order = from_json(run.plan)
        return restore_steps(host, order, snapshots.load(host.files, order.snapshot))

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """By renaming; services that were to be stopped for the swap are stopped for the way back too."""
        order = from_json(run.plan)
        back = super().undo_steps(host, journal, run, begun)
        if StopWriters.name not in begun:
            return back
        return [StopWriters(host, order.stop), *back, StartWriters(host, order.stop)]

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """While only copies were restored, alongside the live databases."""
        return all(step.kind is StepKind.RESTORE for step in steps if step.state != "pending")

    def clear(self, host: Host, run: RunRecord) -> None:
        """Drop the copies."""
        database = host.database()
        for name in from_json(run.plan).databases:
            database.drop(beside(name, run.id))

    def snapshot(self, run: RunRecord) -> Path | None:
        """The one that is restored, as long as that goes on: the way back is by renaming."""
        return from_json(run.plan).snapshot if run.state in UNFINISHED else None

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """Which snapshot, and what of it."""
        del journal, steps
        order = from_json(run.plan)
        return [
            f"- snapshot: {printable(str(order.snapshot))}",
            f"- databases: {printable(', '.join(order.databases)) or 'none'}",
            f"- volumes: {printable(', '.join(order.volumes)) or 'none'}",
        ]

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What came back, and what to look at."""
        del journal
        order = from_json(run.plan)
        facts = (("Databases", ", ".join(order.databases) or "none"), ("Volumes", ", ".join(order.volumes) or "none"))
        kept = "what the databases were is kept under other names: avnwizard snapshot prune --databases drops it"
        restart = "" if order.stop else "restart the services that keep data in memory"
        return Outcome(facts, str(order.snapshot), tuple(line for line in (restart, kept) if line))
