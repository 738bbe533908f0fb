"""Latencies in bounded memory: buckets that grow by 5 %, so a percentile is right within that."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

_GROWTH = 1.05
_LEAST_MS = 0.1
_MOST = 300
"""Buckets; the last one holds everything above some four minutes."""


class Histogram:
    """Counts of latencies in milliseconds.

    Args:
        counts: bucket -> count, as `counts` gives them.
    """

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self._counts: Counter[int] = Counter(counts or {})

    @property
    def counts(self) -> dict[int, int]:
        """Bucket -> count."""
        return dict(self._counts)

    def add(self, latency_ms: float) -> None:
        """Count one."""
        ratio = max(latency_ms, _LEAST_MS) / _LEAST_MS
        self._counts[min(math.ceil(math.log(ratio, _GROWTH)), _MOST)] += 1

    def merged(self, others: Iterable["Histogram"]) -> "Histogram":
        """With those of others."""
        found = Histogram(self._counts)
        for other in others:
            found._counts.update(other._counts)  # noqa: SLF001 - its own kind
        return found

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that this share of them did not exceed; 0.0 when there is none."""
        total = self._counts.total()
        wanted, passed = share * total, 0
        for bucket in sorted(self._counts):
            passed += self._counts[bucket]
            if passed >= wanted:
                return float(_LEAST_MS * _GROWTH**bucket)
        return 0.0
