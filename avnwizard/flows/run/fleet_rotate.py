"""One phase of a rotation through a fleet: no stack begins a phase before every stack has finished the one before.

Each stack's phase is a run of its own. The new secret is made once, for all; the leader counts the rows that need
the old secret, and seals them. It writes with the new secret last, so that what it counted holds for all. It drops
the old one first, so that nobody does where the count speaks against it.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from avnwizard.domain.balancer.server import FULL
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.domain.plain import printable
from avnwizard.domain.typed import Typed
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step, StepContext
from avnwizard.errors import RefusedError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.fleet.order import FleetOrder, StackOrder
from avnwizard.flows.fleet.steps import AskStack, CheckFleet, Drain, Share
from avnwizard.flows.fleet.world import FleetWorld
from avnwizard.flows.flow import Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate import plan as rotating
from avnwizard.flows.rotate.flow import Rotate
from avnwizard.flows.rotate.plan import RotationPlan
from avnwizard.flows.rotate.planning import Prepared
from avnwizard.flows.rotate.standing import has_written, standing
from avnwizard.flows.rotate.steps import require_way_back
from avnwizard.flows.run import children, launch
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.planned import PlannedStep, StepKind

_ROTATE_S = 60.0


@dataclass(frozen=True)
class RotationOrder:
    """A phase, decided for every stack.

    Attributes:
        fleet: the stacks, the leader first; the plan of each is its roll.
        plans: of each stack's run, in the same order.
    """

    fleet: FleetOrder
    plans: tuple[RotationPlan, ...]

    def of(self, name: str) -> RotationPlan:
        """A stack's."""
        return next(
            plan for one, plan in zip(self.fleet.stacks, self.plans, strict=True) if one.name == name
        )  # fmt: skip

    @property
    def in_turn(self) -> tuple[StackOrder, ...]:
        """The stacks in the order in which the phase goes through them."""
        stacks, lead = self.fleet.stacks, self.plans[0]
        drops = lead.is_last and lead.kind.phases > 1
        return stacks if drops else (*stacks[1:], stacks[0])


_ADAPTER: Typed[RotationOrder] = Typed(RotationOrder)


def to_json(order: RotationOrder) -> str:
    """For the journal."""
    return _ADAPTER.to_json(order)


def from_json(text: str) -> RotationOrder:
    """Read back from the journal.

    Raises:
        RefusedError: another version wrote it.
    """
    return _ADAPTER.planned(text, "rotation through the fleet")


def order_of(section: FleetSection, first: str, prepared: Mapping[str, Prepared]) -> RotationOrder:
    """Put the stacks' plans together, the leader's first."""
    names = (first, *(name for name in prepared if name != first))
    plans = tuple(prepared[name].plan for name in names)
    stacks = tuple(
        StackOrder(name, section.stacks[name], plan.stack) for name, plan in zip(names, plans, strict=True)
    )  # fmt: skip
    tag = plans[0].stack.current.tag
    return RotationOrder(FleetOrder(tag, tag, stacks, (FULL,), section.drain_s, section.watch_s, 0.0), plans)


def write_down(first: Host, order: RotationOrder, lead: Prepared) -> str:
    """Write the phase down, in the leader's journal; the run's name. The new secret is kept before anything uses it.

    Raises:
        BusyError: another run holds the first stack.
        RefusedError: another run is unfinished there.
    """

    def prepare(_folder: RunFolder) -> None:
        if lead.begins:
            keeping.keep(first, lead.plan.rotation, lead.pair.old, lead.pair.new)

    title = f"{lead.plan.title}, in {len(order.plans)} stacks"
    return launch.create(first, FleetRotate.kind, title=title, plan=to_json(order), prepare=prepare)


