"""What the probe counted: of one route, and of all together; it goes on where an earlier process was cut off."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from avnwizard.domain.probing.histogram import Histogram
from avnwizard.domain.probing.identity import LOST, TURNED, Verdict

MEDIAN, TAIL = 0.50, 0.99
_WAITED_S = 0.25
"""A request that a director passes on at once was not held."""


@dataclass
class Tally:
    """Requests that were settled; those under way are not counted yet, so `sent` is `answered` and `lost`.

    Attributes:
        changed: answers that were like none before the roll; they are among the answered, as the turned are.
        turned: answers that users did not get before, such as 403 for 200, by kind.
        held: answers that waited in Traefik until a container was there; they are among the answered.
        excused: requests that waited for as long as `[roll] hold_s` says, and were then asked to come back.
        gap_ms: the longest time without an answer on one route, beyond its schedule.
    """

    answered: int = 0
    changed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    turned: Counter[str] = field(default_factory=Counter)
    held: int = 0
    excused: int = 0
    gap_ms: float = 0.0
    latencies: Histogram = field(default_factory=Histogram)
    _due_s: float | None = None
    _answered_s: float | None = None

    @property
    def lost(self) -> int:
        """Requests without an answer of the right service."""
        return self.kinds.total()

    @property
    def sent(self) -> int:
        """Requests that were settled."""
        return self.answered + self.lost + self.excused

    def count(self, verdict: Verdict, *, due_s: float, ended_s: float, held: bool = False) -> None:
        """Count one request.

        Args:
            due_s: when the schedule wanted it sent, on any steady clock; its latency counts from there.
            held: a director held it where there was nobody to ask.
        """
        interval_s = max(due_s - self._due_s, 0.0) if self._due_s is not None else 0.0
        self._due_s = due_s
        if self._answered_s is not None:
            self.gap_ms = max(self.gap_ms, (ended_s - self._answered_s - interval_s) * 1000)
        if verdict in LOST:
            self.kinds[verdict] += 1
            return
        if verdict == "excused":
            self.excused += 1
            return
        self.answered += 1
        self.held += held and ended_s - due_s >= _WAITED_S
        self.changed += verdict == "changed"
        self.turned.update([verdict] if verdict in TURNED else [])
        self.latencies.add((ended_s - due_s) * 1000)
        self._answered_s = max(ended_s, self._answered_s or ended_s)

    def to_json(self) -> dict[str, Any]:
        """JSON values, for the run's folder."""
        return {
            "answered": self.answered,
            "changed": self.changed,
            "kinds": dict(self.kinds),
            "turned": dict(self.turned),
            "held": self.held,
            "excused": self.excused,
            "gap_ms": self.gap_ms,
            "latencies": {str(bucket): count for bucket, count in self.latencies.counts.items()},
        }


def tally_from(found: Mapping[str, Any]) -> Tally:
    """A tally read back; counting goes on, and the time in between is no gap."""
    latencies = {int(bucket): int(count) for bucket, count in found["latencies"].items()}
    return Tally(
        answered=int(found["answered"]),
        changed=int(found["changed"]),
        kinds=Counter({str(kind): int(count) for kind, count in found["kinds"].items()}),
        turned=Counter({str(kind): int(count) for kind, count in found.get("turned", {}).items()}),
        held=int(found.get("held", 0)),
        excused=int(found.get("excused", 0)),
        gap_ms=float(found["gap_ms"]),
        latencies=Histogram(latencies),
    )


def together(tallies: Iterable[Tally]) -> Tally:
    """All routes as one; the longest gap is that of the route that had it."""
    every = list(tallies)
    return Tally(
        answered=sum(one.answered for one in every),
        changed=sum(one.changed for one in every),
        kinds=sum((one.kinds for one in every), Counter[str]()),
        turned=sum((one.turned for one in every), Counter[str]()),
        held=sum(one.held for one in every),
        excused=sum(one.excused for one in every),
        gap_ms=max((one.gap_ms for one in every), default=0.0),
        latencies=Histogram().merged(one.latencies for one in every),
    )


def numbers(tally: Tally) -> dict[str, Any]:
    """The numbers of a `measure` event and of a report."""
    return {
        "sent": tally.sent,
        "answered": tally.answered,
        "lost": tally.lost,
        "kinds": dict(sorted(tally.kinds.items())),
        "held": tally.held,
        "excused": tally.excused,
        "changed": tally.changed,
        "turned": dict(sorted(tally.turned.items())),
        "longest_gap_ms": round(tally.gap_ms, 1),
        "p50_ms": round(tally.latencies.percentile(MEDIAN), 1),
        "p99_ms": round(tally.latencies.percentile(TAIL), 1),
    }
