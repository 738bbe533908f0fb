"""Finds what many variables do alike: a new prefix, one word for another."""

from collections import defaultdict

from avnwizard.domain.envdiff.defaults import Values, compare_defaults
from avnwizard.domain.envdiff.evidence import comment_likeness
from avnwizard.domain.envdiff.names import compare_names
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
_OWN_SHARE = 0.8
"""What one pair adds to its own family; it must not count for itself."""


def families(pairs: list[tuple[Variable, Variable]]) -> dict[Rule, float]:
    """Give each change of words that two pairs or more show, with how well their defaults bear it out."""
    support: dict[Rule, dict[str, float]] = defaultdict(dict)
    for o, n in pairs:
        name = compare_names(o.key, n.key)
        if name.shared and any(name.rule) and not (name.inverted or name.unit_changed):
            bonus = 0.3 if (comment_likeness(o, n) or 0) >= 1 else 0.0
            worth = _SUPPORT[compare_defaults(o.default, n.default, name.rule)] + bonus
            best = support[name.rule].get(o.key)
            support[name.rule][o.key] = worth if best is None else max(best, worth)
    return {rule: sum(each.values()) - _OWN_SHARE for rule, each in support.items() if len(each) > 1}
