"""A release through a fleet as a flow: it lives here, since its steps carry runs of other flows."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from avnwizard.domain.balancer.server import FULL
from avnwizard.domain.plain import printable
from avnwizard.domain.words import duration
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step, StepContext
from avnwizard.flows.fleet.order import FleetOrder, StackOrder, from_json
from avnwizard.flows.fleet.steps import LEFT, AskStack, Bake, CheckFleet, Drain, Share
from avnwizard.flows.fleet.world import FleetWorld
from avnwizard.flows.flow import Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.run import children
from avnwizard.flows.run.registry import require_undoable
from avnwizard.planned import PlannedStep, StepKind

FLIPPED = "flipped"
"""A fact of the whole run: when somebody flipped meanwhile, and to which stack."""
_UPGRADE_S = 120.0


class UpgradeStack(children.CarriesChild):
    """Upgrade one stack, as a run of its own in its checkout and journal."""

    def __init__(self, world: FleetWorld, one: StackOrder) -> None:
        super().__init__(world, one)
        self.name = f"upgrade:{one.name}"
        self.title = f"Upgrade {one.name} to {world.order.tag}"
        self.guess_s = sum(step.seconds for step in one.plan.steps) or _UPGRADE_S

    def describe(self) -> PlannedStep:
        """Its own steps are in its own plan."""
        first = self._one.name == self._world.order.first.name
        what = "takes the snapshot and runs the migrations, for all stacks" if first else "finds the migrations done"
        return PlannedStep(
            self.name, self.title, seconds=self.guess_s, kind=self.kind,
            note=f"A run of its own in {self._one.directory}: it {what}. The other stacks serve.",
            going_back=f"a rollback of {self._one.name} while the others serve",
        )  # fmt: skip

    def do(self, ctx: StepContext) -> None:
        """Carry the child; the stack must get no requests."""
        world, one = self._world, self._one
        world.require_out(one.name)
        children.upgrade(ctx, world.host, one.name, world.host_of(one), one.plan)


class FleetUpgrade(Flow):
    """Each stack in turn, while the others serve."""

    kind = "fleet"
    noun = "upgrade of the fleet"
    doing = "upgrading the stacks one after another"
    finished = "All stacks are upgraded"
    subjects = frozenset({"fleet"})
    way_back = "undo"
    crosses = frozenset({"fleet-rotate"})

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        del journal
        return fleet_steps(FleetWorld(from_json(run.plan), host, run.id))

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """Each stack back in turn, the last one first, while the others serve.

        Raises:
            RefusedError: the first stack was changed by a later run.
        """
        child = child_of(journal, run, from_json(run.plan).first)
        for record in journal.runs():
            if record.id == child and record.state == "done":
                require_undoable(journal, record)
        return super().undo_steps(host, journal, run, begun)

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """While it only looked."""
        return all(step.kind is StepKind.CHECK for step in steps if step.state != "pending")

    def tags(self, journal: Journal, run: RunRecord) -> tuple[str, str]:
        """As its plan says."""
        del journal
        order = from_json(run.plan)
        return order.old_tag, order.tag

    def snapshot(self, run: RunRecord) -> Path | None:
        """The first stack's."""
        found = from_json(run.plan).first.plan.snapshot
        return found.folder if found.taken else None

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """The release, and each stack's run."""
        order = from_json(run.plan)
        facts = [("Release", f"{order.old_tag} → {order.tag}")]
        facts += [(one.name, child_of(journal, run, one) or "not begun") for one in order.stacks]
        first = order.first.plan.snapshot
        return Outcome(tuple(facts), str(first.folder) if first.taken else "", tuple(_flips(journal, run)))

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """From which release to which, and what was known beforehand."""
        del journal, steps
        order = from_json(run.plan)
        head = f"- {len(order.stacks)} stacks, from {printable(order.old_tag)} to {printable(order.tag)}"
        return [head, *(f"- {printable(note)}" for note in order.notes)]

    def sections(self, journal: Journal, run: RunRecord) -> list[str]:
        """Each stack: its run, its time, and what was left when it was drained."""
        return list(_section(journal, run, from_json(run.plan)))


def fleet_steps(world: FleetWorld) -> list[Step]:
    """The steps, in order."""
    order = world.order
    steps: list[Step] = [CheckFleet(world), Drain(world, order.first), *_through(world, order.first, order.weights)]
    steps += [Drain(world, one) for one in order.rest]
    if order.bake_s:
        steps.append(Bake(world, noted))
    for one in order.rest:
        steps += _through(world, one, (FULL,))
    return steps


def _through(world: FleetWorld, one: StackOrder, weights: Sequence[int]) -> Iterator[Step]:
    yield UpgradeStack(world, one)
    yield AskStack(world, one, noted)
    yield from (Share(world, one, percent, noted) for percent in weights)


def noted(ctx: StepContext, one: StackOrder) -> str:
    """The run that upgraded a stack."""
    return str(ctx.recall(f"upgrade:{one.name}").get(children.CHILD, ""))


def child_of(journal: Journal, run: RunRecord, one: StackOrder) -> str:
    """The run that upgrades a stack as a part of another; "" while there is none."""
    return str(journal.facts(run.id, f"upgrade:{one.name}").get(children.CHILD, ""))


def _flips(journal: Journal, run: RunRecord) -> Iterator[str]:
    for one in journal.facts(run.id, "").get(FLIPPED, ()):
        yield f"flipped to {printable(one)}"


def _section(journal: Journal, run: RunRecord, order: FleetOrder) -> Iterator[str]:
    yield from ("", "## The stacks", "", "| stack | run | took | connections left when drained |")
    yield "| --- | --- | --- | --- |"
    steps = {step.name: step for step in journal.steps(run.id)}
    for one in order.stacks:
        step, left = steps.get(f"upgrade:{one.name}"), journal.facts(run.id, f"drain:{one.name}").get(LEFT)
        took = duration(step.finished_at - step.started_at) if step and step.finished_at else ""
        counted = "not counted" if left is None else str(left)
        yield f"| {printable(one.name)} | {child_of(journal, run, one)} | {took} | {counted} |"
    yield from ("", *(f"- {line}" for line in _flips(journal, run)))
