"""Run a command to its end: bounded in time and memory, deaf to the terminal, quiet about secrets.

Every child gets a session of its own, so Ctrl+C in the operator's terminal does not reach it and it cannot ask
anything on that terminal; its stdin is closed unless it is fed.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from avnwizard.adapters.child import Child, Tap
from avnwizard.adapters.process_errors import LINE_BYTES, TAIL_LINES, fail, printable, shown, tail_of
from avnwizard.errors import HostError


@dataclass(frozen=True)
class Completed:
    """What a child said before it ended by itself, whatever its exit code."""

    argv: tuple[str, ...]
    code: int
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 survive as surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """Standard error as printable text, redacted: its last lines."""
        return tail_of(self.stderr)


def run(
    argv: Sequence[str],
    *,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    input: bytes | None = None,  # noqa: A002  # subprocess calls it so
    check: bool = True,
    hint: str = "",
    limit_bytes: int = 1 << 28,
    umask: int = -1,
) -> Completed:
    """Run to the end, output captured; `HostError` when it cannot start, takes too long or (with `check`) fails.

    Args:
        argv: the command, no shell.
        timeout_s: seconds until it is ended.
        env: the child's whole environment; None inherits this process's.
        input: fed to stdin; None closes stdin.
        check: whether an exit code other than 0 is an error.
        hint: what the operator can do when it fails.
        limit_bytes: how much output is taken before the child is ended.
        umask: of the child; -1 leaves it as this process's.
    """
    output, complaints = Tap(limit_bytes), Tap(limit_bytes)
    child = Child(argv, env=env, feed=input is not None, timeout_s=timeout_s, hint=hint, umask=umask)
    with child:
        child.listen(child.stdout, output)
        child.listen(child.stderr, complaints)
        if input is not None:
            child.feed(iter((input,)))
        code = child.wait()
    if output.overflow or complaints.overflow:
        raise HostError(f"`{shown(argv)}` wrote more than {limit_bytes} bytes and was not believed.", hint)
    done = Completed(tuple(argv), code, output.data(), complaints.data())
    if check and code != 0:
        fail(argv, code, done.complaint or tail_of(done.stdout), hint)
    return done


def stream(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> None:
    """Run and tell each line of stdout and stderr, in the order in which they came, raw but for its length."""
    last: deque[str] = deque(maxlen=TAIL_LINES)
    child = Child(argv, env=env, timeout_s=timeout_s, hint=hint, joined=True)
    with child:
        with child.guarded():
            for line in _lines(child.stdout):
                last.append(line)
                on_line(line)
        code = child.wait()
    if code != 0:
        fail(argv, code, printable("\n".join(last)), hint)


def lines_in(raw: bytes) -> Iterator[str]:
    """The lines in some output, each cut to `LINE_BYTES`; carriage returns end one too (progress bars)."""
    for line in raw.decode("utf-8", "replace").replace("\r", "\n").split("\n"):
        if line.strip():
            yield line[:LINE_BYTES]


def _lines(pipe: IO[bytes]) -> Iterator[str]:
    """What comes out of a pipe, by lines."""
    with contextlib.suppress(ValueError):
        while raw := pipe.readline(LINE_BYTES):
            yield from lines_in(raw)
