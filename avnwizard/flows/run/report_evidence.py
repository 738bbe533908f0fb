"""The report's evidence: the verdict, who ran it and where, each step planned and measured, the last words."""

from collections.abc import Mapping, Sequence
from typing import Any

from avnwizard.domain.ahead import shares
from avnwizard.domain.canary.tally import CanaryTally
from avnwizard.domain.plain import printable
from avnwizard.domain.words import about, time_of_day
from avnwizard.engine.feed import Event
from avnwizard.engine.journal import HOST, LOGIN, VERSION
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.flows.edge.memory import ProbeMemory
from avnwizard.flows.flow import Flow

LAST_WORDS = 20
_BEFORE_THE_STEP_S = 1.5
"""A second is reported when it is over."""


def losses(events: Sequence[Event], steps: Sequence[StepRecord]) -> dict[str, int]:
    """Step name -> how many requests were lost while it was at work; only the steps with a loss."""
    found: dict[str, int] = {}
    begun = sorted((step.started_at, step.name) for step in steps if step.started_at)
    for event in events:
        second = event.data.get("second") if event.kind == "measure" else None
        lost = second.get("lost") if isinstance(second, dict) else None
        if not isinstance(lost, int) or lost <= 0:
            continue
        at = [name for started, name in begun if started <= event.at - _BEFORE_THE_STEP_S]
        name = at[-1] if at else begun[0][1] if begun else ""
        found[name] = found.get(name, 0) + lost
    return found


def verdict(
    run: RunRecord,
    steps: Sequence[StepRecord],
    probed: ProbeMemory | None,
    lost: Mapping[str, int],
    canary: CanaryTally | None = None,
) -> str:
    """How it ended, how long it worked, what was lost where, and what the canary can no longer do."""
    told = _ended(run, steps, probed, lost)
    if run.state != "done" or canary is None or not canary.broken:
        return told
    return f"Done, but not as before: {' '.join(canary.sentences())} {told}"


def _ended(run: RunRecord, steps: Sequence[StepRecord], probed: ProbeMemory | None, lost: Mapping[str, int]) -> str:
    took = sum(shares([(step.started_at, step.finished_at) for step in steps if step.started_at]))
    head = {"done": "Done", "undone": "Done, and rolled back later"}.get(run.state)
    if head is None:
        at = next((step for step in steps if step.state in {"failed", "started"}), None)
        place = f" at step {at.index + 1} of {len(steps)}, {printable(at.title, limit=120)}" if at else ""
        head = f"Not finished ({run.state}){place}"
    told = f"{head}, {about(took)} of work" if took else head
    if probed is None or not probed.total.sent:
        return f"{told}; requests were not measured."
    sent, missing = probed.total.sent, probed.total.sent - probed.total.answered
    if not missing:
        return f"{told}; none of {sent:,} requests was lost."
    numbers = [step.index + 1 for step in steps if step.name in lost]
    where = "" if not numbers else f" in step {numbers[0]}" if numbers[0] == numbers[-1] else (
        f" between steps {numbers[0]} and {numbers[-1]}"
    )  # fmt: skip
    return f"{told}; {missing:,} of {sent:,} requests were lost{where}."


def origin(facts: Mapping[str, object]) -> list[str]:
    """Who ran it, on which host, with which avnwizard; as far as the journal knows."""
    who = [("by", LOGIN), ("on host", HOST), ("avnwizard", VERSION)]
    return [f"- {label}: {printable(str(facts[key]), limit=100)}" for label, key in who if facts.get(key)]


def way_back(flow: Flow, run: RunRecord) -> list[str]:
    """The command that takes the run back, and until when it works."""
    if not flow.can_roll_back or run.state in {"undone", "given up"}:
        return []
    until = "until a later run changes the same, or the snapshot is pruned"
    return [f"- going back: avnwizard rollback {run.id} ({until})"]


def step_table(steps: Sequence[StepRecord], planned: Mapping[str, float], lost: Mapping[str, int]) -> list[str]:
    """Every step with its clock time, the expected and the measured seconds, and what was lost in it."""
    lines = [
        "",
        "## Steps",
        "",
        "| | step | state | began | expected | took | lost |",
        "| ---: | --- | --- | --- | ---: | ---: | ---: |",
    ]
    for number, step in enumerate(steps, start=1):
        took = f"{step.finished_at - step.started_at:.1f} s" if step.finished_at and step.started_at else ""
        began = time_of_day(step.started_at, to_the_second=True)
        expected = about(planned[step.name]) if planned.get(step.name) else ""
        missing = f"{lost[step.name]:,}" if step.name in lost else ""
        title = printable(step.title, limit=200).replace("|", "\\|")
        lines.append(f"| {number} | {title} | {step.state} | {began} | {expected} | {took} | {missing} |")
    return lines


def last_words(events: Sequence[Event], steps: Sequence[StepRecord]) -> list[str]:
    """What the step that stopped the run said last, as an indented block: nothing in it is Markdown."""
    at = next((step for step in steps if step.state in {"failed", "started"}), None)
    said = [event for event in events if at and event.kind == "say" and event.step == at.name][-LAST_WORDS:]
    if at is None or not said:
        return []
    lines = [f"    {_clock(event.at)}  {printable(event.text, limit=1000)}" for event in said]
    return ["", f"## The last words of step {at.index + 1}, {printable(at.title, limit=120)}", "", *lines]


def _clock(seconds: float) -> str:
    return time_of_day(seconds, to_the_second=True)


CHECKED = "checked"
"""The fact of a run as a whole that keeps what the check before it found: a level and a message each."""
_LEVELS = {"ok": "well", "warn": "worth knowing", "stop": "in the way"}


def checked(facts: Mapping[str, Any]) -> list[str]:
    """What the check before a run found; nothing where none was kept."""
    found = facts.get(CHECKED)
    pairs = [one for one in found if isinstance(one, list) and len(one) == 2] if isinstance(found, list) else []  # noqa: PLR2004 - level and message
    told = [f"- {_LEVELS.get(str(level), 'found')}: {printable(str(said), limit=400)}" for level, said in pairs]
    return ["", "## Checked before it began", "", *told] if told else []
