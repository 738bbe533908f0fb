"""A run's view as lines of text: steps, services, the row that sums it up. Pure; the screen only places them."""

from collections.abc import Mapping, Sequence

from textual.content import Content

from avnwizard.domain import ahead, words
from avnwizard.domain.handled import HANDLED, HANDLED_WIDTH
from avnwizard.domain.instance import Instance
from avnwizard.domain.plain import printable
from avnwizard.engine.records import StepRecord
from avnwizard.flows.flow import Touched
from avnwizard.ui.marks import DONE, FAILED, NOTE, OK, PAUSED, PENDING, RUNNING, STEPS, STOP, Mark
from avnwizard.ui.run_view import Phase, Progress, RunView
from avnwizard.ui.widgets.images import image_tag

PHASES: Mapping[Phase, Mark] = {
    "starting": Mark(RUNNING.sign, "starting", RUNNING.style),
    "running": Mark(RUNNING.sign, "running", RUNNING.style),
    "pausing": Mark(PAUSED.sign, "pauses after this step", PAUSED.style),
    "paused": PAUSED,
    "stopping": Mark(PAUSED.sign, "stops at the next safe place", PAUSED.style),
    "failed": FAILED,
    "aborted": Mark(PAUSED.sign, "stopped", PAUSED.style),
    "cut off": Mark(FAILED.sign, "cut off", FAILED.style),
    "done": DONE,
}
_BAR, _SHORTEST_BAR, _BEFORE_BAR = 20, 8, "  "
_STEPS_WIDTH, _AROUND = 31, 3
"""The columns that the steps have at least; those alongside a line for the padding and the scrollbar."""
_NAME, _SHORT_NAME = 16, 6
"""The columns that the name of a service has at most, and at least."""
_ROOMY = 50
"""From this width on a step's line has room for its sizes."""
EXPLAINED = (
    "The run as it goes. It is a process of its own: q leaves it going, and so does a lost connection; "
    "avnwizard opens on it again.\n\n"
    "p pauses after the step at work, a stops at the next safe place. Either way everything done so far "
    "stays done, and you can go on or roll back.\n\n"
    "The edge line counts requests that avnwizard itself sends through Traefik, to every service, as users "
    "would. Lost is what was refused, broken off, too slow, an error of the edge's, or answered by "
    "another service, or sent while the right one had no healthy container. The log names the routes whose "
    "answers are like another service's. Each column of the plot is a second.\n\n"
    "When a step fails, what served before still serves where that was possible. You choose: read the log, "
    "try again from that step, roll back, or leave it stopped for now. Nothing is started without a question. "
    "A key that is pressed within a second of a change does nothing: it was meant for what was there before."
)
"""What `?` says of the screen of a run."""


def summary(view: RunView, now: float, width: int) -> Content:
    """State, steps done, time so far and left, and a bar that goes by time and takes the room that is left.

    Where there is too little room for the words, the time so far goes: the time left is never cut off.
    """
    mark = PHASES[view.phase]
    legs = view.legs(now)
    left = ahead.left_s(legs) if view.live and not view.stopped else None
    told = f", about {words.about(left)} left" if left is not None else ""
    done, taken = f"{view.done_steps} of {len(view.steps)}", words.duration(view.elapsed(now))
    line = Content("")
    forms = f"{done} steps  {taken}{told}", f"{done}  {taken}{told}", f"{done}{told}", told.removeprefix(", ") or done
    for form in forms:
        line = Content.assemble((f"{mark.sign} {mark.word}", mark.style), f"  {form}")
        if line.cell_length <= width:
            break
    bar = min(_BAR, width - line.cell_length - len(_BEFORE_BAR))
    if bar < _SHORTEST_BAR:
        return line
    filled = int(bar * ahead.share(legs))
    return Content.assemble(line, _BEFORE_BAR, ("█" * filled, "$accent"), ("░" * (bar - filled), "dim"))


def cost(view: RunView) -> Content:
    """What going back would cost now, the price first; nothing where the choices tell it, or nobody knows yet."""
    told = "" if view.stopped else printable(view.cost, limit=300)
    return Content(told[:1].upper() + told[1:])


def canary(view: RunView) -> Content:
    """How the synthetic user fares; nothing where none goes along."""
    if not view.canary:
        return Content("")
    mark = NOTE if view.canary_ails else OK
    return Content.assemble((f"{mark.sign} ", mark.style), f"canary: {printable(view.canary, limit=200)}")


def step_lines(view: RunView, width: int, now: float) -> list[Content]:
    """One line a step: sign, title, and its time or progress."""
    return [_step(step, view, width, now) for step in view.steps]


