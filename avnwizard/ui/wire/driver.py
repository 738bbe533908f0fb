"""Textual's driver for Linux, with a `Picture` between it and the terminal."""

import time
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from avnwizard.ui.wire.picture import Picture

_LASTS_S, _AT_REST_S = 5.0, 0.3
"""What was painted is believed for so long, and until a moment of rest: a page that is painted anew later also heals
what something else (such as `wall`) wrote over it."""
_AT_MOST_S = 15.0


class ThriftyDriver(LinuxDriver):
    """Writes the fewest bytes that it can."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._picture, self._since, self._last = Picture(), 0.0, 0.0

    def forget(self) -> None:
        """The terminal may show anything."""
        self._picture.forget()

    def write(self, data: str) -> None:
        """Write to the terminal."""
        now = time.monotonic()
        age_s, rest_s = now - self._since, now - self._last
        self._last = now
        if age_s > _AT_MOST_S or (age_s > _LASTS_S and rest_s > _AT_REST_S):
            self._since = now
            self.forget()
        super().write(self._picture.rewrite(data))
