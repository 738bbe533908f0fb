"""What the edge probe has to say in a terminal: a line when requests begin to be lost, one when that ends."""

from collections.abc import Mapping
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.domain.probing import words

_CALM = 3
"""Seconds without a loss until it has ended."""


class LossTeller:
    """Hears every `measure` event; speaks seldom."""

    def __init__(self) -> None:
        self._calm, self._losing, self._before = 0, False, 0

    def hear(self, data: Mapping[str, Any]) -> str:
        """The line to tell now, "" for none; numbers that are none are passed over."""
        try:
            lost, now = int(data["lost"]), int(data["second"]["lost"])
            kinds = words.kinds(data)
        except (KeyError, TypeError, ValueError, AttributeError):
            return ""
        self._calm = 0 if now else self._calm + 1
        if now and not self._losing:
            self._losing, self._before = True, lost - now
            return f"edge: requests are being lost ({kinds} so far)"
        if self._losing and self._calm >= _CALM:
            self._losing = False
            return f"edge: all requests are answered again; {lost - self._before:,} were lost, {lost:,} in all"
        return ""


def summary(data: Mapping[str, Any] | None) -> str:
    """The last numbers in a line, "" where there are none."""
    try:
        return f"edge: {words.told(data)}" if data and data["sent"] else ""
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


def of_route(name: str, why: str) -> str:
    """A router that is left out."""
    return f"  left out: {printable(name, limit=60)}: {printable(why, limit=200)}"
