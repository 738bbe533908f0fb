"""The steps of a release through a fleet, but for the upgrades themselves, which are runs of their own."""

from collections.abc import Callable
from dataclasses import replace

from avnwizard.domain.balancer.server import FULL
from avnwizard.domain.words import about
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError
from avnwizard.flows.fleet.looking import look
from avnwizard.flows.fleet.order import StackOrder
from avnwizard.flows.fleet.watching import require_good, watch
from avnwizard.flows.fleet.world import FleetWorld
from avnwizard.planned import PlannedStep, StepKind

Child = Callable[[StepContext, StackOrder], str]
"""Which run upgraded a stack, as the step that carried it noted."""
LEFT, ASKED = "left", "asked"
_ALONE_S = 2.0


class CheckFleet(Step):
    """Look at both stacks once more: same release, serving, sharing what they say."""

    name = "check"
    title = "Check the stacks and the balancer"
    kind = StepKind.CHECK
    guess_s = 5.0
    undone_by = ()

    def __init__(self, world: FleetWorld) -> None:
        self._world = world

    def probe(self, ctx: StepContext) -> Probe:
        """Looked at again."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Fail over the first trouble."""
        world = self._world
        hosts = {one.name: world.host_of(one) for one in world.order.stacks}
        found = look(world.host.config.fleet, hosts, world.balancer, but=world.run)
        if found.troubles:
            what, remedy = found.troubles[0]
            raise StepError(f"{what} Nothing was changed.", remedy)
        for sentence in found.shared:
            ctx.say(sentence)


class Drain(Step):
    """Send a stack no new requests, and wait until it has finished what it has."""

    kind = StepKind.OTHER

    def __init__(self, world: FleetWorld, one: StackOrder) -> None:
        self._world, self._one = world, one
        self.name = f"drain:{one.name}"
        self.title = f"Send no new requests to {one.name}, and wait until it has none"
        self.guess_s = 3.0

    def describe(self) -> PlannedStep:
        """What is ordered."""
        limit = about(self._world.order.drain_s)
        return replace(
            super().describe(),
            note=f"Its connections are waited for, {limit} at most; what is left is cut by its upgrade.",
            going_back=f"{self._one.name} gets requests again, in seconds",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Waiting again costs nothing."""
        return Probe.HALF_DONE if not self._world.served(self._one.name).takes_requests else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Drain it."""
        ctx.note(**{LEFT: self._world.drain(ctx, self._one.name)})

    def undo(self, ctx: StepContext) -> None:
        """Its whole share again."""
        self._world.bring_in(ctx, self._one.name)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether it gets its share."""
        found = self._world.served(self._one.name)
        return Probe.DONE if found.takes_requests and found.weight == FULL else Probe.NOT_DONE


class AskStack(Step):
    """Ask an upgraded stack on its own address, before any user does."""

    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: FleetWorld, one: StackOrder, child: Child) -> None:
        self._world, self._one, self._child = world, one, child
        self.name = f"ask:{one.name}"
        self.title = f"Ask {one.name} on its own address"
        self.guess_s = 2.0

    def probe(self, ctx: StepContext) -> Probe:
        """Asked again."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Every route has to answer as before."""
        world, one = self._world, self._one
        seen = watch(ctx, world, one, self._child(ctx, one), min(_ALONE_S, world.order.watch_s), alone=True)
        ctx.note(**{ASKED: seen.asked})
        require_good(world, one.name, seen)
        ctx.say(seen.sentence(self._one.name))


class Share(Step):
    """Give an upgraded stack a share of the requests, and watch what comes of it."""

    kind = StepKind.OTHER

    def __init__(self, world: FleetWorld, one: StackOrder, percent: int, child: Child) -> None:
        self._world, self._one, self._percent, self._child = world, one, percent, child
        self.name = f"share:{one.name}:{percent}"
        what = "its whole share" if percent == FULL else f"{percent} % of its share"
        self.title = f"Give {one.name} {what} of the requests"
        self.guess_s = world.order.watch_s

    def describe(self) -> PlannedStep:
        """How long it is watched."""
        watched = (
            f"Watched for {about(self._world.order.watch_s)}: one lost request takes {self._one.name} out again."
        )
        return replace(super().describe(), note=watched, going_back=f"{self._one.name} gets none, in seconds")

    def probe(self, ctx: StepContext) -> Probe:
        """Watched again."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Bring it in, and watch."""
        world, one = self._world, self._one
        world.bring_in(ctx, one.name, self._percent)
        seen = watch(ctx, world, one, self._child(ctx, one), world.order.watch_s)
        ctx.note(**{ASKED: seen.asked})
        require_good(world, one.name, seen)
        ctx.say(f"at {self._percent} %: {seen.sentence(one.name)}")

    def undo(self, ctx: StepContext) -> None:
        """Out again, so that it can be rolled back."""
        self._world.drain(ctx, self._one.name)

    def undone(self, ctx: StepContext) -> Probe:
        """Whether it gets none."""
        return Probe.NOT_DONE if self._world.served(self._one.name).takes_requests else Probe.HALF_DONE


class Bake(Step):
    """Let the upgraded stack serve alone for a while: the others keep the old release, so a flip is the way back."""

    name = "bake"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, world: FleetWorld, child: Child) -> None:
        self._world, self._child = world, child
        self.guess_s = world.order.bake_s
        self.title = f"Let {world.order.first.name} serve alone for {about(world.order.bake_s)}"

    def describe(self) -> PlannedStep:
        """What it is good for."""
        return replace(
            super().describe(), note="Way back meanwhile: avnwizard fleet flip", going_back="a flip, seconds"
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Watched again."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Watch; at the first loss the others take over."""
        world, first = self._world, self._world.order.first
        world.serve_from(ctx, first.name)
        ctx.say(f"{first.name} serves alone; the way back is a flip: avnwizard fleet flip")
        seen = watch(ctx, world, first, self._child(ctx, first), world.order.bake_s)
        if seen.is_bad:
            for one in world.order.rest:
                world.bring_in(ctx, one.name)
            require_good(world, first.name, seen)
        ctx.say(seen.sentence(first.name))
