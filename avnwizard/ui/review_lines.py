"""A plan as lines of text: what it comes to, its steps in short, a step in full. Pure; the screen places them."""

import re
from collections.abc import Mapping, Sequence

from textual.content import Content

from avnwizard.domain import words
from avnwizard.domain.handled import HANDLED
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.spans import away_told, in_all
from avnwizard.planned import PlannedStep, StepKind
from avnwizard.ui.marks import NOTE, OK
from avnwizard.ui.widgets.rows import Row

_BACK: Mapping[str, str] = {"job": "a restore if the schema moved", "surge": "rolled back", "recreate": "recreated"}
"""Going back in short by strategy, where the step's own sentence is too long for a row."""
_SUM_LINES = 6
"""The rows that the summary has at most (plan_page.tcss)."""
_NO_WAY_BACK = "cannot be undone"
"""For a one-shot where no snapshot is taken."""


def summary(plan: Plan, width: int, key: str, *, first: Sequence[str] = ()) -> Content:
    """What the plan comes to; what to know as far as there is room, and the key that shows what has none.

    Args:
        first: sentences that stand above it, whatever room they take.
    """
    surged = sum(part.strategy == "surge" for part in plan.services)
    same = sum(part.strategy == "skip" for part in plan.services)
    handled = [f"{surged} rolled, new alongside old", f"{same} unchanged", away_told(plan)]
    lines = [
        *[Content(printable(text, limit=400)) for text in first],
        Content(printable(in_all(plan), limit=200) + "."),
        Content(printable("; ".join(part for part in handled if part), limit=400) + "."),
    ]
    said = [(OK, text) for text in plan.rehearsed] + [(NOTE, text) for text in plan.warnings]
    notes = [Content.assemble((f"{mark.sign} ", mark.style), printable(text, limit=400)) for mark, text in said]
    room = _SUM_LINES - sum(len(line.wrap(width)) for line in lines)
    shown = fitting([len(line.wrap(width)) for line in notes], room)
    lines += notes[:shown]
    if rest := len(notes) - shown:
        more = words.count(rest, f"{'more ' if shown else ''}thing") + " to know first: press "
        lines.append(Content.assemble((f"{NOTE.sign} ", NOTE.style), more, (key, "bold $accent")))
    return Content("\n").join(lines)


def fitting(heights: Sequence[int], room: int) -> int:
    """How many of these, from the first on, have room, with a line left to say so where not all have."""
    for number in range(len(heights), 0, -1):
        if sum(heights[:number]) + (number < len(heights)) <= room:
            return number
    return 0


def rows(plan: Plan) -> list[Row]:
    """The steps in short; from the first one-shot on, going back may take a restore, and each row says so."""
    found: list[Row] = []
    migrated, kept = False, plan.snapshot.taken
    parts = {part.service: part for part in plan.services}
    for number, step in enumerate(plan.steps, start=1):
        part = parts.get(step.service) if step.kind is not StepKind.SAVE else None
        kind = ("job" if step.kind is StepKind.JOB else part.strategy) if part else ""
        migrated = migrated or (step.kind is StepKind.JOB and kept)
        usual = _BACK.get(kind, "") if kept or step.kind is not StepKind.JOB else _NO_WAY_BACK
        back = ("" if part and part.way_back else usual) or re.split("[,;]", printable(step.going_back, limit=200))[0]
        if migrated and step.kind in {StepKind.ROLL, StepKind.RETIRE} and kind != "skip":
            back += " + restore"
        notice = printable(step.interrupts, limit=200) or "nobody notices"
        cells = (f"{number:>2}", printable(step.title, limit=80), HANDLED.get(kind, ""), back, notice)
        style = "dim" if kind == "skip" else ""
        found.append(Row(step.name, tuple(Content.assemble((cell, style)) for cell in cells)))
    return found


def in_full(step: PlannedStep) -> Content:
    """A step with what users notice, what going back costs, and the exact commands."""
    many = words.count(len(step.commands), "command")
    below = (f"  {many} below: PageDown", "dim") if step.commands else ""
    lines = [Content.assemble((printable(step.title, limit=200), "bold"), below)]
    for label, text in (
        ("", step.note),
        ("Takes: ", f"about {words.about(step.seconds)}" if step.seconds else ""),
        ("Users notice: ", step.interrupts or "nothing"),
        ("Going back: ", step.going_back),
    ):
        if text:
            lines.append(Content.assemble((label, "dim"), printable(text, limit=1000)))
    lines += [Content.assemble(("$ ", "dim"), (printable(" ".join(one)), "$accent")) for one in step.commands]
    return Content("\n").join(lines)
