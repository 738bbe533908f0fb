"""Keys that were meant for what was there a moment ago: a run that just stopped must not be started by them."""

from collections.abc import Callable

HOLD_S = 1.0
"""Longer than a key that is pressed twice, shorter than reading what is new."""


class Settling:
    """Says whether something on the screen is too new for a key to be meant for it.

    Args:
        now: seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began: float | None = None

    def begin(self) -> None:
        """Something changed its meaning just now."""
        self._began = self._now()

    @property
    def is_over(self) -> bool:
        """Whether it has been there for long enough, or nothing changed."""
        return self._began is None or self._now() - self._began >= HOLD_S
