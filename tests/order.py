"""The order in which tests begin: the longest kinds first, so that no worker starts one when the others are done."""

LONGEST_FIRST = (
    "tests/zoo/test_real_hydra.py",
    "tests/engine/test_upgrade.py",
    "tests/zoo/test_fifteen.py",
    "tests/zoo/test_identity.py",
    "tests/engine/test_roll.py",
    "tests/engine/",
    "tests/zoo/",
    "tests/practice/test_crash_matrix.py",
    "tests/practice/test_redo_crashes.py",
    "tests/practice/test_rotation_crashes.py",
    "tests/ui/",
    "tests/flows/",
    "tests/adapters/",
)
"""Beginnings of test ids, by how long a single test of each takes; `pytest --durations=80` says so."""

LAST = ("tests/engine/test_kubernetes",)
"""What waits for the cluster's programs, which CI builds beside all other tests."""


def rank(test_id: str) -> int:
    """The place of a test's kind in `LONGEST_FIRST`; kinds that are not in it are short, and come after those."""
    if test_id.startswith(LAST):
        return len(LONGEST_FIRST) + 1
    return next((place for place, kind in enumerate(LONGEST_FIRST) if test_id.startswith(kind)), len(LONGEST_FIRST))
