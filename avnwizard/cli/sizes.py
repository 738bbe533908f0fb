"""Sizes and times as one says them, on the command line."""

import time

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000


def size(count: float) -> str:
    """Bytes, rounded: `70 MB`, `1.2 GB`."""
    amount, unit = float(count), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit > 2 else f"{amount:.0f} {_UNITS[unit]}"  # noqa: PLR2004 - from GB on


def moment(seconds: float) -> str:
    """A point in time, local."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def span(seconds: float) -> str:
    """A duration: `40 s`, `3 min`, `1 h 20 min`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"
