"""A child process that cannot reach the terminal, and what collects its output."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from avnwizard.adapters.process_errors import LINE_BYTES, tail_of
from avnwizard.adapters.running import GRACE_S, Running
from avnwizard.errors import HostError


class Child(Running):
    """A started child process, in a session of its own.

    Args:
        feed: keep stdin open for `feed()`.
        joined: send stderr into stdout.
        umask: of the child; -1 leaves it as this process's.
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
        umask: int = -1,
    ) -> None:
        try:
            self._process = subprocess.Popen(
                [os.fspath(word) for word in argv],
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if joined else subprocess.PIPE,
                env=None if env is None else dict(env),
                start_new_session=True,
                umask=umask,
            )
        except FileNotFoundError as error:
            raise HostError(f"There is no `{argv[0]}` on this host's PATH.", hint or f"Install {argv[0]}.") from error
        except (OSError, ValueError) as error:
            raise HostError(f"`{argv[0]}` cannot be started: {error}", hint) from error
        super().__init__(argv, timeout_s=timeout_s, hint=hint)

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

    def feed(self, blocks: Iterator[bytes]) -> None:
        """Write to stdin and close it."""
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            for block in blocks:
                pipe.write(block)
        with contextlib.suppress(BrokenPipeError):
            pipe.close()

    def _ended(self) -> int:
        return self._process.wait()

    def _end(self) -> None:
        """End the whole session: a docker CLI's plugin or git's ssh must not stay behind."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)

    def _close(self) -> None:
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
