"""Where each rotation stands: by the journal's runs. A rotation takes days, so everything here is looked up again."""

from collections.abc import Iterator
from dataclasses import dataclass

from avnwizard.domain.rotation.kinds import What
from avnwizard.domain.rotation.tally import date, day
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.flows.rotate.plan import RotationPlan, from_json
from avnwizard.planned import StepKind

ROTATE = "rotate"
"""The kind of its runs."""
REPLACE = "password"
"""The kind of the runs that replace a role's password."""
TALLIED = "tally"
"""The step whose facts say what needs the old secret: {"sessions", "safe_at"}."""
SESSIONS = "seal-sessions"
"""The step that seals the sessions of tokens again."""
_NOTHING_LEFT = {"undone", "given up"}


@dataclass(frozen=True)
class Standing:
    """One rotation.

    Attributes:
        run: of the last phase that is done and was not taken back.
        phase: that phase.
        done_at: when it ended.
        sessions: how many tokens and sessions needed the old secret then; None where nobody counted.
        safe_at: from when none of them does; None where some never end, or nobody counted.
    """

    plan: RotationPlan
    run: str
    phase: int
    done_at: float
    sessions: int | None = None
    safe_at: float | None = None

    @property
    def is_pending(self) -> bool:
        """Whether a phase is left."""
        return self.phase < self.plan.kind.phases

    def sentence(self) -> str:
        """What is pending, since when, and from when the next phase is safe."""
        kind = self.plan.kind
        next_one = f"phase {self.phase + 1} of {kind.phases}"
        text = f"The rotation of {kind.title} has waited for {next_one} since {day(self.done_at)}"
        if self.phase + 1 < kind.phases:
            return f"{text}, which can follow at once."
        if self.sessions == 0:
            return f"{text}; nothing needed the old secret when phase {self.phase} was done."
        if self.safe_at is None:
            return f"{text}. When it will be safe is not known: something never expires."
        return f"{text}, which is safe from {day(self.safe_at)}."

    def waits_briefly(self) -> str:
        """The same in a few words, for a list."""
        text = f"phase {self.phase + 1} of {self.plan.kind.phases}"
        if self.phase + 1 < self.plan.kind.phases:
            return f"{text} can follow at once"
        if self.sessions == 0:
            return f"{text} can follow"
        return f"{text} is safe from {day(self.safe_at)}" if self.safe_at else f"{text}: never safe by itself"

    def in_one_line(self) -> str:
        """What waits, since when, and from when it is safe, for the first screen."""
        text = f"{self.plan.what}: phase {self.phase + 1} of {self.plan.kind.phases} since {date(self.done_at)}"
        if self.phase + 1 < self.plan.kind.phases:
            return f"{text}, can follow now"
        if self.sessions == 0:
            return f"{text}, safe"
        return f"{text}, {f'safe from {date(self.safe_at)}' if self.safe_at else 'never safe by itself'}"


def standing(journal: Journal, what: What) -> Standing | None:
    """The newest rotation of a secret; None where there is none, or all was taken back."""
    for run, plan in _runs(journal, what):
        if run.state != "done":
            continue
        facts = journal.facts(run.id, TALLIED)
        return Standing(plan, run.id, plan.phase, run.finished_at, facts.get("sessions"), facts.get("safe_at"))
    return None


def written_since(journal: Journal, found: Standing | None) -> float | None:
    """Since when everything is written with the new secret; None while nothing is."""
    if found is None or found.phase < 2:  # noqa: PLR2004 - the phase that puts the new one first
        return None
    runs = (run for run, plan in _runs(journal, found.plan.what) if plan.rotation == found.plan.rotation)
    rolled = [
        step.finished_at
        for run in runs
        for step in journal.steps(run.id)
        if from_json(run.plan).phase == 2 and step.name.startswith("roll:")  # noqa: PLR2004 - as above
    ]
    return max(rolled, default=None)


def has_written(journal: Journal, plan: RotationPlan) -> bool:
    """Whether a later phase of the same rotation ever began: its new secret may have written, whatever came then."""
    return any(
        other.rotation == plan.rotation
        and other.phase > plan.phase
        and any(step.kind is not StepKind.CHECK and step.state != "pending" for step in journal.steps(run.id))
        for run, other in _runs(journal, plan.what, every=True)
    )


def has_lost_trace(journal: Journal, rotation: str, what: What) -> bool:
    """Whether an early drop began to seal sessions of living tokens again: what signed them is then seen no more."""
    return any(
        plan.rotation == rotation
        and plan.ends > 0
        and any(step.name == SESSIONS and step.state != "pending" for step in journal.steps(run.id))
        for run, plan in _runs(journal, what, every=True)
    )


def unfinished_password(journal: Journal) -> str:
    """The run that replaces a password, or takes that back, and is not finished; "" for none."""
    runs = {run.id: run for run in journal.runs()}
    for run in runs.values():
        kind = runs[run.undoes].kind if run.undoes in runs else run.kind
        if kind == REPLACE and run.state in UNFINISHED:
            return run.id
    return ""


def _runs(journal: Journal, what: What, *, every: bool = False) -> Iterator[tuple[RunRecord, RotationPlan]]:
    """Newest first; without `every`, those of which something is left."""
    for run in journal.runs():
        if run.kind == ROTATE and (every or run.state not in _NOTHING_LEFT):
            plan = from_json(run.plan)
            if plan.what == what:
                yield run, plan
