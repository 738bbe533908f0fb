"""Files written as a stream: private, hashed on the way, and read again from the disk before they are believed."""

import contextlib
import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from avnwizard.adapters.files import sync_folder
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.engine.private import created
from avnwizard.errors import HostError

_CHUNK_BYTES = 1 << 20
_STRIDE_BYTES = 1 << 25
"""So much is written before it is sent to the disk and read again, while the stream goes on."""


class Sink:
    """An open file that takes blocks and hashes them."""

    def __init__(self, handle: int) -> None:
        self._handle, self._digest = handle, hashlib.sha256()
        self._again: _Again | None = None
        self._whole: FileFacts | None = None
        self._echo: Callable[[bytes], None] | None = None
        self.size_bytes = 0

    def echo(self, hear: Callable[[bytes], None]) -> None:
        """Hand all that the disk gives back to `hear` too, in blocks, in order, in a thread; before the first `take`.

        Nothing else is read from the disk while `hear` is busy; it must not raise.
        """
        self._echo = hear

    def take(self, block: bytes | memoryview) -> None:
        """Write one block whole."""
        self._digest.update(block)
        view = memoryview(block)
        before, self.size_bytes = self.size_bytes, self.size_bytes + len(view)
        while view:
            view = view[os.write(self._handle, view) :]
        if before // _STRIDE_BYTES < self.size_bytes // _STRIDE_BYTES:
            self._again = self._again or _Again(self._handle, self._echo)
            self._again.up_to(self.size_bytes)

    def written(self) -> FileFacts:
        """What was taken so far."""
        return FileFacts(self.size_bytes, self._digest.hexdigest())

    def read_again(self) -> FileFacts:
        """What the disk gives back, once everything was taken; raises `OSError`. Read once, however often asked."""
        if not self._whole:
            self._again = self._again or _Again(self._handle, self._echo)
            self._whole = self._again.whole()
        return self._whole

    def break_off(self) -> None:
        """Read no more of it; whoever hears the echo has heard the last of it. May be called again."""
        if self._again:
            self._again.break_off()

    def close(self) -> None:
        """Let nobody use the file any more, and close it."""
        self.break_off()
        os.close(self._handle)


class _Again:
    """Sends a growing file to the disk and hashes what that gives back, in a thread, a stride behind the writer."""

    def __init__(self, handle: int, echo: Callable[[bytes], None] | None) -> None:
        self._handle, self._digest, self._offset = handle, hashlib.sha256(), 0
        self._echo = echo
        self._broken_off = False
        self._failed: OSError | None = None
        self._goals: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def up_to(self, offset: int) -> None:
        """The file is written up to there; raises what the disk said of an earlier part."""
        if self._failed:
            raise self._failed
        self._goals.put(offset)

    def end(self) -> None:
        """Stop; may be called again."""
        self._goals.put(None)
        self._thread.join()

    def break_off(self) -> None:
        """Stop as soon as a block is read and reported, whatever is left; what `whole` says is less than all then."""
        self._broken_off = True
        self.end()

    def whole(self) -> FileFacts:
        """Size and checksum of all that is in the file, as read from the disk."""
        self.end()
        if self._failed:
            raise self._failed
        self._read(os.fstat(self._handle).st_size)
        return FileFacts(self._offset, self._digest.hexdigest())

    def _follow(self) -> None:
        try:
            while (goal := self._goals.get()) is not None and not self._broken_off:
                self._read(goal)
        except OSError as error:
            self._failed = error

    def _read(self, goal: int) -> None:
        """fsync, then make the kernel forget: what is read next comes from the disk."""
        os.fsync(self._handle)
        os.posix_fadvise(self._handle, self._offset, goal - self._offset, os.POSIX_FADV_DONTNEED)
        while self._offset < goal and not self._broken_off:
            block = os.pread(self._handle, min(_CHUNK_BYTES, goal - self._offset), self._offset)
            if not block:
                break
            self._digest.update(block)
            self._offset += len(block)
            if self._echo:
                self._echo(block)


@contextlib.contextmanager
def appearing(to: Path) -> Iterator[Sink]:
    """A new private file that appears under its name once it is whole, fsynced, and read again as it was written.

    The second reading is of the disk, not of what the kernel still remembers of the writing (`POSIX_FADV_DONTNEED`
    after the fsync; a file system in memory has no other place). It follows the writing by a few megabytes, so that
    little of it is left at the end. Raises `OSError` from the file system, `HostError` where the disk gives back
    something else; either way no file of that name appears.
    """
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        sink = Sink(created(part, os.O_RDWR))
        try:
            yield sink
            if sink.read_again() != sink.written():
                raise HostError(
                    f"What the disk gives back of {to} is not what was written to it.",
                    "The disk, its cable or its controller is at fault: look at `dmesg`; use another one.",
                )
        finally:
            sink.close()
        part.replace(to)
        sync_folder(to.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def measured(path: Path, tell: Callable[[int], None] = lambda _: None) -> FileFacts:
    """Size and checksum of a file, telling the bytes read; raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        return _hashed(handle, tell)
    finally:
        os.close(handle)


def _hashed(handle: int, tell: Callable[[int], None]) -> FileFacts:
    digest, offset = hashlib.sha256(), 0
    while block := os.pread(handle, _CHUNK_BYTES, offset):
        digest.update(block)
        offset += len(block)
        tell(offset)
    return FileFacts(offset, digest.hexdigest())
