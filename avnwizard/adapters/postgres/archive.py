"""Dumps in and out of the server's own client tools, streamed: memory stays flat, files are durable and private."""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from avnwizard.adapters.child import Tail, file_blocks
from avnwizard.adapters.descriptors import readable
from avnwizard.adapters.durable import Sink, appearing
from avnwizard.adapters.files import refusal
from avnwizard.adapters.postgres.tools import started
from avnwizard.adapters.process_errors import fail
from avnwizard.adapters.running import Running
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess, Progress

_BLOCK = 1 << 18
_PATIENCE_S = 1.0
_SILENT = 10
"""So often in vain."""
_GATHER_S = 0.002
"""What has not come yet may gather in the pipe: the tools write by 4 KB, and each wake-up costs as much as 100 KB."""
_NOISE = ("CONTEXT:", "DETAIL:", "Command was:", "COPY ", "STATEMENT:")
NOT_TAKEN = "The dump was not taken and nothing was changed. The log has the tool's own words."
NOT_WHOLE = "This dump cannot be restored. Take a new one; look at the free space of the snapshot folder first."


def dump_to_file(access: PostgresAccess, tool: Sequence[str], to: Path, progress: Progress) -> FileFacts:
    """Stream a tool's stdout into a 0600 file that only appears, whole and fsynced, once the tool has succeeded."""
    try:
        tail = Tail()
        with appearing(to) as sink, started(access, tool, tail=tail, hint=NOT_TAKEN) as child:
            pour(child, sink, progress)
            judge(tool, child, tail, NOT_TAKEN)
            return sink.written()
    except OSError as error:
        raise refusal("write the dump", to, error) from error


def feed_from_file(access: PostgresAccess, tool: Sequence[str], dump: Path, progress: Progress, *, hint: str) -> None:
    """Stream a dump into a tool's stdin; `HostError` when the tool is not content with it."""
    try:
        total, tail = dump.stat().st_size, Tail()
        with started(access, tool, tail=tail, feed=True, hint=hint) as child:
            child.listen(child.stdout, lambda _: None)
            child.feed(_counted(file_blocks(dump), lambda done: progress(done, total)))
            judge(tool, child, tail, hint)
    except OSError as error:
        raise refusal("read the dump", dump, error) from error


def pour(child: Running, sink: Sink, progress: Progress, *, pipe: int | None = None) -> None:
    """A child's stdout, or another pipe of its, into a file to its end.

    `progress` may raise to break it off; it is called every second too where nothing has come for a while.
    """
    source, buffer = child.stdout.fileno() if pipe is None else pipe, memoryview(bytearray(_BLOCK))
    with child.guarded():
        while count := _read(child, source, buffer, lambda: progress(sink.size_bytes, None)):
            sink.take(buffer[:count])
            progress(sink.size_bytes, None)
            if count < _BLOCK // 2:
                time.sleep(_GATHER_S)


def _read(child: Running, source: int, buffer: memoryview, still: Callable[[], None]) -> int:
    """Wait for a block and read it; 0 at the end, and where the child was ended: its pipes may stay open.

    Where a dump was broken off, its own words come first; only an engine that is stuck lets us wait for more.
    """
    for waited in itertools.count():
        if child.late:
            break
        if readable(source, _PATIENCE_S):
            return os.readv(source, [buffer])
        if waited >= _SILENT:
            still()
    return 0


def judge(tool: Sequence[str], child: Running, tail: Tail, hint: str) -> None:
    """Wait for a tool's end; `HostError` when it is not content."""
    code = child.wait()
    if code != 0:
        fail(tool, code, without_noise(tail.complaint.splitlines()), hint)


def without_noise(lines: Sequence[str]) -> str:
    """A tool's complaint without the lines that quote rows or statements."""
    return "\n".join(line for line in lines if not line.startswith(_NOISE))


def _counted(blocks: Iterator[bytes], tell: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        tell(done)


def is_about_compression(error: HostError) -> bool:
    """Whether a client tool refused `-Z zstd:1` because it was built without it."""
    return "zstd" in error.message.lower().partition("failed with code")[2]
