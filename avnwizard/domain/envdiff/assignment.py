"""The best overall matching of two sides, instead of first come, first served."""

from collections.abc import Hashable, Mapping
from math import inf
from typing import TypeVar

A = TypeVar("A", bound=Hashable)
B = TypeVar("B", bound=Hashable)


def best_assignment(worth: Mapping[tuple[A, B], float]) -> dict[A, B]:
    """Match each left with at most one right so that the sum of worths is greatest.

    Args:
        worth: what a pair is worth, above 0; pairs that are missing cannot be matched.
    """
    matched: dict[A, B] = {}
    for pairs in _components(worth):
        matched |= _hungarian(pairs)
    return matched


def _components(worth: Mapping[tuple[A, B], float]) -> list[dict[tuple[A, B], float]]:
    """Cut the pairs into groups that share neither side, so that each is small."""
    parent: dict[tuple[int, A | B], tuple[int, A | B]] = {}

    def find(node: tuple[int, A | B]) -> tuple[int, A | B]:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    for left, right in worth:
        parent[find((0, left))] = find((1, right))
    groups: dict[tuple[int, A | B], dict[tuple[A, B], float]] = {}
    for (left, right), value in worth.items():
        groups.setdefault(find((0, left)), {})[left, right] = value
    return list(groups.values())


def _hungarian(worth: Mapping[tuple[A, B], float]) -> dict[A, B]:
    """Kuhn's method with potentials, O(n²m) (Lawler 1976); being left alone costs nothing."""
    lefts = list(dict.fromkeys(a for a, _ in worth))
    rights: list[B | None] = [*dict.fromkeys(b for _, b in worth), *(None for _ in lefts)]
    cost = [[0.0 if b is None else -worth.get((a, b), -inf) for b in rights] for a in lefts]
    row_potential, column_potential = [0.0] * (len(lefts) + 1), [0.0] * (len(rights) + 1)
    row_of = [0] * (len(rights) + 1)
    for row in range(1, len(lefts) + 1):
        row_of[0], column = row, 0
        least, way, seen = [inf] * (len(rights) + 1), [0] * (len(rights) + 1), [False] * (len(rights) + 1)
        while row_of[column]:
            seen[column] = True
            here, delta, following = row_of[column], inf, 0
            for j in range(1, len(rights) + 1):
                if not seen[j]:
                    reduced = cost[here - 1][j - 1] - row_potential[here] - column_potential[j]
                    if reduced < least[j]:
                        least[j], way[j] = reduced, column
                    if least[j] < delta:
                        delta, following = least[j], j
            for j in range(len(rights) + 1):
                if seen[j]:
                    row_potential[row_of[j]] += delta
                    column_potential[j] -= delta
                else:
                    least[j] -= delta
            column = following
        while column:
            row_of[column], column = row_of[way[column]], way[column]
    chosen = ((row_of[j + 1], right) for j, right in enumerate(rights))
    return {lefts[i - 1]: right for i, right in chosen if i and right is not None}
