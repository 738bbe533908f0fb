"""What the journal holds, as values."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from avnwizard.planned import StepKind

RunState = Literal["created", "running", "paused", "failed", "aborted", "done", "undone", "given up"]
"""`given up`: it stopped, and nothing is left of it to go on with.

`running` with nobody holding the stack's lock means that the run was cut off."""
StepState = Literal["pending", "started", "done", "failed"]
Action = Literal["pause", "resume", "abort", "accept"]

UNFINISHED: frozenset[RunState] = frozenset({"created", "running", "paused", "failed", "aborted"})


@dataclass(frozen=True)
class RunRecord:
    """One run.

    Attributes:
        kind: the flow that made its steps ("upgrade", "rollback", …).
        plan: the frozen plan, as JSON text; it holds no secret.
        undoes: the run that this one rolls back, "" for none.
        created_at: seconds since the epoch, as `finished_at` (0 while it has not ended).
        message: why it stopped, "" when all went well.
    """

    id: str
    kind: str
    title: str
    plan: str
    undoes: str
    state: RunState
    pid: int
    created_at: float
    finished_at: float
    message: str
    hint: str


@dataclass(frozen=True)
class StepRecord:
    """One step of a run; its identity is (run, index, name)."""

    run: str
    index: int
    name: str
    title: str
    state: StepState
    started_at: float
    finished_at: float
    message: str
    facts: dict[str, Any]
    kind: StepKind = StepKind.OTHER
    service: str = ""


class Listed(Protocol):
    """A step as the journal writes it down before anything is done: a `Step`, or a `PlannedStep`."""

    @property
    def name(self) -> str:
        """Unique in its run."""

    @property
    def title(self) -> str:
        """What the operator reads."""

    @property
    def kind(self) -> StepKind:
        """What it is about."""

    @property
    def service(self) -> str:
        """The service that it is about, "" for none."""
