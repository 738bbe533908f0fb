"""A file without a disk: what a child reads by its path and nobody finds after a signal, a kill or a power cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avnwizard.errors import HostError


@contextmanager
def in_memory(data: bytes) -> Iterator[Path]:
    """A path that this process and its children can read until the end of the `with` (Linux, memfd_create(2))."""
    try:
        descriptor = os.memfd_create("avnwizard")
    except OSError as error:
        raise HostError(
            f"This system gives no file in memory: {os.strerror(error.errno or 0)}.",
            "avnwizard runs on the Linux host itself; a sandbox around it may forbid memfd_create.",
        ) from error
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(data)
        yield Path(f"/proc/{os.getpid()}/fd/{descriptor}")
    finally:
        os.close(descriptor)
