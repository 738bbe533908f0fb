"""The probe's numbers over time, out of the feed, in a bounded number of points."""

from collections.abc import Iterable
from dataclasses import dataclass

from avnwizard.engine.feed import Event

_LEAST_S = 2.0
"""Events come every second and a little, so a stretch of one second would hold now none and now two."""


@dataclass(frozen=True)
class Point:
    """A stretch of time.

    Attributes:
        at: its beginning, seconds since the epoch; `length_s` is how long it is.
        p99_ms: the highest of its seconds, 0.0 where nothing was answered.
    """

    at: float
    length_s: float
    answered: int = 0
    lost: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def series(events: Iterable[Event], *, began: float, ended: float, most: int = 240) -> tuple[Point, ...]:
    """The seconds of every `measure` event, put together in stretches of the same length; () without any.

    Args:
        began: events outside these times are left out.
        most: points.
    """
    length_s = max((ended - began) / most, _LEAST_S)
    found: dict[int, Point] = {}
    for event in events:
        second = event.data.get("second") if event.kind == "measure" else None
        if not isinstance(second, dict) or not began <= event.at <= ended + 1:
            continue
        index = int((event.at - began) / length_s)
        found[index] = _with(found.get(index) or Point(began + index * length_s, length_s), second)
    return tuple(found[index] for index in sorted(found))


def _with(point: Point, second: dict[str, object]) -> Point:
    return Point(
        point.at,
        point.length_s,
        point.answered + int(_number(second.get("answered"))),
        point.lost + int(_number(second.get("lost"))),
        max(point.p50_ms, _number(second.get("p50_ms"))),
        max(point.p99_ms, _number(second.get("p99_ms"))),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
