"""Numbers and dates as one says them."""

import time

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def size(count: float) -> str:
    """Bytes, rounded: `70 MB`, `1.2 GB`."""
    amount, unit = float(count), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    digits = 1 if unit > 2 and amount < 10 else 0  # noqa: PLR2004 - from gigabytes on a tenth matters
    return f"{amount:.{digits}f} {_UNITS[unit]}"


def span(seconds: float) -> str:
    """A duration that is over or under way: `4 s`, `2:05`, `1:02:05`."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE_S:
        return f"{whole} s"
    hours, rest = divmod(whole, _HOUR_S)
    minutes, seconds_left = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"


def ago(then: float, now: float) -> str:
    """How long ago: `just now`, `5 min ago`, `3 h ago`, `12 days ago`."""
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
    """A point in time, local: `2026-11-23 03:36`."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else ""


def clock(seconds: float) -> str:
    """The time of day, local: `03:36:07`; blanks where nobody knows."""
    return time.strftime("%H:%M:%S", time.localtime(seconds)) if seconds else " " * 8


def count(number: int, one: str, many: str = "") -> str:
    """`1 service`, `3 services`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
