"""Textual's driver for Linux, with a `Picture` between it and the terminal, and an Escape that answers soon."""

import codecs
import errno
import os
import selectors
import time
from typing import Any

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from avnwizard.ui.wire.picture import Picture

_LASTS_S, _AT_REST_S = 5.0, 0.3
"""What was painted is believed for so long, and until a moment of rest: a page that is painted again later also heals
what something else (such as `wall`) wrote over it."""
_AT_MOST_S = 15.0
_IDLE_S, _MARGIN_S = 0.1, 0.005
_READ_BYTES = 4096


class ThriftyDriver(LinuxDriver):
    """Writes the fewest bytes that it can."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._picture, self._since, self._last = Picture(), 0.0, 0.0
        self._gone = False

    def forget(self) -> None:
        """The terminal may show anything."""
        self._picture.forget()

    def write(self, data: str) -> None:
        """Write to the terminal, while there is one."""
        if self._gone:
            return
        now = time.monotonic()
        age_s, rest_s = now - self._since, now - self._last
        self._last = now
        if age_s > _AT_MOST_S or (age_s > _LASTS_S and rest_s > _AT_REST_S):
            self._since = now
            self.forget()
        super().write(self._picture.rewrite(data))

    def run_input_thread(self) -> None:
        """Read keys until the app ends.

        Textual's own looks every 100 ms whether a lone Escape was meant as one, which is over the 100 ms in which
        a key shall answer; this one looks as soon as that can be known.
        """
        parser, decode = XTermParser(self._debug), codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            wait_s = _IDLE_S
            while not self.exit_event.is_set():
                data = ""
                if selector.select(wait_s):
                    read = self._read()
                    if not read:
                        self._let_go()
                        return
                    data = decode(read)
                wait_s = constants.ESCAPE_DELAY + _MARGIN_S if data.endswith("\x1b") else _IDLE_S
                for event in [*(parser.feed(data) if data else ()), *parser.tick()]:
                    self.process_message(event)

    def _read(self) -> bytes:
        """The next keys; nothing where the terminal is gone."""
        try:
            return os.read(self.fileno, _READ_BYTES)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""

    def _let_go(self) -> None:
        """End the screens, since the terminal is gone: SIGHUP says so too, but under nohup it is ignored.

        What is still to be written goes nowhere; it would be an error of its own.
        """
        self._gone = True
        nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        os.dup2(nowhere, self.fileno)
        if self._file:
            os.dup2(nowhere, self._file.fileno())
        os.close(nowhere)
        self._loop.call_soon_threadsafe(lambda: self._app.exit(self._app.return_value))
