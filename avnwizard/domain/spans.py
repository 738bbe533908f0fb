"""Expected times in words: rounded as one rounds what one does not know to the second."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what tells a plan's times should not bring what reads one
    from avnwizard.domain.plan import Plan

_MINUTE_S, _HOUR_S = 60, 3600


def about(seconds: float) -> str:
    """`1 s`, `40 s`, `3 min`, `1 h 20 min`."""
    if seconds < 10:  # noqa: PLR2004 - below it, seconds matter
        return f"{max(round(seconds), 1)} s"
    if seconds < _MINUTE_S * 1.5:
        return f"{round(seconds / 5) * 5} s"
    if seconds < _HOUR_S:
        return f"{round(seconds / _MINUTE_S)} min"
    hours, rest = divmod(round(seconds / _MINUTE_S), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def in_all(plan: "Plan") -> str:
    """`27 steps, about 9 min (a guess: …)`; without a time where nothing is expected."""
    total = sum(step.seconds for step in plan.steps)
    return f"{len(plan.steps)} steps" + (f", about {about(total)} ({plan.times_from})" if total else "")


def away(plan: "Plan") -> list[tuple[str, float]]:
    """The services that are away while they are recreated, with the seconds that this is expected to take."""
    seconds = {step.name: step.seconds for step in plan.steps}
    return [
        (part.service, seconds.get(f"roll:{part.service}", 0.0))
        for part in plan.services
        if part.strategy == "recreate"
    ]


def away_told(plan: "Plan") -> str:
    """`away for a moment: postgres 30 s, …`; "" where nothing is."""
    found = away(plan)
    if not found:
        return ""
    each = ", ".join(f"{service} {about(seconds)}" if seconds else service for service, seconds in found)
    return f"away for a moment: {each}"
