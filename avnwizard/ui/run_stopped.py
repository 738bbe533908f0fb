"""A run that stopped, in words: why, what serves all the same, and what can be done now. The screen places them."""

from textual.content import Content

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.flows.run.registry import flow_of
from avnwizard.planned import StepKind
from avnwizard.ui import run_lines
from avnwizard.ui.run_view import RunView
from avnwizard.ui.widgets.images import image_tag
from avnwizard.ui.widgets.rows import Row

_LOOKED_UP = "looking at what it would cost ..."
_ABOVE = "asks first; its cost is above"


def choices(view: RunView, cost: str, *, above: bool = False) -> list[Row]:
    """The rows to choose from. The first does no harm, since a key may be pressed before it was read.

    Args:
        cost: what going back would cost, "" while that is looked up.
        above: whether a row has no room for the cost, and `why` says it.
    """
    told = [
        ("log", "Read the log", "what the steps said, to the end"),
        ("again", "Try again", "from the step that stopped; asks first"),
    ]
    if flow_of(view.record).can_roll_back:
        told.append(("back", "Roll back", _ABOVE if cost and above else printable(cost, limit=300) or _LOOKED_UP))
    told.append(("leave", "Leave it stopped", "come back with: avnwizard"))
    return [Row(name, (Content(label), Content.assemble((what, "dim")))) for name, label, what in told]


def again(view: RunView) -> str:
    """The question before the run is started again."""
    at = view.at
    place = f"step {at.index + 1} of {len(view.steps)}, {printable(at.title, limit=100)}" if at else "its end"
    doing = flow_of(view.record).doing
    return f"Start the run again at {place}? It goes on {doing} from there. What is done already is not done again."


def why(view: RunView, cost: str = "") -> Content:
    """What stopped it, what serves all the same, and where a choice has no room for it, the cost of going back."""
    mark = run_lines.PHASES[view.phase]
    told = view.record.message or "Its process is gone; what it did so far is in the journal."
    serving = [one for one in view.instances if one.is_serving]
    services = sorted({one.service for one in serving})
    lines = [
        Content.assemble((f"{mark.sign} {mark.word}: ", mark.style), printable(told, limit=500)),
        Content.assemble(("Still serving: ", "dim"), f"{words.count(len(services), 'service')}"),
    ]
    at = view.at
    part = at.service if at else ""
    ours = [one for one in serving if one.service == part]
    if ours:
        image = image_tag(ours[0].image)
        lines[-1] = Content.assemble(lines[-1], f"; {printable(part)} serves too, at {image}")
    elif part:
        once = at is not None and at.kind is StepKind.JOB and at.state == "failed"
        told = f"{printable(part)}{', which runs once, failed' if once else ' does not'}"
        lines[-1] = Content.assemble(lines[-1], (f"; {told}", "$error"))
    if cost:
        lines.append(Content.assemble(("Roll back: ", "dim"), printable(cost, limit=300)))
    return Content("\n").join(lines)
