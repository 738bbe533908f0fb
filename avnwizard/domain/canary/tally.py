"""How often each thing that the canary tries worked: before, during and after a run, as figures and in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from avnwizard.domain.plain import printable
from avnwizard.domain.words import count

Phase = Literal["before", "during", "after"]
PHASES: tuple[Phase, ...] = ("before", "during", "after")
TITLES = {
    "sign-in": "sign in with a password",
    "session": "check a session",
    "token": "get a token as a client",
    "introspection": "have a token introspected",
    "refresh": "refresh a long-lived grant",
    "id-token": "verify an ID token by the published keys",
    "session-held": "use the session from before the run",
    "token-held": "use the access token from before the run",
    "grant-held": "use the refresh token from before the run",
    "id-token-held": "verify the ID token from before the run",
}
"""Check -> what the canary does; those ending in "-held" tell whether what people had before a run still works."""
_WHY_CHARS = 300


@dataclass
class Tried:
    """One check in one phase. `why` is how it failed last."""

    worked: int = 0
    failed: int = 0
    why: str = ""


@dataclass
class CanaryTally:
    """All that a canary tried during a run.

    Attributes:
        checks: check -> phase -> how it went.
        notes: what else is to be known, a sentence each.
        judged: whether the round after the run was made.
    """

    checks: dict[str, dict[Phase, Tried]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    judged: bool = False

    def add(self, check: str, phase: Phase, why: str) -> None:
        """Count one try; `why` says how it failed, "" for success."""
        tried = self.checks.setdefault(check, {}).setdefault(phase, Tried())
        if why:
            tried.failed += 1
            tried.why = printable(why, limit=_WHY_CHARS)
        else:
            tried.worked += 1

    def note(self, text: str) -> None:
        """Once each."""
        if (shown := printable(text, limit=_WHY_CHARS)) not in self.notes:
            self.notes.append(shown)

    def worked(self, check: str, phase: Phase) -> bool:
        """Whether it was tried then and never failed."""
        tried = self.checks.get(check, {}).get(phase)
        return tried is not None and tried.worked > 0 and not tried.failed

    @property
    def broken(self) -> tuple[str, ...]:
        """The checks that fail after the run, and did not before it."""
        return tuple(
            check
            for check in TITLES
            if (tried := self.checks.get(check, {}).get("after")) and tried.failed and self._was_well(check)
        )

    def _was_well(self, check: str) -> bool:
        before = self.checks.get(check, {}).get("before")
        return before is None or not before.failed

    def sentences(self) -> tuple[str, ...]:
        """What fails after the run, a sentence each."""
        return tuple(
            f"Since the run the canary cannot {TITLES[check]}: {self.checks[check]['after'].why}."
            for check in self.broken
        )

    def rounds(self, phase: Phase) -> tuple[int, int]:
        """(tries, failures) over all checks in a phase."""
        found = [by_phase[phase] for by_phase in self.checks.values() if phase in by_phase]
        return sum(one.worked + one.failed for one in found), sum(one.failed for one in found)

    def summary(self) -> str:
        """In a line: "64 tries, 2 failed during the run, all work after it"."""
        tries = sum(self.rounds(phase)[0] for phase in PHASES)
        during = self.rounds("during")[1]
        text = f"{count(tries, 'try', 'tries')}, {during:,} failed during the run"
        if not self.judged:
            return text
        after = len(self.broken)
        verdict = f"{count(after, 'check')} failed" if after else "everything works"
        return f"{text}, {verdict} after it"

    def to_json(self) -> dict[str, Any]:
        """For the run's folder, and for `show --json`."""
        return {
            "checks": {
                check: {phase: vars(tried) for phase, tried in by_phase.items()}
                for check, by_phase in self.checks.items()
            },
            "notes": list(self.notes),
            "judged": self.judged,
            "broken": list(self.broken),
        }


def tally_from(found: Mapping[str, Any]) -> CanaryTally:
    """Read back.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    tally = CanaryTally(notes=[str(one) for one in found["notes"]], judged=bool(found["judged"]))
    for check, by_phase in found["checks"].items():
        for phase in PHASES:
            if phase in by_phase:
                one = by_phase[phase]
                tried = Tried(int(one["worked"]), int(one["failed"]), str(one["why"]))
                tally.checks.setdefault(str(check), {})[phase] = tried
    return tally


def rows(tally: CanaryTally) -> Iterator[tuple[str, ...]]:
    """(what, before, during, after, how it failed last) for each check that was tried."""
    for check, title in TITLES.items():
        if by_phase := tally.checks.get(check):
            why = next((one.why for phase in reversed(PHASES) if (one := by_phase.get(phase)) and one.why), "")
            yield (title, *(_cell(by_phase.get(phase)) for phase in PHASES), why)


def _cell(tried: Tried | None) -> str:
    if tried is None:
        return ""
    all_told = tried.worked + tried.failed
    return f"{tried.worked:,} of {all_told:,}" if tried.failed or all_told > 1 else "works"
