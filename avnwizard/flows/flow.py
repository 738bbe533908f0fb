"""A flow: one kind of run, and all that the machinery of runs asks of it.

Whoever starts, carries, resumes, reports, prunes, accepts or shows runs asks the flow of a run instead of its kind.
`run.registry` holds the flows that there are; a new one is a class there, and a verb.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step, UndoStep
from avnwizard.flows.host import Host

Around = AbstractContextManager[object]


@dataclass(frozen=True)
class Touched:
    """One service that a run changes.

    Attributes:
        how: its strategy, such as "surge".
        old, new: image references from and to; "" where there is none.
    """

    service: str
    how: str
    old: str
    new: str


@dataclass(frozen=True)
class Outcome:
    """What the screen after a run shows.

    Attributes:
        facts: (label, text), what changed.
        snapshot: the folder of the run's snapshot, "" for none.
        tomorrow: what to look at next, a line each.
        notes: what was left otherwise than expected, a sentence each.
        but: what was seen once all was done and speaks against it, and the way back; () where nothing does.
    """

    facts: tuple[tuple[str, str], ...] = ()
    snapshot: str = ""
    tomorrow: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


class Flow(ABC):
    """What a kind of run is made of. Its methods only read; `steps` make the changes."""

    kind: ClassVar[str]
    """As the journal names it."""
    noun: ClassVar[str]
    """Such as "upgrade", for sentences."""
    doing: ClassVar[str]
    """What a run of it is at, such as "upgrading the stack"."""
    finished: ClassVar[str]
    """The verdict on a run that is done, such as "The upgrade is done"."""
    subjects: ClassVar[frozenset[str]] = frozenset()
    """What its runs change for good. A run is not rolled back across a later one that changed any of the same."""
    way_back: ClassVar[str] = ""
    """The kind of the flow that takes its runs back: "undo" for the steps' own undo; "" where nothing does."""
    crosses: ClassVar[frozenset[str]] = frozenset()
    """Kinds of later runs that its way back keeps the changes of: it is rolled back across these."""
    takes_back: ClassVar[bool] = False
    """Whether its runs take another run back, named in `undoes`."""
    leaves_nothing: ClassVar[bool] = False
    """Whether nothing is left of a run that stopped, wherever it stopped: then it is given up at once."""
    stands_alone: ClassVar[bool] = False
    """Whether a run of it may be made while one of another flow is unfinished."""
    staged: ClassVar[bool] = False
    """Whether the wizard's stages, from the release to the roll, lead up to its runs."""
    keeps_images: ClassVar[bool] = False
    """Whether its runs keep the previous images until they are accepted."""

    @property
    def can_roll_back(self) -> bool:
        """Whether its runs can be taken back."""
        return bool(self.way_back)

    @abstractmethod
    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """The steps of a run, in order.

        Raises:
            RefusedError: another version planned it.
        """

    def expected(self, host: Host, journal: Journal, run: RunRecord) -> Mapping[str, float]:
        """Step name -> how many seconds it is expected to take; 0.0 where nobody knows.

        Raises:
            RefusedError: another version planned it.
        """
        return {step.name: step.describe().seconds for step in self.steps(host, journal, run)}

    def undo_steps(self, host: Host, journal: Journal, run: RunRecord, begun: Collection[str]) -> list[Step]:
        """The steps that take a run back where `way_back` is "undo"; each may be repeated.

        Args:
            begun: the names of its steps that were begun.
        """
        steps = self.steps(host, journal, run)
        return [UndoStep(step) for step in reversed(steps) if step.name in begun and step.undoes_itself]

    def back_notes(self, journal: Journal, run: RunRecord) -> tuple[str, ...]:
        """What taking a run back by `undo_steps` loses or leaves, a sentence each, for before it is confirmed."""
        del journal, run
        return ()

    def left_nothing(self, steps: Sequence[StepRecord]) -> bool:
        """Whether a run that stopped there changed nothing: a run that would change the same may take its place."""
        del steps
        return self.leaves_nothing

    def clear(self, host: Host, run: RunRecord) -> None:
        """Remove what a run that is given up left alongside."""

    def host_of(self, host: Host, journal: Journal, run: RunRecord) -> Host:
        """The host as its steps are given it."""
        del journal, run
        return host

    def around(self, host: Host, journal: Journal, feed: FeedWriter, run: RunRecord) -> Iterator[Around]:
        """What is entered before the first step and left after the last: a probe, a watch."""
        del host, journal, feed, run
        yield from ()

    def require_fresh(self, steps: Sequence[StepRecord], run: RunRecord) -> None:
        """Refuse to start or resume a run whose preparations are too old.

        Raises:
            RefusedError: says what to do instead.
        """

    def snapshot(self, run: RunRecord) -> Path | None:
        """The snapshot that going on with a run, or back from it, may need; None where it needs none."""
        del run
        return None

    def touched(self, journal: Journal, run: RunRecord) -> tuple[Touched, ...]:
        """The services that a run changes, in order."""
        del journal, run
        return ()

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """What changed, and what to look at next, once a run is over."""
        del journal, run
        return Outcome()

    def tags(self, journal: Journal, run: RunRecord) -> tuple[str, str]:
        """From which release a run goes to which; "" where it changes none."""
        del journal, run
        return "", ""

    def heading(self, journal: Journal, run: RunRecord) -> str:
        """The heading of its report."""
        del journal
        return run.title

    def facts(self, journal: Journal, run: RunRecord, steps: Sequence[StepRecord]) -> list[str]:
        """Lines of Markdown at the head of its report: from what, to what."""
        del journal, run, steps
        return []

    def account(self, journal: Journal, run: RunRecord) -> list[str]:
        """Lines of Markdown ahead of its report's steps: why, and what became of the data."""
        del journal, run
        return []

    def sections(self, journal: Journal, run: RunRecord) -> list[str]:
        """Lines of Markdown at the end of its report."""
        del journal, run
        return []
