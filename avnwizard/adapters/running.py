"""A command that runs in another process, here or in a container: bounded in time, never left behind."""

import contextlib
import fcntl
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import IO, NoReturn, Self

from avnwizard.adapters.process_errors import shown
from avnwizard.errors import HostError

_BLOCK = 1 << 16
_WIDE = 1 << 20
"""Linux's default `fs.pipe-max-size`."""
GRACE_S = 5.0


class Running(ABC):
    """A started command with its readers and its end: use as a context manager, which never leaves it running.

    Args:
        argv: what it is called in errors.
        timeout_s: seconds from now until it is ended.
        hint: what the operator can do when it takes too long.
    """

    def __init__(self, argv: Sequence[str], *, timeout_s: float, hint: str = "") -> None:
        self._argv, self._hint, self._timeout_s = tuple(argv), hint, timeout_s
        self._until = time.monotonic() + timeout_s
        self._late = self._finished = False
        self._readers: list[threading.Thread] = []
        self._alarm = threading.Timer(timeout_s, self._expire)
        self._alarm.daemon = True
        self._alarm.start()

    @property
    @abstractmethod
    def stdout(self) -> IO[bytes]:
        """Its standard output."""

    @property
    @abstractmethod
    def stderr(self) -> IO[bytes]:
        """Its standard error."""

    @abstractmethod
    def feed(self, blocks: Iterator[bytes]) -> None:
        """Write to stdin and close it; a command that stops reading early is judged by its exit code."""

    @abstractmethod
    def _ended(self) -> int:
        """Wait for its end; the exit code."""

    @abstractmethod
    def _end(self) -> None:
        """End it now; from any thread."""

    @abstractmethod
    def _close(self) -> None:
        """Let go of its pipes."""

    @property
    def late(self) -> bool:
        """Whether it took too long and was ended."""
        return self._late

    @staticmethod
    def widen(pipe: IO[bytes]) -> None:
        """Let more wait in a pipe, for streams: fewer wake-ups (Linux)."""
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _WIDE)

    def listen(self, pipe: IO[bytes], take: Callable[[bytes], None]) -> None:
        """Hand a pipe's blocks to `take` in a thread, so that no other pipe can be blocked by it."""
        reader = threading.Thread(target=_pump, args=(pipe, take), daemon=True)
        reader.start()
        self._readers.append(reader)

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn a read that the alarm cut short into the time-out's own error."""
        try:
            yield
        finally:
            if self._late:
                self._give_up()

    def wait(self) -> int:
        """The exit code, once the command is gone and its output read; `HostError` after the time-out."""
        code = self._ended()
        for reader in self._readers:
            reader.join(max(GRACE_S, self._until - time.monotonic()))
        if self._late:
            self._give_up()
        self._finished = True
        return code

    def _give_up(self) -> NoReturn:
        message = f"`{shown(self._argv)}` did not finish within {self._timeout_s:g} s and was ended."
        raise HostError(message, self._hint)

    def _expire(self) -> None:
        if not self._finished:
            self._late = True
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._alarm.cancel()
        if not self._finished:
            self._end()
            for reader in self._readers:  # else one reads what gets the number of its pipe next
                reader.join(GRACE_S)
        self._close()
        self._alarm.join(GRACE_S)


def _pump(pipe: IO[bytes], take: Callable[[bytes], None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while block := os.read(pipe.fileno(), _BLOCK):
            take(block)
