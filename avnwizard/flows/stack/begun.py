"""What the steps of a run that were begun were about, by kind."""

from collections.abc import Iterable

from avnwizard.engine.records import StepRecord
from avnwizard.planned import StepKind


def one_shots(begun: Iterable[StepRecord]) -> tuple[str, ...]:
    """The one-shot services, in order."""
    return tuple(step.service for step in begun if step.kind is StepKind.JOB)


def rolled(begun: Iterable[StepRecord]) -> frozenset[str]:
    """The services whose containers were replaced, or may have been."""
    return frozenset(step.service for step in begun if step.kind is StepKind.ROLL)
