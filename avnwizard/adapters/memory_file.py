"""A file without a disk: what a child reads by its path and nobody finds after a signal, a kill or a power cut."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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


@contextmanager
def tree_in_memory(contents: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder of links to such files, until the end of the `with`; a kill leaves links that lead nowhere.

    Args:
        contents: relative path -> content; no path leaves the folder.
    """
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="avnwizard-"))).resolve()
        for path, data in contents.items():
            place = folder / path
            if not Path(os.path.normpath(place)).is_relative_to(folder):
                raise HostError(f"{path!r} is not a path inside a folder.", "Nothing was changed.")
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(held.enter_context(in_memory(data)))
            except OSError as error:
                raise HostError(f"Cannot make {path!r} in {folder}: {error.strerror}.", "Is there room?") from error
        yield folder
