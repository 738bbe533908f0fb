"""Waiting in tests: for a condition, with a limit that is an error and never a measurement."""

import time
from collections.abc import Callable
from typing import Final

COUNT_NOW: Final = "SELECT pg_stat_force_next_flush()"
"""The last statement of a session whose rows are to be in the statistics: a server counts them only when the session
is over, which is after its client has gone (`pgstat_report_stat`, PostgreSQL 15 and later)."""


def until(condition: Callable[[], object], *, limit_s: float = 60.0) -> None:
    """Look again and again until the condition holds; an AssertionError when it never does."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
