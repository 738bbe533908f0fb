"""The practice host's clock: waits are shortened, and still count in full."""

import time


class PracticeClock:
    """`ports.Clock` whose sleeps take `speed` times less, while `now` moves on by what was asked for.

    A deadline of 60 s that is polled every second therefore still allows sixty looks, however fast the practice
    runs, and a machine that stalls for a moment costs only that moment, not `speed` times as much.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._skipped_s = 0.0

    def now(self) -> float:
        """Seconds since the epoch, plus the waits that were skipped in this process."""
        return time.time() + self._skipped_s

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of practice time."""
        shortened_s = max(seconds, 0.0) / self._speed
        time.sleep(shortened_s)
        self._skipped_s += max(seconds, 0.0) - shortened_s
