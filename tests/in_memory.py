"""Folders for what tests make and throw away: in memory where there is room, which is several times faster."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folders made in it are private
_ROOM_BYTES = 4 << 30
"""Four workers with a stack or two each; a container's usual 64 MB are too few."""


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder of its own that a database server's account may enter, too; removed at the end."""
    base = Path(tempfile.mkdtemp(prefix=prefix, dir=_MEMORY if _has_room() else None))
    base.chmod(0o755)
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _has_room() -> bool:
    if not os.access(_MEMORY, os.W_OK):
        return False
    found = os.statvfs(_MEMORY)
    return found.f_bavail * found.f_frsize >= _ROOM_BYTES
