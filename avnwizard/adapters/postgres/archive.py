"""Dumps in and out of the server's own client tools, streamed: memory stays flat, files are durable and private."""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from avnwizard.adapters.child import Child, Tail, file_blocks
from avnwizard.adapters.durable import Sink, appearing
from avnwizard.adapters.files import refusal
from avnwizard.adapters.hostile import fail
from avnwizard.domain import commands
from avnwizard.domain.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess, Progress

TIMEOUT_S = 24 * 3600.0
_BLOCK = 1 << 20
_WAITING_BLOCKS = 16
"""Blocks that may wait for the reader of a dump: with a pipe's 64 KiB each this bounds the memory."""
_NOISE = ("CONTEXT:", "DETAIL:", "Command was:", "COPY ", "STATEMENT:")
_NOT_TAKEN = "The dump was not taken and nothing was changed. The tool's own words are above."
NOT_WHOLE = "This dump cannot be restored. Take a new one; look at the free space of the snapshot folder first."


def dump_to_file(
    access: PostgresAccess, tool: Sequence[str], to: Path, progress: Progress, *, read_back: bool = False
) -> FileFacts:
    """Stream a tool's stdout into a 0600 file that only appears, whole and fsynced, once the tool has succeeded.

    With `read_back`, pg_restore reads the same stream to its end meanwhile (`appearing` then proves that the file
    holds that stream): a dump that cannot be read is an error and leaves no file. On two cores this takes about as
    long as the dump alone, and reading the file afterwards would take its time on top.
    """
    try:
        with appearing(to) as sink, contextlib.ExitStack() as stack:
            reader = stack.enter_context(_Reader.started(access)) if read_back else None
            _pour(access, tool, sink, progress, reader)
            if reader:
                reader.judge()
            return sink.written()
    except OSError as error:
        raise refusal("write the dump", to, error) from error


def feed_from_file(access: PostgresAccess, tool: Sequence[str], dump: Path, progress: Progress, *, hint: str) -> None:
    """Stream a dump into a tool's stdin; `HostError` when the tool is not content with it."""
    try:
        total = dump.stat().st_size
        with _started(access, tool, feed=True, hint=hint) as (child, tail):
            child.listen(child.stdout, lambda _: None)
            child.feed(_counted(file_blocks(dump), lambda done: progress(done, total)))
            _judge(tool, child, tail, hint)
    except OSError as error:
        raise refusal("read the dump", dump, error) from error


class _Reader:
    """pg_restore, fed by a thread from a bounded queue, so that a slow reader slows the dump and nothing piles up."""

    def __init__(self, child: Child, tail: Tail) -> None:
        self._child, self._tail = child, tail
        self._blocks: queue.Queue[bytes | None] = queue.Queue(_WAITING_BLOCKS)
        self._thread = threading.Thread(target=self._feed, daemon=True)

    @classmethod
    @contextlib.contextmanager
    def started(cls, access: PostgresAccess) -> "Iterator[_Reader]":
        with _started(access, commands.pg_read_back(), feed=True, hint=NOT_WHOLE) as (child, tail):
            child.listen(child.stdout, lambda _: None)
            reader = cls(child, tail)
            reader._thread.start()
            try:
                yield reader
            finally:
                reader.take(None)
                reader._thread.join()

    def take(self, block: bytes | None) -> None:
        """Hand over one block; None ends the stream, and may be handed over again."""
        if self._thread.is_alive():
            self._blocks.put(block)

    def judge(self) -> None:
        """Wait for the reader's end; `HostError` when it is not content."""
        self.take(None)
        self._thread.join()
        _judge(commands.pg_read_back(), self._child, self._tail, NOT_WHOLE)

    def _feed(self) -> None:
        blocks = iter(self._blocks.get, None)
        with contextlib.suppress(OSError, ValueError):
            self._child.feed(blocks)
        for _ in blocks:  # what a reader that gave up no longer takes
            pass


@contextlib.contextmanager
def _started(
    access: PostgresAccess, tool: Sequence[str], *, feed: bool = False, hint: str = ""
) -> Iterator[tuple[Child, Tail]]:
    argv, extra = access.command(tool)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    tail = Tail()
    with Child(argv, env={**env, "LC_ALL": "C", **extra}, feed=feed, timeout_s=TIMEOUT_S, hint=hint) as child:
        child.listen(child.stderr, tail)
        yield child, tail


def _pour(
    access: PostgresAccess, tool: Sequence[str], sink: Sink, progress: Progress, reader: _Reader | None
) -> None:
    with _started(access, tool, hint=_NOT_TAKEN) as (child, tail):
        with child.guarded():
            while block := os.read(child.stdout.fileno(), _BLOCK):
                sink.take(block)
                if reader:
                    reader.take(block)
                progress(sink.size_bytes, None)
        _judge(tool, child, tail, _NOT_TAKEN)


def _judge(tool: Sequence[str], child: Child, tail: Tail, hint: str) -> None:
    code = child.wait()
    if code != 0:
        lines = [line for line in tail.complaint.splitlines() if not line.startswith(_NOISE)]
        fail(tool, code, "\n".join(lines), hint)


def _counted(blocks: Iterator[bytes], tell: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        tell(done)


def is_about_compression(error: HostError) -> bool:
    """Whether a client tool refused `-Z zstd:1` because it was built without it."""
    return "zstd" in error.message.lower().partition("failed with code")[2]
