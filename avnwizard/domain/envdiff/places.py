"""Where a variable stands among those that both releases have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from avnwizard.domain.envfile import Variable


@dataclass(frozen=True)
class Place:
    """The kept variables before and after one (empty at an end), and its rank between them."""

    before: str
    after: str
    rank: int
    between: int


def places(variables: Sequence[Variable], kept: Iterable[str]) -> dict[str, Place]:
    """Give the place of each variable that is not kept, by its first appearance."""
    anchors, order = set(kept), list(dict.fromkeys(v.key for v in variables))
    found: dict[str, Place] = {}
    before, run = "", list[str]()
    for key in [*order, ""]:
        if key and key not in anchors:
            run.append(key)
            continue
        found |= {name: Place(before, key, rank, len(run)) for rank, name in enumerate(run)}
        before, run = key, []
    return found


def block_heads(variables: Sequence[Variable]) -> set[str]:
    """Give the variables with a comment that are followed, in the same block, by one without."""
    return {
        v.key for v, below in pairwise(variables) if v.comment and not below.comment and v.section == below.section
    }
