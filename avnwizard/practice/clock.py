"""The practice host's clock: waits are shortened, and still count in full."""

import threading
import time


class PracticeClock:
    """`ports.Clock` whose sleeps take `speed` times less, while `now` moves on by what was asked for.

    A deadline of 60 s that is polled every second therefore still allows sixty looks, however fast the practice
    runs, and a machine that stalls for a moment costs only that moment, not `speed` times as much. Each thread has
    its own count: what one waits for takes nothing off another's time.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._skipped = threading.local()

    def now(self) -> float:
        """Seconds since the epoch, plus the waits that were skipped in this thread."""
        return time.time() + float(getattr(self._skipped, "s", 0.0))

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of practice time."""
        shortened_s = max(seconds, 0.0) / self._speed
        time.sleep(shortened_s)
        self._skipped.s = float(getattr(self._skipped, "s", 0.0)) + max(seconds, 0.0) - shortened_s
