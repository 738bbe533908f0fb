"""The real file system."""

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from avnwizard.adapters.container_files import lay_out, unsafe_below
from avnwizard.adapters.memory_file import in_memory, tree_in_memory
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.engine.private import file_mode, make_folder, own_like
from avnwizard.errors import HostError

_HINTS = {
    errno.ENOSPC: "Make room on that file system, then resume.",
    errno.EDQUOT: "This user's disk quota is used up.",
    errno.EACCES: "Run avnwizard as the user who owns the file, or as root.",
    errno.EPERM: "Run avnwizard as the user who owns the file, or as root.",
    errno.EROFS: "The file system is mounted read-only.",
    errno.ENOENT: "Check the path.",
}


class LocalFiles:
    """The port `Files` over this host's file system."""

    def read(self, path: Path) -> bytes:
        """The whole file."""
        try:
            return path.read_bytes()
        except OSError as error:
            raise refusal("read", path, error) from error

    def in_memory(self, data: bytes) -> AbstractContextManager[Path]:
        """A file without a disk, for a child to read by its path."""
        return in_memory(data)

    def tree(self, contents: Mapping[str, bytes]) -> AbstractContextManager[Path]:
        """A folder of links to such files, by their relative paths in it."""
        return tree_in_memory(contents)

    def write(self, path: Path, data: bytes, *, mode: int | None = None) -> None:
        """Replace atomically and durably; a symbolic link stays one, and the owner stays the owner."""
        try:
            place = path.resolve()
            replace_file(place, data, mode=_private_mode(place) if mode is None else mode)
        except OSError as error:
            raise refusal("write", path, error) from error

    def mode(self, path: Path) -> int:
        """Permission bits; `HostError` when there is no such file."""
        try:
            return stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            raise refusal("look at", path, error) from error

    def free_bytes(self, folder: Path) -> int:
        """Space left for this user on the file system that holds `folder` (or its nearest existing parent)."""
        there = folder.absolute()
        try:
            while not there.exists() and there != there.parent:
                there = there.parent
            space = os.statvfs(there)
        except OSError as error:
            raise refusal("measure", there, error) from error
        return space.f_bavail * space.f_frsize

    def modified_at(self, path: Path) -> float:
        """When a file's content was last changed."""
        try:
            return path.stat().st_mtime
        except OSError as error:
            raise refusal("look at", path, error) from error

    def exists(self, path: Path) -> bool:
        """Whether there is a file or folder of that name."""
        return path.exists()

    def list(self, folder: Path) -> tuple[Path, ...]:
        """What lies in a folder, by name; () when there is no such folder."""
        try:
            return tuple(sorted(folder.iterdir()))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise refusal("list", folder, error) from error

    def make(self, folder: Path) -> None:
        """A folder with those above it, as private as the first that is there; no error when it is there."""
        try:
            make_folder(folder)
        except OSError as error:
            raise refusal("make", folder, error) from error

    def measure(self, path: Path, tell: Callable[[int], None] = lambda _: None) -> FileFacts:
        """Size and checksum of a file, read from the disk; `tell` hears the bytes read so far."""
        from avnwizard.adapters.durable import measured

        try:
            return measured(path, tell)
        except OSError as error:
            raise refusal("read", path, error) from error

    def lay_out(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        """Files below a folder, for containers to read, whichever user they run as."""
        try:
            lay_out(folder, contents)
        except OSError as error:
            raise refusal("write below", folder, error) from error

    def unsafe_below(self, path: Path) -> str:
        """Why a container that sees this path could act on the host; "" where it could not."""
        return unsafe_below(path)

    def publish(self, folder: Path, final: Path) -> None:
        """Give a whole folder its final name, durably: it and its parent are fsynced."""
        try:
            sync_folder(folder)
            folder.rename(final)
            sync_folder(final.parent)
        except OSError as error:
            raise refusal("rename", folder, error) from error

    def remove(self, path: Path) -> None:
        """Remove a file, or a folder with all that is in it; no error when it is gone."""
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise refusal("remove", path, error) from error


def refusal(verb: str, path: Path, error: OSError) -> HostError:
    """The error of a file operation, with a hint for the usual causes."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return HostError(f"Cannot {verb} {path}: {reason}.", _HINTS.get(error.errno or 0, ""))


def replace_file(path: Path, data: bytes, *, mode: int) -> None:
    """Write alongside `path`, fsync, rename over it, fsync the folder; raises `OSError`, leaving `path` as it was."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".new", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _keep_owner(file.fileno(), path)
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep_owner(handle: int, path: Path) -> None:
    """As root, an operator's file must not become root's: a new one takes after its folder."""
    try:
        was = path.stat()
    except FileNotFoundError:
        was = path.parent.stat()
    own_like(handle, was)


def _private_mode(path: Path) -> int:
    """0600, or 0660 where the folder is shared with its group, or where the file is, with the folder's group."""
    above, mode = path.parent.stat(), file_mode(path.parent)
    with contextlib.suppress(FileNotFoundError):
        was = path.stat()
        if above.st_mode & stat.S_IWGRP and was.st_gid == above.st_gid and not was.st_mode & stat.S_IRWXO:
            mode |= was.st_mode & 0o060
    return mode
