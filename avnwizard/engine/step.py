"""A step: what it says of itself, looks at, does and undoes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, ClassVar, TypeVar

from avnwizard.engine.faults import fault_point
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.wave import PATIENCE_S, Wave
from avnwizard.errors import WizardError
from avnwizard.planned import PlannedStep, StepKind

Order = TypeVar("Order")
Result = TypeVar("Result")


class Probe(Enum):
    """What the world says of a step that the journal left open."""

    NOT_DONE = "not done"
    HALF_DONE = "half done"
    DONE = "done"


class AbortRequestedError(WizardError):
    """The operator asked the run to stop; raised at a place where stopping is safe."""


class StepContext:
    """What a step may use of the engine: its memory and its voice.

    Args:
        run: the run under way.
        step: the step's name.
        source: for a rollback, the run that it undoes; its steps' facts are seen through `recall`.
        wave: the steps that are carried out at the same time; None for a step on its own.
    """

    def __init__(
        self, journal: Journal, feed: FeedWriter, run: str, step: str, source: str = "", wave: Wave | None = None
    ) -> None:
        self._journal, self._feed, self._wave = journal, feed, wave
        self.run, self.step, self.source = run, step, source

    def note(self, **facts: Any) -> None:
        """Commit facts of this step to the journal (JSON values, no secret)."""
        self._journal.note(self.run, self.step, facts)

    def recall(self, step: str = "") -> dict[str, Any]:
        """What a step noted (default: this one), in this run or in the run that it undoes."""
        facts = self._journal.facts(self.source, step or self.step) if self.source else {}
        return facts | self._journal.facts(self.run, step or self.step)

    def say(self, text: str) -> None:
        """Tell the watchers one line."""
        self._feed.emit("say", self.step, text)

    def progress(self, done: int, total: int | None, unit: str = "", *, left_s: float | None = None) -> None:
        """Tell the watchers how far this step is, and the seconds left where they can be known."""
        self._feed.emit("progress", self.step, done=done, total=total, unit=unit, left_s=left_s)

    def measure(self, **numbers: Any) -> None:
        """Tell the watchers something measured."""
        self._feed.emit("measure", self.step, **numbers)

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        """Wrap one effect on the world, so that tests can kill the run before and after it."""
        fault_point(f"{self.step}:{name}:before")
        yield
        fault_point(f"{self.step}:{name}:after")

    def together(
        self,
        place: int,
        order: Order,
        act: Callable[[Sequence[Order]], Result],
        *,
        patience_s: float = PATIENCE_S,
    ) -> Result:
        """Do something once for all steps of the wave that come to this place; see `Wave.together`."""
        if not self._wave:
            return act([order])
        return self._wave.together(self.step, place, order, act, patience_s=patience_s)

    def pass_by(self, place: int) -> None:
        """Let the other steps of the wave not wait for this one at a place where it has nothing to do."""
        if self._wave:
            self._wave.pass_by(self.step, place)

    def go_alone(self) -> None:
        """Let the other steps of the wave not wait for this one."""
        if self._wave:
            self._wave.leave(self.step)

    def accepted(self) -> bool:
        """Whether the operator is content with the run as it is, and wants what this step waits for to end."""
        return self._journal.asked(self.run, "accept")

    def checkpoint(self) -> None:
        """A place within a step where stopping is safe.

        Raises:
            AbortRequestedError: the operator asked for it.
        """
        if self._journal.asked(self.run, "abort"):
            raise AbortRequestedError("Stopped on your request.")


class Step(ABC):
    """One journalled step of a run. Every method may be called again after a crash.

    How it is taken back is part of it: either it has an `undo` (and an `undone`), which every rollback
    schedules, or `undone_by` names the kinds of the steps that take it back: `()` says that there is nothing to undo.
    """

    name: str
    """Unique in its run and the same at every resume, such as "roll:gateway"."""
    title: str
    """What the operator reads."""
    kind: StepKind
    service: str = ""
    """The service that it is about, "" for none."""
    guess_s: float = 15.0
    """How long it takes where nobody has measured: a cautious guess, in seconds."""
    undone_by: ClassVar[tuple[StepKind, ...] | None] = None
    wave: int = 0
    """Steps in a row with the same number are carried out at the same time; 0 is a step on its own."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Refuse a step that leaves open how it is taken back."""
        super().__init_subclass__(**more)
        own = cls.undo is not Step.undo
        if own is (cls.undone_by is not None):
            raise TypeError(f"{cls.__name__} must have either an `undo` or `undone_by`.")
        if own is (cls.undone is Step.undone):
            raise TypeError(f"{cls.__name__} must have `undo` and `undone`, or neither.")

    @property
    def undoes_itself(self) -> bool:
        """Whether it is taken back by its own `undo`."""
        return self.undone_by is None

    def describe(self) -> PlannedStep:
        """What the operator reads before it runs: commands, what users notice, what going back costs, the time."""
        return PlannedStep(
            self.name, self.title, seconds=self.guess_s, kind=self.kind, service=self.service, wave=self.wave
        )

    @abstractmethod
    def probe(self, ctx: StepContext) -> Probe:
        """Look at the world: was this done? Asked when the journal says `started` or `failed`."""

    @abstractmethod
    def do(self, ctx: StepContext) -> None:
        """Carry it out, from not done or half done."""

    def undo(self, ctx: StepContext) -> None:
        """Take it back, from done or half done, once or again. By default there is nothing to take back."""

    def undone(self, ctx: StepContext) -> Probe:
        """Look at the world: was it taken back? By default there was nothing to take back."""
        return Probe.DONE


class UndoStep(Step):
    """A step of a rollback: the undoing of a step of the run that is rolled back."""

    undone_by = ()

    def __init__(self, original: Step) -> None:
        self.original = original
        self.name = f"undo:{original.name}"
        self.title = f"Undo: {original.title}"
        self.kind, self.service, self.guess_s = original.kind, original.service, original.guess_s

    def probe(self, ctx: StepContext) -> Probe:
        """Whether it was taken back already."""
        return self.original.undone(ctx)

    def do(self, ctx: StepContext) -> None:
        """Take it back."""
        self.original.undo(ctx)
