"""How long is left of work of several kinds: from what was measured so far, never from a hope."""

import time
from collections.abc import Callable, Mapping


class Pace:
    """Bytes to do per kind of work, bytes done, and the seconds that they took.

    Args:
        total_bytes: kind -> bytes in all.
        cost: kind -> how dear a byte of it is against the other kinds, believed until it was measured.
        clock: seconds, monotonic.
    """

    def __init__(
        self, total_bytes: Mapping[str, int], cost: Mapping[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._cost, self._clock = dict(total_bytes), dict(cost), clock
        self._done = dict.fromkeys(self._total, 0)
        self._spent_s = dict.fromkeys(self._total, 0.0)
        self._last = clock()

    def did(self, kind: str, done_bytes: int) -> None:
        """`done_bytes` of a kind are done in all; the time since the last call was spent on it."""
        now = self._clock()
        self._spent_s[kind] += now - self._last
        self._last = now
        self._done[kind] = min(max(self._done[kind], done_bytes), self._total[kind])

    @property
    def done_bytes(self) -> int:
        """Of all kinds."""
        return sum(self._done.values())

    @property
    def total_bytes(self) -> int:
        """Of all kinds."""
        return sum(self._total.values())

    def left_s(self) -> float | None:
        """Seconds left; None until something was measured."""
        rates = {
            kind: self._spent_s[kind] / done for kind, done in self._done.items() if done and self._spent_s[kind] > 0
        }
        if not rates:
            return None
        unit_s = sum(rate / self._cost[kind] for kind, rate in rates.items()) / len(rates)
        return sum(
            (self._total[kind] - self._done[kind]) * rates.get(kind, unit_s * self._cost[kind])
            for kind in self._total
        )