def _step(step: StepRecord, view: RunView, width: int, now: float) -> Content:
    mark = STEPS[step.state]
    if step.state == "started" and not view.live:
        mark = PAUSED
    right = _right(step, view, now, brief=width < _ROOMY)
    room = max(width - len(right) - 3, 8)
    title = Content(printable(step.title, limit=100)).truncate(room, ellipsis=True, pad=True)
    style = mark.style if step.state in {"started", "failed"} else "dim" if step.state == "pending" else ""
    return Content.assemble((f"{mark.sign} ", mark.style), title.stylize(style), " ", (right, "dim"))


def _right(step: StepRecord, view: RunView, now: float, *, brief: bool) -> str:
    if step.state == "started":
        made = view.progress.get(step.name)
        return _far(made, brief=brief) if made else words.duration(now - step.started_at) if view.live else "cut off"
    if step.state in {"done", "failed"} and step.started_at and step.finished_at:
        return "failed" if step.state == "failed" else words.duration(step.finished_at - step.started_at)
    return ""


def _far(made: Progress, *, brief: bool) -> str:
    """How far a step is; where there is little room a share says it, so that the time left is never cut off."""
    if brief and made.total:
        left = f", {words.duration(made.left_s)} left" if made.left_s is not None else ""
        return f"{min(made.done / made.total, 1.0):.0%}{left}"
    if made.unit == "bytes":
        left = f", {words.duration(made.left_s)} left" if made.left_s is not None else ""
        return words.size(made.done) + (f" of {words.size(made.total)}" if made.total else "") + left
    return f"{made.done:.0f}" + (f" of {made.total:.0f}" if made.total else "")


def services_width(lines: Sequence[Content], whole: int) -> int:
    """The columns of the services: what they need, as long as the steps keep theirs."""
    return max(min(_longest(lines) + _AROUND, services_room(whole) + _AROUND), 0)


def services_room(whole: int) -> int:
    """The columns that a line of the services has at most."""
    return whole - _STEPS_WIDTH - _AROUND


def service_lines(view: RunView, touched: Sequence[Touched], room: int) -> list[Content]:
    """One line a service that is touched: how it is now, how it is replaced, old and new tag.

    Where these are wider than the room, the way is left out, which the steps and the plan tell too; after it the old
    tag; and then the names are shortened: the release that a service comes to is never cut off.
    """
    by_service: dict[str, list[Instance]] = {}
    for one in view.instances:
        by_service.setdefault(one.service, []).append(one)
    width = min(max((len(part.service) for part in touched), default=8), _NAME)

    def lines(name_width: int, *, how: bool, both: bool) -> list[Content]:
        each = ((part, by_service.get(part.service, [])) for part in touched)
        return [_service(part, instances, name_width, how=how, both=both) for part, instances in each]

    for how, both in ((True, True), (False, True)):
        if _longest(found := lines(width, how=how, both=both)) <= room:
            return found
    beyond = max(_longest(lines(width, how=False, both=False)) - room, 0)
    return lines(max(width - beyond, min(_SHORT_NAME, width)), how=False, both=False)


def _longest(lines: Sequence[Content]) -> int:
    return max((line.cell_length for line in lines), default=0)


def _service(part: Touched, instances: list[Instance], name_width: int, *, how: bool, both: bool) -> Content:
    mark, runs = _health(instances)
    there = any(one.image == part.new for one in instances if one.is_serving)
    old, new = (image_tag(name) if name else "" for name in (part.old, part.new))
    change = f"{old if both else ''}→{new}" if old and new and old != new else new or old
    name = printable(part.service, limit=name_width)
    return Content.assemble(
        (f"{mark.sign} {runs:<9}", mark.style),
        f" {name:<{name_width}} ",
        (f"{HANDLED.get(part.how, part.how):<{HANDLED_WIDTH}} " if how else "", "dim"),
        (change, "" if there else "dim"),
    )


def _health(instances: list[Instance]) -> tuple[Mark, str]:
    if not instances:
        return PENDING, "not there"
    serving = sum(one.is_serving for one in instances)
    if serving == len(instances):
        return OK, "serves" if serving == 1 else f"{serving} serve"
    if serving:
        return NOTE, f"{serving} of {len(instances)}"
    one = instances[0]
    return (
        (NOTE, "starting")
        if one.health == "starting"
        else (STOP, one.health if one.state == "running" else one.state)
    )


def log_lines(view: RunView, count: int) -> list[Content]:
    """The last lines that the run said, oldest first, always `count` of them."""
    said = [Content(printable(one.text, limit=400)) for one in view.log[-count:]]
    return [*said, *[Content("")] * (count - len(said))]
