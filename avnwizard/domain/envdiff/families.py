"""Finds what many variables do alike: a new prefix, one word for another."""

from collections import defaultdict
from itertools import pairwise

from avnwizard.domain.envdiff.defaults import Values, compare_defaults
from avnwizard.domain.envdiff.names import compare_names
from avnwizard.domain.envdiff.traces import comment_likeness
from avnwizard.domain.envfile import Variable

Rule = tuple[tuple[str, ...], tuple[str, ...]]

_SUPPORT = {
    Values.SAME: 1.0,
    Values.SAME_COMMON: 0.7,
    Values.BOTH_EMPTY: 0.6,
    Values.ONE_EMPTY: 0.0,
    Values.ADAPTED: 0.7,
    Values.DIFFERENT: -0.3,
    Values.OTHER_KIND: -0.6,
    Values.FLIPPED: -0.6,
}
_ROW, _FEWEST_IN_A_ROW = 0.5, 3
_OWN_SHARE = 0.8
"""What one pair adds to its own family; it must not count for itself."""


def families(pairs: list[tuple[Variable, Variable]]) -> dict[Rule, float]:
    """Give each change of words that two pairs or more show, with how well their defaults bear it out."""
    support: dict[Rule, dict[str, float]] = defaultdict(dict)
    order: dict[Rule, list[tuple[int, int]]] = defaultdict(list)
    for o, n in pairs:
        name = compare_names(o.key, n.key)
        if name.shared and any(name.rule) and not (name.inverted or name.unit_changed):
            bonus = 0.3 if (comment_likeness(o, n) or 0) >= 1 else 0.0
            worth = _SUPPORT[compare_defaults(o.default, n.default, name.rule)] + bonus
            best = support[name.rule].get(o.key)
            order[name.rule].append((o.line, n.line))
            support[name.rule][o.key] = worth if best is None else max(best, worth)
    return {
        rule: sum(each.values()) + _in_a_row(order[rule]) - _OWN_SHARE
        for rule, each in support.items()
        if len(each) > 1
    }


def _in_a_row(lines: list[tuple[int, int]]) -> float:
    """What it adds that several names that change alike stand in the same order on both sides."""
    ordered = sorted(lines)
    same = all(a[1] < b[1] and a[0] < b[0] for a, b in pairwise(ordered))
    return _ROW * (len(ordered) - 1) if same and len(ordered) >= _FEWEST_IN_A_ROW else 0.0
