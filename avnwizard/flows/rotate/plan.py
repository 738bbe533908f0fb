"""The plan of one phase of a rotation. It holds no secret: fingerprints tell which are meant."""

from dataclasses import dataclass, replace
from pathlib import Path

from avnwizard.domain.plan import Plan
from avnwizard.domain.rotation.generation import Generation
from avnwizard.domain.rotation.kinds import KINDS, Kind, What
from avnwizard.domain.rotation.places import Place
from avnwizard.domain.typed import Typed
from avnwizard.planned import PlannedStep


@dataclass(frozen=True)
class RotationPlan:
    """One phase, decided.

    Attributes:
        rotation: the name of the whole rotation, the same in each of its phases.
        file, variable: where the secret is written, as in `Place`.
        generation: the list that this phase leaves.
        database: the service's own; "" where it keeps nothing under the secret.
        dynamic: whether the service may accept registration tokens of clients, which never expire.
        ends: how many sessions and tokens the operator agreed to end.
        notes: what users notice and what else is to be known, a sentence each.
        stack: the roll of the services that read the secret; its release is the current one.
        follows: whether another stack of a fleet counts and seals the rows that the secret is for.
    """

    what: What
    rotation: str
    phase: int
    file: Path
    variable: str
    services: tuple[str, ...]
    generation: Generation
    database: str
    dynamic: bool
    ends: int
    notes: tuple[str, ...]
    stack: Plan
    follows: bool = False

    @property
    def kind(self) -> Kind:
        """Of the secret."""
        return KINDS[self.what]

    @property
    def place(self) -> Place:
        """Where the secret is written."""
        return Place(self.file, self.variable, self.services)

    @property
    def sees_rows(self) -> bool:
        """Whether this run counts rows, and seals them again."""
        return self.kind.counted and not self.follows

    @property
    def title(self) -> str:
        """Such as "rotate hydra, phase 2 of 3"."""
        of = f", phase {self.phase} of {self.kind.phases}" if self.kind.phases > 1 else ""
        return f"rotate {self.what}{of}"

    @property
    def is_last(self) -> bool:
        """Whether the old secret goes with this phase."""
        return self.phase == self.kind.phases and self.kind.drops

    def described(self, steps: tuple[PlannedStep, ...]) -> "RotationPlan":
        """With its steps, as they describe themselves."""
        return replace(self, stack=replace(self.stack, steps=steps))


_ADAPTER: Typed[RotationPlan] = Typed(RotationPlan)


def to_json(plan: RotationPlan) -> str:
    """For the journal, and for `rotate --dry-run --json`."""
    return _ADAPTER.to_json(plan)


def from_json(text: str) -> RotationPlan:
    """Read back.

    Raises:
        RefusedError: another version of avnwizard wrote it.
    """
    return _ADAPTER.planned(text, "rotation")
