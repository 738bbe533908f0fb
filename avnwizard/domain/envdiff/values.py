"""What changed in a project's example env file between two releases."""

from dataclasses import dataclass, field
from typing import Literal

from avnwizard.domain.compose import VariableUse
from avnwizard.domain.envfile import Variable

RelatedKind = Literal[
    "split", "merge", "replaced", "inverted", "unit-changed", "successor-already-present", "name-reused"
]


@dataclass(frozen=True)
class Rename:
    """A variable that goes on under another name: the operator's value can be carried over as it is.

    `confidence` is the chance that this is so, calibrated on labelled releases of other projects; 1.0 is kept for
    what changelog and compose file both say. `why` gives the traces in words, the strongest first.
    """

    old: str
    new: str
    confidence: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A new variable that one that goes may be, with the chance; too little to propose it as a rename."""

    new: str
    chance: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class Related:
    """Variables that have to do with each other, but whose values cannot be carried over unasked."""

    kind: RelatedKind
    old: tuple[str, ...]
    new: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A variable that stays, with another default or another comment."""

    key: str
    old_default: str
    new_default: str
    comment_changed: bool


@dataclass(frozen=True)
class EnvDiff:
    """The difference of two env files, over variables that are set and those that are only offered.

    Fields:
        added, removed: in document order, without the sides of renames, but with those of `related` groups.
        required: name -> how the new compose file demands it where the new example does not set it.
        candidates: for what goes and is no rename, what it may be all the same, the likeliest first.
        said_gone: those of `removed` of which the release says that nothing reads them any more.
        unread: names in the new example that the compose file read before and reads no more.
    """

    added: tuple[Variable, ...]
    removed: tuple[Variable, ...]
    renamed: tuple[Rename, ...]
    related: tuple[Related, ...]
    changed: tuple[Changed, ...]
    required: dict[str, VariableUse] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    candidates: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    said_gone: frozenset[str] = frozenset()
