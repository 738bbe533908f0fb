"""Chooses the pairs that are worth weighing, so that a thousand variables need no million comparisons."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from avnwizard.domain.envdiff.scene import Scene
from avnwizard.domain.envdiff.words import stem, tokens
from avnwizard.domain.envfile import Variable

Pair = tuple[Variable, Variable]

_ALL_UP_TO = 20_000
_COMMON_WORD = 40
"""A word that more of the new names have says nothing by itself."""


def candidate_pairs(removed: list[Variable], added: list[Variable], scene: Scene) -> list[Pair]:
    """Give the pairs that share a word, a default, a comment, a place or a sentence; all of few."""
    if len(removed) * len(added) <= _ALL_UP_TO:
        return [(o, n) for o in removed for n in added]
    by_trace: dict[object, list[Variable]] = defaultdict(list)
    for n in added:
        for trace in _traces(n, scene, new=True):
            by_trace[trace].append(n)
    news = {n.key: n for n in added}
    out: list[Pair] = []
    for o in removed:
        near = {
            n.key: n for t in _traces(o, scene, new=False) if len(by_trace[t]) <= _COMMON_WORD for n in by_trace[t]
        }
        told = [*scene.announced.pairs, *scene.fed]
        near |= {n: news[n] for a, n in told if a == o.key and n in news}
        out += [(o, n) for n in near.values()]
    return out


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
