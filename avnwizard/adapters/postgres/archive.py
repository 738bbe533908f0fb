"""Dumps in and out of the server's own client tools, streamed: memory stays flat, files are durable and private."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from avnwizard.adapters.child import Child, Tail, file_blocks
from avnwizard.adapters.files import refusal, sync_folder
from avnwizard.adapters.hostile import fail
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess, Progress

TIMEOUT_S = 24 * 3600.0
_BLOCK = 1 << 20
_NOISE = ("CONTEXT:", "DETAIL:", "Command was:", "COPY ", "STATEMENT:")


def dump_to_file(access: PostgresAccess, tool: Sequence[str], to: Path, progress: Progress) -> None:
    """Stream a tool's stdout into a 0600 file that only appears, whole and fsynced, once the tool has succeeded."""
    part = to.with_name(f"{to.name}.part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _pour(access, tool, handle, progress)
            os.fsync(handle)
        finally:
            os.close(handle)
        part.replace(to)
        sync_folder(to.parent)
    except OSError as error:
        raise refusal("write the dump", to, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


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


def _pour(access: PostgresAccess, tool: Sequence[str], handle: int, progress: Progress) -> None:
    hint = "The dump was not taken and nothing was changed. The tool's own words are above."
    with _started(access, tool, hint=hint) as (child, tail):
        done = 0
        with child.guarded():
            while block := os.read(child.stdout.fileno(), _BLOCK):
                view = memoryview(block)
                while view:
                    view = view[os.write(handle, view) :]
                done += len(block)
                progress(done, None)
        _judge(tool, child, tail, hint)


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
