"""The order in which tests begin: the longest first, and those that wait for the engine among those that compute.

A test of the real engine waits for more than half of its time. Were all of these begun first, the cores would idle
meanwhile, and several stacks of fifteen services would start at once; so the others are begun in between.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

SECONDS = {
    "tests/engine/test_upgrade.py": 250.0,
    "tests/zoo/test_fifteen.py": 130.0,
    "tests/zoo/test_real_hydra.py": 100.0,
    "tests/engine/test_postgres_major.py": 70.0,
    "tests/engine/test_rehearsal.py": 60.0,
    "tests/engine/test_roll.py": 12.0,
    "tests/engine/": 10.0,
    "tests/zoo/": 18.0,
    "tests/practice/test_crash_matrix.py": 22.0,
    "tests/practice/test_redo_crashes.py": 19.0,
    "tests/practice/test_fleet_crashes.py": 15.0,
    "tests/practice/": 4.0,
    "tests/ui/": 3.0,
    "tests/flows/": 2.5,
    "tests/fuzz/": 0.8,
    "tests/adapters/": 0.5,
    "": 0.05,
}
"""Beginnings of test ids in the order in which they begin, the first that fits counts; and about how much processor
time (in s) one test of each takes. Tests that share a stack are begun together, and so come before others."""
_WAITING = ("tests/engine/", "tests/zoo/")
_EARLIER = 0.85
"""Those that wait have all begun when so much of the others has: the last ones to begin should be short."""
_Test = TypeVar("_Test")

LAST = ("tests/engine/test_kubernetes",)
"""What waits for the cluster's programs, which CI builds beside all other tests."""


def rank(test_id: str) -> int:
    """The place of a test's kind in `SECONDS`."""
    return next(place for place, kind in enumerate(SECONDS) if test_id.startswith(kind))


def in_order(tests: Sequence[_Test], id_of: Callable[[_Test], str]) -> list[_Test]:
    """All of the tests, in the order in which they are to begin; equals keep theirs."""
    seconds = list(SECONDS.values())
    last = [test for test in tests if id_of(test).startswith(LAST)]
    others = [test for test in tests if not id_of(test).startswith(LAST)]
    ranked = sorted(((rank(id_of(test)), test) for test in others), key=lambda one: one[0])
    waiting = [one for one in ranked if id_of(one[1]).startswith(_WAITING)]
    computing = [one for one in ranked if not id_of(one[1]).startswith(_WAITING)]
    wait, compute = (sum(seconds[place] for place, _ in kind) or 1.0 for kind in (waiting, computing))
    due = [
        *_due(waiting, [_EARLIER * seconds[place] / wait for place, _ in waiting]),
        *_due(computing, [seconds[place] / compute for place, _ in computing]),
    ]
    return [*(test for _, test in sorted(due, key=lambda one: one[0])), *last]


def _due(ranked: Sequence[tuple[int, _Test]], shares: Sequence[float]) -> list[tuple[float, _Test]]:
    """Each test with the share of its kind's time that has been begun before it."""
    begun, found = 0.0, list[tuple[float, _Test]]()
    for (_, test), share in zip(ranked, shares, strict=True):
        found.append((begun, test))
        begun += share
    return found
