"""Weighs the traces that speak for or against one variable being another under a new name."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import exp

from avnwizard.domain.envdiff.defaults import Values, compare_defaults
from avnwizard.domain.envdiff.names import NameMatch, compare_names
from avnwizard.domain.envdiff.scene import Scene
from avnwizard.domain.envdiff.traces import (
    COMMENT_ALIKE,
    Trace,
    comment_likeness,
    of_comments,
    of_defaults,
    of_families,
    of_names,
    of_places,
    of_settled,
    of_strangers,
    of_words,
)
from avnwizard.domain.envfile import Variable

Weights = Mapping[str, float]

_SET = tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))
FITTED: Weights = _SET["fitted"]
WEIGHTS: Weights = {**_SET["held"], **FITTED}
"""What each trace is worth, in log odds."""
PRIOR = WEIGHTS["prior"]
"""What most pairs are: strangers."""
_FARTHEST = 50.0
"""Points beyond which a chance does not change any more."""


@dataclass(frozen=True)
class Evidence:
    """The points for one pair and what they are for, the heaviest first, with what they were drawn from.

    `lasting` holds the traces that stay the same whatever becomes of other pairs; `moving` the others.
    """

    points: float
    why: tuple[str, ...]
    name: NameMatch
    values: Values
    same_comment: bool
    lasting: tuple[Trace, ...] = ()
    moving: tuple[Trace, ...] = ()

    @property
    def chance(self) -> float:
        """The points as a probability."""
        return 1 / (1 + exp(-max(-_FARTHEST, min(self.points, _FARTHEST))))


def weigh(
    old: Variable, new: Variable, scene: Scene, known: Evidence | None = None, weights: Weights = WEIGHTS
) -> Evidence:
    """Weigh one pair.

    Args:
        known: the same pair as it was weighed before more was settled.
        weights: trace -> its worth.
    """
    name = compare_names(old.key, new.key)
    values = known.values if known else compare_defaults(old.default, new.default, name.rule)
    comment = comment_likeness(old, new)
    lasting = (
        known.lasting
        if known
        else (
            *of_names(name),
            *of_defaults(old, new, values, scene),
            *of_comments(old, new, name, comment, scene),
            *of_words(old.key, new.key, scene),
            *of_families(name, scene),
            *of_strangers(old, new, name, values, comment, scene),
        )
    )
    moving = (*of_places(old, new, comment, scene), *of_settled(old.key, new.key, values, scene))
    found = [(weights.get(t.name, 0.0) * t.amount, t.reason) for t in (*lasting, *moving)]
    points = weights["prior"] + sum(p for p, _ in found)
    why = tuple(reason for p, reason in sorted(found, key=lambda f: -f[0]) if reason and p > 0)
    return Evidence(points, why, name, values, (comment or 0) > COMMENT_ALIKE, lasting, moving)