class RotateStack(children.CarriesChild):
    """Carry out the phase in one stack, as a run of its own in its checkout and journal."""

    def __init__(self, world: FleetWorld, one: StackOrder, plan: RotationPlan) -> None:
        super().__init__(world, one)
        self._plan = plan
        self.name = f"rotate:{one.name}"
        self.title = f"Rotate {plan.what} in {one.name}, phase {plan.phase} of {plan.kind.phases}"
        self.guess_s = sum(step.seconds for step in plan.stack.steps) or _ROTATE_S

    def describe(self) -> PlannedStep:
        """Its own steps are in its own plan."""
        rows = ", and counts and seals rows for all stacks" if self._plan.sees_rows else ""
        return PlannedStep(
            self.name, self.title, seconds=self.guess_s, kind=self.kind,
            note=f"A run of its own in {self._one.directory}: it writes the list of secrets{rows}.",
            going_back="the list of the phase before, in all stacks",
        )  # fmt: skip

    def do(self, ctx: StepContext) -> None:
        """Carry the child; the stack must get no requests."""
        world, plan, host = self._world, self._plan, self._world.host_of(self._one)
        world.require_out(self._one.name)

        def write(journal: Journal, run: str) -> None:
            if hashlib.sha256(env_bytes(host)).hexdigest() != plan.stack.env_sha256:
                raise RefusedError(
                    f"The env file of {self._one.name} changed since the plan was made.",
                    f"Put it back and resume, or take it back: avnwizard rollback {ctx.run}",
                )
            if plan.phase == 1 and plan.follows:
                pair = keeping.load(world.host, plan.rotation)
                keeping.keep(host, plan.rotation, pair.old, pair.new)
            unborn = RunRecord(
                run, Rotate.kind, plan.title, rotating.to_json(plan), "", "created", 0, 0.0, 0.0, "", ""
            )
            steps = Rotate().steps(host, journal, unborn)
            journal.create_run(run, kind=Rotate.kind, title=unborn.title, plan=unborn.plan, steps=steps)

        children.begin(ctx, world.host, host, Rotate.kind, write)


class FleetRotate(Flow):
    """One phase in each stack in turn, while the others serve; the next phase is a run of its own."""

    kind = "fleet-rotate"
    noun = "rotation through the fleet"
    doing = "rotating the secret in one stack after another"
    finished = "This phase of the rotation is done in all stacks"
    subjects = frozenset({"fleet"})
    way_back = "undo"

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """As its plan says."""
        del journal
        return rotation_steps(from_json(run.plan), host, run.id)

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """The list of the phase before in every stack that had begun, the last one first.

        Raises:
            RefusedError: that would be the list as it was before the rotation, and some stack wrote with the new
                secret since.
        """
        order = from_json(run.plan)
        world = FleetWorld(order.fleet, host, run.id)
        for one, plan in zip(order.fleet.stacks, order.plans, strict=True):
            require_way_back(has_written(world.host_of(one).journal(), plan), plan)
        return super().undo_steps(host, journal, run, begun)

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """While it only looked."""
        return all(step.kind is StepKind.CHECK for step in steps if step.state != "pending")

    def clear(self, host: Host, run: RunRecord) -> None:
        """The secret that it would have brought."""
        lead = from_json(run.plan).plans[0]
        if lead.phase == 1:
            keeping.destroy(host, lead.rotation)

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What is pending."""
        order = from_json(run.plan)
        lead = order.plans[0]
        facts = [("Secret", lead.kind.title), ("Phase", f"{lead.phase} of {lead.kind.phases}")]
        facts += [(one.name, _child(journal, run, one) or "not begun") for one in order.fleet.stacks]
        found = standing(journal, lead.what)
        pending = (found.sentence(),) if found and found.is_pending else ()
        return Outcome(tuple(facts), tomorrow=pending)

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """Which secret, where, and what was said of it."""
        del journal, steps
        order = from_json(run.plan)
        lead = order.plans[0]
        head = f"- secret: {lead.kind.title}, phase {lead.phase} of {lead.kind.phases}, in {len(order.plans)} stacks"
        return [head, *(f"- {printable(note)}" for note in lead.notes)]

    def sections(self, journal: Journal, run: RunRecord) -> list[str]:
        """Each stack's run."""
        order = from_json(run.plan)
        lines = ["", "## The stacks", "", "| stack | run | secret |", "| --- | --- | --- |"]
        return lines + [
            f"| {printable(one.name)} | {_child(journal, run, one)} | {printable(plan.place.shown)} |"
            for one, plan in zip(order.fleet.stacks, order.plans, strict=True)
        ]


def rotation_steps(order: RotationOrder, first: Host, run: str) -> list[Step]:
    """The steps, in order; also those that a plan shows, under a run's name that nobody has."""
    world = FleetWorld(order.fleet, first, run)
    return [CheckFleet(world), *(step for one in order.in_turn for step in _through(world, order, one))]


def _through(world: FleetWorld, order: RotationOrder, one: StackOrder) -> Iterator[Step]:
    yield Drain(world, one)
    yield RotateStack(world, one, order.of(one.name))
    yield AskStack(world, one, _noted)
    yield Share(world, one, FULL, _noted)


def _noted(ctx: StepContext, one: StackOrder) -> str:
    return str(ctx.recall(f"rotate:{one.name}").get(children.CHILD, ""))


def _child(journal: Journal, run: RunRecord, one: StackOrder) -> str:
    return str(journal.facts(run.id, f"rotate:{one.name}").get(children.CHILD, ""))
