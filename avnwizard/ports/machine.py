"""Time and the file system."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from avnwizard.domain.postgres.database import FileFacts


class Clock(Protocol):
    """Time, so that the practice host can run faster than the world."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Files(Protocol):
    """The host's file system, for the few things where a failure must be orderly."""

    def read(self, path: Path) -> bytes:
        """The whole file."""

    def in_memory(self, data: bytes) -> AbstractContextManager[Path]:
        """A file without a disk, for a child to read by its path: no signal and no kill leaves anything of it."""

    def tree(self, contents: Mapping[str, bytes]) -> AbstractContextManager[Path]:
        """A folder in which each path, relative and without "..", is a link to such a file."""

    def write(self, path: Path, data: bytes, *, mode: int | None = None) -> None:
        """Replace atomically: temporary name alongside it, fsync of file and folder, rename.

        Without a `mode` the file is private: 0600, or 0660 where its folder, or the file as it was, is shared with a
        group.
        """

    def mode(self, path: Path) -> int:
        """Permission bits; `HostError` when there is no such file."""

    def free_bytes(self, folder: Path) -> int:
        """Space left for this user on the file system that holds `folder` (or its nearest existing parent)."""

    def modified_at(self, path: Path) -> float:
        """When a file's content was last changed, in seconds since the epoch."""

    def exists(self, path: Path) -> bool:
        """Whether there is a file or folder of that name."""

    def list(self, folder: Path) -> tuple[Path, ...]:
        """What lies in a folder, by name; () when there is no such folder."""

    def make(self, folder: Path) -> None:
        """A folder with those above it, as private as the first that is there; no error when it is there."""

    def measure(self, path: Path, tell: Callable[[int], None] = ...) -> FileFacts:
        """Size and checksum of a file, read from the disk; `tell` hears the bytes read so far."""

    def lay_out(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        """Files below a folder by their relative paths, for containers to read, whichever user they run as.

        Who may reach the folder itself is left as it is. A script (`#!`) can be run.
        """

    def unsafe_below(self, path: Path) -> str:
        """Why a container that sees this path, read-only, could still act on the host, as what it does; "" if not.

        That is a socket or a device there or anywhere below it; what cannot be looked through counts as one.
        """

    def publish(self, folder: Path, final: Path) -> None:
        """Give a whole folder its final name, durably: it and its parent are fsynced."""

    def remove(self, path: Path) -> None:
        """Remove a file, or a folder with all that is in it; no error when it is gone."""
