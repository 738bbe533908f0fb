"""A release through a fleet, decided: frozen, JSON, and without a secret."""

from dataclasses import dataclass

from avnwizard.domain.plan import Plan
from avnwizard.domain.typed import Typed


@dataclass(frozen=True)
class StackOrder:
    """One stack's part.

    Attributes:
        directory: its checkout.
        plan: of its own upgrade, which is a run of its own.
    """

    name: str
    directory: str
    plan: Plan


@dataclass(frozen=True)
class FleetOrder:
    """All of it.

    Attributes:
        stacks: the one that runs the migrations first; it is upgraded first.
        weights: the shares at which an upgraded stack is brought in, in percent.
        notes: what is known of whether both releases work on one schema, and of what they share, a sentence each.
    """

    tag: str
    old_tag: str
    stacks: tuple[StackOrder, ...]
    weights: tuple[int, ...]
    drain_s: float
    watch_s: float
    bake_s: float
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> StackOrder:
        """The stack that runs the migrations."""
        return self.stacks[0]

    @property
    def rest(self) -> tuple[StackOrder, ...]:
        """The others."""
        return self.stacks[1:]


_ADAPTER: Typed[FleetOrder] = Typed(FleetOrder)


def to_json(order: FleetOrder) -> str:
    """For the journal."""
    return _ADAPTER.to_json(order)


def from_json(text: str) -> FleetOrder:
    """Read back from the journal.

    Raises:
        RefusedError: another version wrote it.
    """
    return _ADAPTER.planned(text, "run through the fleet")
