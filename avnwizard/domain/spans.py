"""A plan's expected times in words."""

from typing import TYPE_CHECKING

from avnwizard.domain.words import about
from avnwizard.planned import wave_of

if TYPE_CHECKING:  # what words a plan's times should not bring what reads one
    from avnwizard.domain.plan import Plan


def in_all(plan: "Plan") -> str:
    """`27 steps, about 9 min (a guess: …)`; without a time where nothing is expected."""
    total = sum(step.seconds for step in plan.steps)
    return f"{len(plan.steps)} steps" + (f", about {about(total)} ({plan.times_from})" if total else "")


def away(plan: "Plan") -> list[tuple[str, float]]:
    """The services that are away while they are recreated, with the seconds that this is expected to take."""
    seconds: dict[str, float] = {}
    for number, step in enumerate(plan.steps):
        first, last = wave_of(plan.steps, number)
        seconds[step.name] = sum(one.seconds for one in plan.steps[first : last + 1])
    return [
        (part.service, seconds.get(f"roll:{part.service}", 0.0))
        for part in plan.services
        if part.strategy == "recreate"
    ]


def away_told(plan: "Plan") -> str:
    """`briefly down: postgres 30 s, …`; "" where nothing is."""
    found = away(plan)
    if not found:
        return ""
    each = ", ".join(f"{service} {about(seconds)}" if seconds else service for service, seconds in found)
    return f"briefly down: {each}"
