"""Where a variable stands among those that both releases have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from avnwizard.domain.envfile import Variable


@dataclass(frozen=True)
class Place:
    """The fixed points before and after one (empty at an end), and its rank among the variables between them."""

    before: str
    after: str
    rank: int
    between: int


def places(order: Sequence[str], fixed: Mapping[str, str]) -> dict[str, Place]:
    """Give the place of each name by its first appearance; a fixed point's own place leaves itself out of them.

    Args:
        fixed: name -> what it is called on both sides: what stays, and what is known to be a rename.
    """
    names = list(dict.fromkeys(order))
    earlier, later = _nearest(names, fixed), _nearest(names[::-1], fixed)[::-1]
    found = {}
    for at, name in enumerate(names):
        first, last = earlier[at], len(names) - 1 - later[at]
        before = fixed[names[first]] if first >= 0 else ""
        after = fixed[names[last]] if last < len(names) else ""
        found[name] = Place(before, after, at - first - 1, last - first - 1)
    return found


def _nearest(names: Sequence[str], fixed: Mapping[str, str]) -> list[int]:
    """For each name the index of the fixed point before it, -1 where there is none."""
    found, last = [], -1
    for at, name in enumerate(names):
        found.append(last)
        if name in fixed:
            last = at
    return found


def block_heads(variables: Sequence[Variable]) -> set[str]:
    """Give the variables with a comment that are followed, in the same block, by one without."""
    return {
        v.key for v, below in pairwise(variables) if v.comment and not below.comment and v.section == below.section
    }
