"""A child process that is bounded in time, cannot reach the terminal, and is never left behind."""

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn, Self

from avnwizard.adapters.hostile import LINE_BYTES, shown, tail_of
from avnwizard.errors import HostError

_BLOCK = 1 << 16
_WIDE = 1 << 20
"""Linux's default `fs.pipe-max-size`."""
_GRACE_S = 5.0


class Child:
    """A started child with its readers and its end: use as a context manager, which never leaves it running.

    Args:
        feed: keep stdin open for `feed()`.
        joined: send stderr into stdout.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        feed: bool = False,
        joined: bool = False,
        hint: str = "",
    ) -> None:
        self._argv, self._hint, self._timeout_s = tuple(argv), hint, timeout_s
        self._until = time.monotonic() + timeout_s
        self._late = self._finished = False
        self._readers: list[threading.Thread] = []
        try:
            self._process = subprocess.Popen(
                [os.fspath(word) for word in argv],
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if joined else subprocess.PIPE,
                env=None if env is None else dict(env),
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise HostError(f"There is no `{argv[0]}` on this host's PATH.", hint or f"Install {argv[0]}.") from error
        except (OSError, ValueError) as error:
            raise HostError(f"`{argv[0]}` cannot be started: {error}", hint) from error
        self._alarm = threading.Timer(timeout_s, self._expire)
        self._alarm.daemon = True
        self._alarm.start()

    @property
    def stdout(self) -> IO[bytes]:
        """The child's standard output."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def stderr(self) -> IO[bytes]:
        """The child's standard error (not with `joined`)."""
        assert self._process.stderr is not None
        return self._process.stderr

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

    def feed(self, blocks: Iterator[bytes]) -> None:
        """Write to stdin and close it; a child that stops reading early is judged by its exit code."""
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            for block in blocks:
                pipe.write(block)
        with contextlib.suppress(BrokenPipeError):
            pipe.close()

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn a read that the alarm cut short into the time-out's own error."""
        try:
            yield
        finally:
            if self._late:
                self._give_up()

    def wait(self) -> int:
        """The exit code, once the child is gone and its output read; `HostError` after the time-out."""
        code = self._process.wait()
        for reader in self._readers:
            reader.join(max(_GRACE_S, self._until - time.monotonic()))
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

    def _end(self) -> None:
        """End the whole session: a docker CLI's plugin or git's ssh must not stay behind."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._alarm.cancel()
        if not self._finished:
            self._end()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class Tap:
    """Collects a stream in memory up to a limit; beyond it only the fact is kept."""

    def __init__(self, limit_bytes: int) -> None:
        self._parts: list[bytes] = []
        self._left = limit_bytes
        self.overflow = False

    def __call__(self, block: bytes) -> None:
        """Take one block."""
        if len(block) > self._left:
            self.overflow = True
        self._parts.append(block[: self._left])
        self._left -= min(len(block), self._left)

    def data(self) -> bytes:
        """All that was kept."""
        return b"".join(self._parts)


class Tail:
    """Keeps only the end of a stream, for the error message."""

    def __init__(self) -> None:
        self._end = b""

    def __call__(self, block: bytes) -> None:
        """Take one block."""
        self._end = (self._end + block)[-LINE_BYTES:]

    @property
    def complaint(self) -> str:
        """The last lines, printable and redacted."""
        return tail_of(self._end)


def file_blocks(path: Path, block_bytes: int = 1 << 20) -> Iterator[bytes]:
    """A file's content in blocks."""
    with path.open("rb") as source:
        while block := source.read(block_bytes):
            yield block


def _pump(pipe: IO[bytes], take: Callable[[bytes], None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while block := os.read(pipe.fileno(), _BLOCK):
            take(block)
