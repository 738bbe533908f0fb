"""Textual's driver for Linux, with a `Picture` between it and the terminal."""

import time
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from avnwizard.ui.wire.picture import Picture

_LASTS_S = 1.5
"""What was painted is believed for so long: then a page that is painted anew also heals what something else wrote."""


class ThriftyDriver(LinuxDriver):
    """Writes the fewest bytes that it can."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._picture, self._since = Picture(), 0.0

    def forget(self) -> None:
        """The terminal may show anything."""
        self._picture.forget()

    def write(self, data: str) -> None:
        """Write to the terminal."""
        if (now := time.monotonic()) - self._since > _LASTS_S:
            self._since = now
            self.forget()
        super().write(self._picture.rewrite(data))
