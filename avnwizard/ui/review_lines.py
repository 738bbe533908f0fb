"""The review's text: the sum of a plan, its steps in short, one step in full."""

import re
from collections.abc import Mapping

from textual.content import Content

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Handling, Plan
from avnwizard.domain.spans import away_told, in_all
from avnwizard.planned import PlannedStep, StepKind
from avnwizard.ui.marks import NOTE, OK
from avnwizard.ui.widgets.rows import Row

_BACK = {"one-shot": "a restore, if it moved a schema", "surge": "rolled back", "recreate": "recreated again"}
"""Going back in short, where the step's own sentence is too long for a row."""
_HANDLED: Mapping[Handling, str] = {
    "job": "one-shot", "surge": "surge", "recreate": "recreate", "skip": "leave", "retire": "remove",
}  # fmt: skip
_NO_WAY_BACK = "cannot be undone"
"""For a one-shot where no snapshot is taken."""


def summary(plan: Plan) -> Content:
    """What the plan comes to, what a rehearsal showed, and what to heed."""
    surged = sum(part.strategy == "surge" for part in plan.services)
    same = sum(part.strategy == "skip" for part in plan.services)
    handled = [f"{surged} rolled, new alongside old", f"{same} unchanged", away_told(plan)]
    lines = [
        Content(printable(in_all(plan), limit=200) + "."),
        Content(printable("; ".join(part for part in handled if part), limit=400) + "."),
    ]
    lines += [Content.assemble((f"{OK.sign} ", OK.style), printable(text, limit=400)) for text in plan.rehearsed]
    lines += [Content.assemble((f"{NOTE.sign} ", NOTE.style), printable(text, limit=400)) for text in plan.warnings]
    return Content("\n").join(lines)


def rows(plan: Plan) -> list[Row]:
    """The steps in short; from the first one-shot on, going back may take a restore, and each row says so."""
    found, migrated, kept = list[Row](), False, plan.snapshot.taken
    parts = {part.service: part for part in plan.services}
    for number, step in enumerate(plan.steps, start=1):
        part = parts.get(step.service) if step.kind is not StepKind.SAVE else None
        kind = _HANDLED[part.strategy] if part else ""
        migrated = migrated or (step.kind is StepKind.JOB and kept)
        usual = _BACK.get(kind, "") if kept or step.kind is not StepKind.JOB else _NO_WAY_BACK
        back = ("" if part and part.way_back else usual) or re.split("[,;]", printable(step.going_back, limit=200))[0]
        if migrated and step.kind in {StepKind.ROLL, StepKind.RETIRE} and kind != "leave":
            back += " + restore"
        notice = printable(step.interrupts, limit=200) or "nobody notices"
        cells = (f"{number:>2}", printable(step.title, limit=80), kind, back, notice)
        style = "dim" if kind == "leave" else ""
        found.append(Row(step.name, tuple(Content.assemble((cell, style)) for cell in cells)))
    return found


def in_full(step: PlannedStep) -> Content:
    """One step with its commands, what users notice and what going back costs."""
    lines = [Content.assemble((printable(step.title, limit=200), "bold"))]
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
