"""Durations, sizes, times and counts in words: the same on every screen, in every line and in every report."""

import time
from datetime import datetime

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000
_TENTHS_FROM_UNIT, _TENTHS_BELOW = 2, 100
"""From megabytes on, and below a hundred of them, a tenth is shown."""


def duration(seconds: float) -> str:
    """A duration in whole seconds: `4 s`, `1 min 35 s`, `1 h 20 min`, `3 days 4 h`."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return _two(*divmod(whole, _MINUTE_S), "min", "s")
    if whole < _DAY_S:
        return _two(whole // _HOUR_S, whole % _HOUR_S // _MINUTE_S, "h", "min")
    days = whole // _DAY_S
    return _two(days, whole % _DAY_S // _HOUR_S, "day" if days == 1 else "days", "h")


def _two(large: int, small: int, large_unit: str, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"


def about(seconds: float) -> str:
    """An expected duration, rounded as far as it is a guess: `1 s`, `40 s`, `1 min 35 s`, `12 min`, `1 h 20 min`."""
    if seconds < 10:  # noqa: PLR2004 - below it, seconds matter
        return duration(max(round(seconds), 1))
    step = 5 if seconds < 2 * _MINUTE_S else _MINUTE_S if seconds < _HOUR_S else 5 * _MINUTE_S
    return duration(round(seconds / step) * step)


def latency(milliseconds: float) -> str:
    """A measured time: `40 ms`, `1.2 s`, `3 min 5 s`."""
    if milliseconds < 1000:  # noqa: PLR2004 - a second
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < _MINUTE_S else duration(seconds)


def size(bytes_: float) -> str:
    """A size, rounded: `70 MB`, `42.9 MB`, `1.2 GB`, `288 MB`."""
    amount, unit = float(bytes_), 0
    while round(amount) >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    tenths = 1 if unit >= _TENTHS_FROM_UNIT and amount < _TENTHS_BELOW else 0
    return f"{f'{amount:.{tenths}f}'.removesuffix('.0')} {_UNITS[unit]}"


def count(number: int, one: str, many: str = "") -> str:
    """A number of things: `1 service`, `3 services`, `1,200 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def verb(number: int, one: str, many: str) -> str:
    """The form of a verb for a number of things: `is`, `are`."""
    return one if number == 1 else many


def likelihood(probability: float) -> str:
    """How sure a guess is: `almost certain, 99 %`, `likely, 85 %`, `a guess, 60 %`."""
    word = "almost certain" if probability >= 0.95 else "likely" if probability >= 0.8 else "a guess"  # noqa: PLR2004
    return f"{word}, {probability:.0%}".replace("%", " %")


def ago(then: float, now: float) -> str:
    """How long ago a moment was: `just now`, `5 min ago`, `3 h ago`, `12 days ago`."""
    past = max(now - then, 0.0)
    if past < _MINUTE_S:
        return "just now"
    if past < _HOUR_S:
        return f"{int(past // _MINUTE_S)} min ago"
    if past < 2 * _DAY_S:
        return f"{int(past // _HOUR_S)} h ago"
    return f"{int(past // _DAY_S)} days ago"


def day(iso: str) -> str:
    """The day of an ISO 8601 date."""
    return iso[:10]


def moment(seconds: float) -> str:
    """A point in time, local, to the minute: `2026-11-23 03:36`; "" for none."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else ""


def clock(at: float, now: float) -> str:
    """A time of day, with its date where that is not today; local time."""
    then, today = time.localtime(at), time.localtime(now)
    same_day = then[:3] == today[:3]
    return time.strftime("%H:%M" if same_day and now - at < _DAY_S else "%Y-%m-%d %H:%M", then)


def time_of_day(seconds: float, *, to_the_second: bool = False) -> str:
    """The local time of day: `03:36`, `03:36:10`; "" for none."""
    return time.strftime("%H:%M:%S" if to_the_second else "%H:%M", time.localtime(seconds)) if seconds else ""


def timestamp(seconds: float) -> str:
    """A point in time for files and JSON: ISO 8601 to the second with the local zone, "" for none."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds") if seconds else ""
