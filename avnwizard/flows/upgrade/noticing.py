"""What users notice of a one-shot: old code on the new schema, from it until the services that need it are rolled."""

from collections.abc import Collection
from dataclasses import replace

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plan import Plan
from avnwizard.domain.spans import away
from avnwizard.domain.strategy import COMPLETED
from avnwizard.domain.words import about
from avnwizard.planned import PlannedStep, StepKind, wave_of

_NAMED = 4


def noticed(plan: Plan, model: ComposeModel, *, breaks: bool, unjudged: Collection[str], edge: str = "") -> Plan:
    """The plan, with what users notice of each one-shot as the judgement of its migrations has it.

    A service that is recreated is down for about as long as its step takes; the edge only for a moment of it.

    Args:
        breaks: whether the release's own migrations break the old code.
        unjudged: services that bring migrations of their own, which nobody judged, with another version.
        edge: the service that is the proxy, "" where none of the project's runs.
    """
    steps = [_with_notice(plan, model, number, breaks, unjudged) for number in range(len(plan.steps))]
    gone = {service: seconds for service, seconds in away(plan) if service != edge}
    return replace(plan, steps=tuple(_with_time(step, gone.get(step.service, 0.0)) for step in steps))


def _with_time(step: PlannedStep, seconds: float) -> PlannedStep:
    if step.kind is not StepKind.ROLL or not step.interrupts or not seconds:
        return step
    return replace(step, interrupts=f"{step.interrupts} (about {about(seconds)})")


def _with_notice(
    plan: Plan, model: ComposeModel, number: int, breaks: bool, unjudged: Collection[str]
) -> PlannedStep:
    step = plan.steps[number]
    if step.kind is not StepKind.JOB or step.interrupts:
        return step
    waiting = {name for name, service in model.services.items() if service.depends_on.get(step.service) == COMPLETED}
    waiting |= {part.service for part in plan.services if part.migrate and part.service == step.service}
    own = waiting & set(unjudged)
    if not own and not breaks:
        return step
    later = [
        index for index, one in enumerate(plan.steps)
        if index > number and one.kind is StepKind.ROLL and one.service in (own or waiting)
    ]  # fmt: skip
    if not later:
        return step
    until: dict[int, list[str]] = {}
    for index in later:
        until.setdefault(wave_of(plan.steps, index)[1], []).append(plan.steps[index].service)
    told = [_told(plan, number, last, names) for last, names in until.items()]
    return replace(step, interrupts=f"on the new schema requests may fail to {'; to '.join(told)}")


def _told(plan: Plan, number: int, last: int, names: list[str]) -> str:
    """To which services, until when, and for how long."""
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    seconds = sum(one.seconds for one in plan.steps[number : last + 1])
    lasts = f" (about {about(seconds)})" if seconds else ""
    return f"{shown} until step {last + 1}{lasts}"
