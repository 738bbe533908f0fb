"""Waiting in tests: for a condition, with a limit that is an error and never a measurement."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], *, limit_s: float = 60.0) -> None:
    """Look again and again until the condition holds; an AssertionError when it never does."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
