"""How long each step of a plan will take: from what earlier runs on this stack took, else from a cautious guess.

A guess is said to be one. What was measured is the median of the last runs, by step where that step ran before, else
by its kind; the snapshot goes by bytes, since databases grow.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from avnwizard.domain.plan import Plan, from_json
from avnwizard.domain.words import count
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import StepRecord
from avnwizard.errors import WizardError
from avnwizard.planned import PlannedStep, StepKind, wave_of

_RUNS = 5
_SNAPSHOT_BYTES_PER_S, _SNAPSHOT_LEAST_S = 8_000_000, 5.0


@dataclass
class Rates:
    """What was measured.

    Attributes:
        steps: step name -> seconds of each time that it was carried out.
        kinds: the same by kind (a strategy, or the step's name).
        snapshot: (bytes on disk, seconds).
        runs: how many runs this comes from.
    """

    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kinds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    snapshot: list[tuple[int, float]] = field(default_factory=list)
    runs: int = 0


def expected(plan: Plan, journal: Journal | None) -> Plan:
    """The plan with the seconds of its steps, and where they come from.

    Args:
        journal: None where nothing ran here yet.
    """
    rates = measured(journal) if journal else Rates()
    kinds = kinds_of(plan)
    steps = shared([replace(step, seconds=_seconds(step, plan, kinds, rates)) for step in plan.steps])
    told = (
        f"measured in {count(rates.runs, 'earlier run')}" if rates.runs else "a guess: nothing was measured here yet"
    )
    return replace(plan, steps=steps, times_from=told)


def shared(steps: Sequence[PlannedStep]) -> tuple[PlannedStep, ...]:
    """The steps, each of a wave with its share of what the longest of them takes: the sum is what the run takes."""

    def share(number: int, step: PlannedStep) -> PlannedStep:
        first, last = wave_of(steps, number)
        longest = max(one.seconds for one in steps[first : last + 1])
        return replace(step, seconds=round(longest / (last - first + 1), 1)) if last > first else step

    return tuple(share(number, step) for number, step in enumerate(steps))


def measured(journal: Journal) -> Rates:
    """What the last finished upgrades took."""
    rates = Rates()
    for run in [run for run in journal.runs() if run.kind == "upgrade" and run.state in {"done", "undone"}][:_RUNS]:
        try:
            plan = from_json(run.plan)
        except WizardError:
            continue  # of another version
        _add(rates, plan, journal.steps(run.id))
        rates.runs += 1
    return rates


def kinds_of(plan: Plan) -> dict[str, str]:
    """Step name -> what it is measured with: its service's strategy or "job" for a migration, else its own name."""
    by_service = {part.service: str(part.strategy) for part in plan.services}
    return {
        step.name: "job" if step.kind is StepKind.JOB else by_service.get(step.service, step.name)
        for step in plan.steps
    }


def _add(rates: Rates, plan: Plan, steps: Iterable[StepRecord]) -> None:
    kinds = kinds_of(plan)
    for step in steps:
        took_s = step.finished_at - step.started_at
        if step.state != "done" or not step.started_at or took_s < 0 or step.name not in kinds:
            continue
        if step.kind is StepKind.SNAPSHOT:
            rates.snapshot.append((plan.snapshot.total_bytes, took_s))
            continue
        rates.kinds[kinds[step.name]].append(took_s)
        if kinds[step.name] != "skip":
            rates.steps[step.name].append(took_s)


def _seconds(step: PlannedStep, plan: Plan, kinds: dict[str, str], rates: Rates) -> float:
    kind = kinds[step.name]
    if step.kind is StepKind.SNAPSHOT:
        return _snapshot_s(plan.snapshot.total_bytes, rates.snapshot)
    for found in (rates.steps.get(step.name) if kind != "skip" else None, rates.kinds.get(kind)):
        if found:
            return round(max(median(found), 1.0), 1)
    return step.seconds


def _snapshot_s(size_bytes: int, seen: Sequence[tuple[int, float]]) -> float:
    rates = [took_s / size for size, took_s in seen if size and took_s]
    per_byte_s = median(rates) if rates else 1 / _SNAPSHOT_BYTES_PER_S
    return round(max(size_bytes * per_byte_s, 1.0 if rates else _SNAPSHOT_LEAST_S), 1)
