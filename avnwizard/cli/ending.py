"""How a command ends by a signal: orderly, so that its children end and nothing half-made stays behind."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class EndedError(BaseException):
    """A signal came; like KeyboardInterrupt it is nobody's to handle but `run`'s."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def orderly() -> None:
    """From now on SIGTERM and a closed terminal unwind the command. What is ignored (as under nohup) stays so."""
    for number in _SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _unwind)


def at_once() -> None:
    """From now on they end the process as they do by default: for the screens, which answer to them themselves."""
    for number in _SIGNALS:
        if signal.getsignal(number) is _unwind:
            signal.signal(number, signal.SIG_DFL)


def end_by(number: int) -> NoReturn:
    """End by the signal itself, so that the parent process sees which one it was."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    sys.exit(128 + number)  # not reached where the signal is not blocked


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)  # a second one must not cut the unwinding short
    if number == signal.SIGHUP:
        _let_go_of_the_terminal()
    raise EndedError(number)


def _let_go_of_the_terminal() -> None:
    """A word to a terminal that is gone would be an error of its own."""
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for descriptor in range(3):
        if os.isatty(descriptor):
            os.dup2(nowhere, descriptor)
    os.close(nowhere)
