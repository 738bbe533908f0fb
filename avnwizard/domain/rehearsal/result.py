"""What came of a rehearsal: how long each part took, and whether the old code works on what the release makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.order import LeftOut
from avnwizard.domain.typed import Typed
from avnwizard.domain.words import count, duration, moment, size

Outcome = Literal["healthy", "running", "finished", "failed", "not started"]
OldCode = Literal["works", "breaks", "unknown"]
GOOD: frozenset[Outcome] = frozenset({"healthy", "running", "finished"})
_NAMED = 4


@dataclass(frozen=True)
class Part:
    """How one service did.

    Attributes:
        job: whether it is a one-shot, such as a migration.
        seconds: from its start until it was healthy, or ended.
        said: why it failed, as a clause; no output of its own.
    """

    service: str
    job: bool
    outcome: Outcome
    seconds: float
    said: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it did what it has to."""
        return self.outcome in GOOD


@dataclass(frozen=True)
class Slow:
    """A statement that took long on the copied server; its literals are left away."""

    seconds: float
    text: str


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal that ran to its end.

    Attributes:
        tag, commit: of the release.
        old_tag: of the release that runs.
        at: when it began, in seconds since the epoch.
        copied_bytes: of the databases; 0 where none was copied.
        copy_s: how long the copying took.
        target: the release's services, in the order in which they were started.
        check: why the operator's check failed, "" where it passed; None where none is set.
        old: the old release's services, on what the release made of the data.
        slow: the statements that took longest.
    """

    run: str
    tag: str
    commit: str
    old_tag: str
    at: float
    copied_bytes: int
    copy_s: float
    target: tuple[Part, ...]
    check: str | None
    old: tuple[Part, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    slow: tuple[Slow, ...] = ()

    @property
    def comes_up(self) -> bool:
        """Whether the release did all that it has to."""
        return all(one.is_good for one in self.target) and not self.check

    @property
    def migrations_s(self) -> float:
        """How long its one-shots took together."""
        return sum(one.seconds for one in self.target if one.job)

    @property
    def failed_old(self) -> tuple[str, ...]:
        """The old services that fail on the new data, and whose successors do not."""
        well = {one.service for one in self.target if one.is_good}
        known = {one.service for one in self.target}
        return tuple(one.service for one in self.old if not one.is_good and one.service in well | _gone(self, known))

    @property
    def old_code(self) -> OldCode:
        """Whether the old code works on what the release made; unknown where nothing can be said."""
        if not self.old or not self.copied_bytes or any(one.job and not one.is_good for one in self.target):
            return "unknown"
        if self.failed_old:
            return "breaks"
        return "works" if all(one.is_good for one in self.old) else "unknown"

    def sentences(self) -> Iterator[str]:
        """The verdict, for a plan and a report."""
        data = f"a copy of the data ({size(self.copied_bytes)})" if self.copied_bytes else "a stack without data"
        when = f"Rehearsed {moment(self.at)} on {data}"
        bad = [one for one in self.target if not one.is_good]
        if bad:
            yield f"{when}: {printable(self.tag)} does not come up: {_listed(bad)}."
        else:
            rest = sum(one.seconds for one in self.target if not one.job)
            jobs = f"migrations took {duration(self.migrations_s)}, " if any(one.job for one in self.target) else ""
            many = count(sum(not one.job for one in self.target), "service")
            yield f"{when}: {jobs}{many} came up in {duration(rest)}, one after another."
        if self.check is not None:
            yield (
                f"Your check of the rehearsal failed: {printable(self.check)}."
                if self.check
                else "Your check passed."
            )
        yield self._of_old_code()

    def _of_old_code(self) -> str:
        old = printable(self.old_tag)
        if self.old_code == "works":
            made = f"what {printable(self.tag)} makes of the data"
            return f"The code of {old} works on {made}: going back needs no restore."
        if self.old_code == "breaks":
            bad = [one for one in self.old if one.service in self.failed_old]
            return f"The code of {old} does not work on the new schema: going back needs a restore ({_listed(bad)})."
        return f"Whether the code of {old} works on the new schema could not be rehearsed."


def _gone(one: Rehearsed, known: set[str]) -> set[str]:
    return {part.service for part in one.old if part.service not in known}


def _listed(parts: list[Part]) -> str:
    named = [
        f"{printable(one.service, limit=63)} {one.outcome}{f': {one.said}' if one.said else ''}" for one in parts
    ]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return "; ".join(named[:_NAMED]) + more


RESULT: Typed[Rehearsed] = Typed(Rehearsed)
PARTS: Typed[tuple[Part, ...]] = Typed(tuple[Part, ...])
