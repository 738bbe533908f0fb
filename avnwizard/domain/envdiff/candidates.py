"""Chooses the pairs that are worth weighing, so that a thousand variables need no million comparisons."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import nsmallest
from itertools import pairwise

from avnwizard.domain.envdiff.scene import Scene
from avnwizard.domain.envdiff.words import stem, tokens
from avnwizard.domain.envfile import Variable

Pair = tuple[Variable, Variable]

_ALL_UP_TO = 20_000
_COMMON_WORD = 40
"""A word that more of the new names have says nothing by itself."""
_NEAREST = 6
"""So many pairs are weighed for each variable that goes: those with the most, and the rarest, in common."""


def candidate_pairs(removed: list[Variable], added: list[Variable], scene: Scene) -> list[Pair]:
    """Give the pairs that share a word, a default, a comment, a place or a sentence; all of few."""
    if len(removed) * len(added) <= _ALL_UP_TO:
        return [(o, n) for o in removed for n in added]
    by_trace: dict[object, list[str]] = defaultdict(list)
    for n in added:
        for trace in set(_traces(n, scene, new=True)):
            by_trace[trace].append(n.key)
    news = {n.key: n for n in added}
    said: dict[str, list[str]] = defaultdict(list)
    for old, new in [*scene.announced.pairs, *scene.fed]:
        said[old].append(new)
    return [
        (o, news[new])
        for o in removed
        for new in dict.fromkeys([*_nearest(o, by_trace, scene), *said[o.key]])
        if new in news
    ]


def _nearest(old: Variable, by_trace: Mapping[object, list[str]], scene: Scene) -> list[str]:
    """The new names that have the most in common with one that goes; what few names have counts for more."""
    common: dict[str, float] = defaultdict(float)
    for trace in set(_traces(old, scene, new=False)):
        having = by_trace.get(trace, [])
        for new in having if len(having) <= _COMMON_WORD else ():
            common[new] += 1 / len(having)
    return nsmallest(_NEAREST, common, key=lambda new: (-common[new], new))


def _traces(variable: Variable, scene: Scene, *, new: bool) -> Iterable[object]:
    words = [stem(w) for w in tokens(variable.key)]
    yield from words
    yield from pairwise(words)
    yield tuple(words[1:]), "but the first"
    yield tuple(words), "whole"
    if variable.default:
        yield "default", variable.default
    if variable.comment:
        yield "comment", variable.comment
    place = (scene.new_places if new else scene.old_places).get(variable.key)
    if place:
        yield "before", place.before, place.rank
