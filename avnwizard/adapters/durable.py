"""Files written as a stream: private, hashed on the way, and read again from the disk before they are believed."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from avnwizard.adapters.files import sync_folder
from avnwizard.domain.database import FileFacts
from avnwizard.errors import HostError

_CHUNK_BYTES = 1 << 20


class Sink:
    """An open file that takes blocks and hashes them."""

    def __init__(self, handle: int) -> None:
        self._handle, self._digest = handle, hashlib.sha256()
        self.size_bytes = 0

    def take(self, block: bytes) -> None:
        """Write one block whole."""
        self._digest.update(block)
        view = memoryview(block)
        while view:
            view = view[os.write(self._handle, view) :]
        self.size_bytes += len(block)

    def written(self) -> FileFacts:
        """What was taken so far."""
        return FileFacts(self.size_bytes, self._digest.hexdigest())


@contextlib.contextmanager
def appearing(to: Path) -> Iterator[Sink]:
    """A new 0600 file that appears under its name only once it is whole, fsynced, and read again as it was written.

    The second reading is of the disk, not of what the kernel still remembers of the writing (`POSIX_FADV_DONTNEED`
    after the fsync; a file system in memory has no other place). Raises `OSError` from the file system, `HostError`
    where the disk gives back something else; either way no file of that name appears.
    """
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            sink = Sink(handle)
            yield sink
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            if _hashed(handle, lambda _: None) != sink.written():
                raise HostError(
                    f"What the disk gives back of {to} is not what was written to it.",
                    "The disk, its cable or its controller is at fault: look at `dmesg`; use another one.",
                )
        finally:
            os.close(handle)
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
