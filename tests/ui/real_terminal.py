"""A real pseudo-terminal with a process on it, and the screen that its bytes draw."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pyte

from avnwizard.adapters.descriptors import readable


@dataclass
class Terminal:
    """One pty, its reader's side.

    Attributes:
        received: every byte that came, with the monotonic time of its read.
    """

    pid: int
    descriptor: int
    received: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """All bytes so far."""
        return b"".join(chunk for _, chunk in self.received)

    @property
    def text(self) -> str:
        """What was written, without the escape sequences; not laid out."""
        plain = re.sub(rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])", b"", self.data)
        return plain.decode("utf-8", "replace")

    def read(self, seconds: float) -> bytes:
        """Whatever comes within a time."""
        until, got = time.monotonic() + seconds, b""
        while (left := until - time.monotonic()) > 0:
            if chunk := self._chunk(left):
                got += chunk
            else:
                break
        return got

    def wait_for(self, said: str, *, seconds: float = 60.0) -> float:
        """Read until something was said; when it was, monotonic.

        Raises:
            TimeoutError: it was not.
        """
        until = time.monotonic() + seconds
        while said not in self.text:
            if time.monotonic() > until:
                raise TimeoutError(f"never said {said!r}; the last words:\n{self.text[-2000:]}")
            self._chunk(0.2)
        return self.received[-1][0]

    def forget(self) -> None:
        """Begin to listen anew."""
        self.received.clear()

    def _chunk(self, seconds: float) -> bytes:
        if not readable(self.descriptor, seconds):
            return b""
        try:
            chunk = os.read(self.descriptor, 65536)
        except OSError:
            return b""
        self.received.append((time.monotonic(), chunk))
        return chunk

    def write(self, keys: str) -> None:
        """Press keys."""
        os.write(self.descriptor, keys.encode())

    def hang_up(self) -> None:
        """The connection is lost."""
        os.close(self.descriptor)

    def wait(self, seconds: float = 20.0, *, ends: bool = True) -> int:
        """The exit code; the process must end by itself. What it still writes is read: it may wait for that."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            with contextlib.suppress(OSError, ValueError):  # the test may have hung up
                self._chunk(0.05)
            time.sleep(0.05)
        if ends:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        raise TimeoutError("it did not end")


class Emulated:
    """What a terminal's screen shows, where its bytes alone do not say it: only what changes is sent."""

    def __init__(self, terminal: Terminal, size: tuple[int, int] = (80, 24)) -> None:
        self.terminal, self._fed = terminal, 0
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def shows(self) -> str:
        """Its rows now, each without the spaces at its end."""
        chunks = [chunk for _, chunk in self.terminal.received]
        for chunk in chunks[self._fed :]:
            self._stream.feed(chunk)
        self._fed = len(chunks)
        return "\n".join(line.rstrip() for line in self._screen.display) + "\n"

    def stands_out(self, row: int, column: int) -> bool:
        """Whether a cell's colours are the other way round, from 0."""
        return bool(self._screen.buffer[row][column].reverse)

    def wait_for(self, said: str, *, seconds: float = 60.0) -> None:
        """Read until it shows something.

        Raises:
            TimeoutError: it did not.
        """
        self.wait_until(lambda one: said in one.shows(), repr(said), seconds=seconds)

    def wait_until(self, holds: Callable[["Emulated"], bool], what: str, *, seconds: float = 60.0) -> None:
        """Read until the screen is so.

        Raises:
            TimeoutError: it did not get so.
        """
        until = time.monotonic() + seconds
        while not holds(self):
            if time.monotonic() > until:
                raise TimeoutError(f"never showed {what}:\n{self.shows()}")
            self.terminal.read(0.1)
            self.shows()

    def leave(self, *, seconds: float = 60.0) -> int:
        """Leave the wizard, and say yes where it asks; its exit code.

        Raises:
            TimeoutError: it did not end.
        """
        self.terminal.write("\x03")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                return self.terminal.wait(0.5, ends=False)
            if "Leave the wizard?" in self.shows():
                self.terminal.write("\r")
        return self.terminal.wait()


def spawn(
    argv: Sequence[str],
    cwd: Path,
    *,
    size: tuple[int, int] = (80, 24),
    nohup: bool = False,
    given: Mapping[str, str] = MappingProxyType({}),
    **environ: str,
) -> Terminal:
    """Start `python -m avnwizard ARGV` on a new terminal, whose end SIGHUP announces except under `nohup`.

    Args:
        given, environ: environment variables.
    """
    env = {**os.environ, "TERM": "xterm-256color", **given, **environ}
    pid, descriptor = pty.fork()
    if pid == 0:  # pragma: no cover - the child
        os.chdir(cwd)
        signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)
        os.execve(sys.executable, [sys.executable, "-m", "avnwizard", *argv], env)  # noqa: S606 - no shell is wanted
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    return Terminal(pid, descriptor)
