"""How long a run has yet to go: from what its steps were expected to take, corrected by what they took so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

_TRUST = 0.2
"""How much of the whole expectation must have been measured before a measurement counts as much as it."""
_REST = 0.1
"""A step that takes longer than expected is taken to need this share of its expected time still."""


@dataclass(frozen=True)
class Leg:
    """One step of a run, as far as its time matters.

    Attributes:
        expected_s: 0.0 where nobody knows.
        took_s: so far, without the time in which the run stood still.
        told_left_s: what the step itself says is left of it; None where it does not know.
    """

    state: Literal["ahead", "at work", "done"]
    expected_s: float
    took_s: float = 0.0
    told_left_s: float | None = None


def left_s(legs: Sequence[Leg]) -> float | None:
    """Seconds until the last step is done; None where nothing was expected of any step."""
    total = sum(leg.expected_s for leg in legs)
    if not total:
        return None
    done = [leg for leg in legs if leg.state == "done" and leg.expected_s]
    trust = _TRUST * total
    pace = (sum(leg.took_s for leg in done) + trust) / (sum(leg.expected_s for leg in done) + trust)
    return sum(_left_of(leg, pace) for leg in legs if leg.state != "done")


def _left_of(leg: Leg, pace: float) -> float:
    if leg.told_left_s is not None:
        return leg.told_left_s
    expected = pace * leg.expected_s
    return max(expected - leg.took_s, _REST * expected)


def share(legs: Sequence[Leg]) -> float:
    """How much of the whole way is done, from 0 to 1: by time, else by the number of steps."""
    if all(leg.state == "done" for leg in legs):
        return 1.0 if legs else 0.0
    left = left_s(legs)
    if left is None:
        return sum(leg.state == "done" for leg in legs) / len(legs)
    took = sum(leg.took_s for leg in legs)
    return took / (took + left) if took + left else 0.0


def shares(spans: Sequence[tuple[float, float]]) -> list[float]:
    """Of the time in which anything was at work each one's share: the sum counts no second twice.

    Args:
        spans: (beginning, end) of each; an end that is not after its beginning is no time.
    """
    edges = sorted({edge for began, ended in spans if ended > began for edge in (began, ended)})
    found = [0.0] * len(spans)
    for start, end in pairwise(edges):
        at_work = [number for number, (began, ended) in enumerate(spans) if began <= start and end <= ended]
        for number in at_work:
            found[number] += (end - start) / len(at_work)
    return found
