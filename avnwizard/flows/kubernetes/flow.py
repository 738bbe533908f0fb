"""A Helm upgrade, as a flow."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step, UndoStep
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.flow import Around, Flow, Outcome, Touched
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.code import code_steps
from avnwizard.flows.kubernetes.databases import RestoreMoved, ScaleDown, ScaleUp, SwapMoved
from avnwizard.flows.kubernetes.lease import DropLease, TakeLease, renewed
from avnwizard.flows.kubernetes.plan import KubePlan, from_json
from avnwizard.flows.kubernetes.upgrading import UPGRADE, UpgradeRelease
from avnwizard.flows.kubernetes.verifying import BakeRelease, VerifyRelease
from avnwizard.flows.kubernetes.world import KubeWorld
from avnwizard.flows.steps.copy_off import copies
from avnwizard.flows.steps.snapshot import TakeSnapshot

_CHANGING = frozenset({"checkout", "values", UPGRADE})
_MARGIN_S = 600.0
"""On top of Helm's own time-out: for the databases."""


class UpgradeKubernetes(Flow):
    """A Helm release to its next chart; the engine is the cluster's own rolling update."""

    kind = "kubernetes"
    noun = "Helm upgrade"
    doing = "upgrading the Helm release"
    finished = "The release is upgraded"
    subjects = frozenset({"services", "databases"})
    way_back = "undo"

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        del journal
        return steps_of(host, from_json(run.plan), run.id)

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """The Lease, the databases where the schema moved, the old revision by number."""
        del journal
        plan = from_json(run.plan)
        world = KubeWorld(plan, host, run.id)
        files = [UndoStep(one) for one in reversed(list(code_steps(host, plan, run.id))) if one.name in begun]
        if UPGRADE not in begun:
            return [*files]
        upgrade: list[Step] = [UndoStep(UpgradeRelease(world))]
        if plan.snapshot.taken:
            upgrade = [RestoreMoved(world), ScaleDown(world), SwapMoved(world), *upgrade, ScaleUp(world)]
        return [TakeLease(world, duration_s=plan.timeout_s + _MARGIN_S), *upgrade, *files, DropLease(world)]

    def back_notes(self, journal: Journal, run: RunRecord) -> tuple[str, ...]:
        """What becomes of the databases."""
        del journal
        plan = from_json(run.plan)
        if not plan.snapshot.taken:
            return ("Helm does not undo what a hook changed in a database, and no snapshot was taken.",)
        return (
            "Databases whose schema moved go back to the snapshot. What writes to them is scaled down meanwhile.",
            "What was written to those since the snapshot is kept under another name.",
            "Databases whose schema is as it was stay as they are.",
        )

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """Before a file was moved and Helm was called."""
        return all(step.name not in _CHANGING or step.state == "pending" for step in steps)

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """The Lease is renewed, the edge probed."""
        del journal
        plan, folder = from_json(run.plan), host.state.run(run.id)
        yield renewed(KubeWorld(plan, host, run.id), feed)
        yield watched(host, plan.probe, feed, folder, folder)

    def snapshot(self, run: RunRecord) -> Path | None:
        """The one that it takes first."""
        plan = from_json(run.plan).snapshot
        return plan.folder if plan.taken else None

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """The workloads whose pods are replaced."""
        del journal
        return tuple(
            Touched(one.shown, "roll", ", ".join(one.images_old), ", ".join(one.images_new))
            for one in from_json(run.plan).rolls
        )

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """From what to what."""
        del journal
        plan = from_json(run.plan)
        made = next((step.facts.get("revision") for step in steps if step.name == UPGRADE), None)
        place = plan.place
        return [
            f"- release: {place.release} in {place.namespace}, context {printable(place.context)}",
            f"- chart: {printable(plan.chart_old)} to {printable(plan.chart_new)}",
            *([f"- release tag: {plan.move.current.tag} to {plan.move.target.tag}"] if plan.move else ()),
            f"- revision: {plan.revision} to {made or 'none'}",
            f"- snapshot: {printable(str(plan.snapshot.folder)) if plan.snapshot.taken else 'none'}",
        ]

    def account(self, journal: Journal, run: RunRecord) -> list[str]:
        """What may have been lost, and why."""
        del journal
        lines = [f"- {one.shown}: {reason}" for one in from_json(run.plan).rolls for reason in one.losses]
        return ["## What the plan said may be lost", "", *lines, ""] if lines else []

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What changed, and what to look at."""
        del journal
        plan = from_json(run.plan)
        facts = (
            ("Release", plan.place.release),
            ("Chart", f"{plan.chart_old} → {plan.chart_new}"),
            ("Workloads", str(len(plan.rolls))),
        )
        look = (f"kubectl -n {plan.place.namespace} get pods, and the events of the namespace",)
        return Outcome(facts, str(plan.snapshot.folder) if plan.snapshot.taken else "", look)


def steps_of(host: Host, plan: KubePlan, run: str) -> list[Step]:
    """The steps, in order; also those that a plan shows, under a run's name that nobody has."""
    world = KubeWorld(plan, host, run)
    taken: list[Step] = [TakeSnapshot(host, plan.snapshot, lambda: b"")] if plan.snapshot.taken else []
    return [
        TakeLease(world),
        *taken,
        *code_steps(host, plan, run),
        UpgradeRelease(world),
        VerifyRelease(world),
        *((BakeRelease(world),) if plan.bake_s else ()),
        *(copies(host, plan.snapshot) if plan.snapshot.taken else ()),
    ]
