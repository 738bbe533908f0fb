"""Files and folders of the state: private to one user, or to the group that shares the stack, as their folder says.

The state's own folder is 0700, or 2770 where a group of operators shares the checkout. Whatever is made below it
takes after the folder that it is made in: 0600 or 0660 and, when root makes it, the folder's owner and group. The
umask of whoever makes it does not matter.
"""

import contextlib
import os
import stat
from pathlib import Path

_SHARED = stat.S_ISGID | stat.S_IRWXU | stat.S_IRWXG
_PRIVATE = stat.S_IRWXU


def is_shared(folder: os.stat_result) -> bool:
    """Whether a folder is shared with its group, and with nobody else."""
    return stat.S_IMODE(folder.st_mode) == _SHARED


def file_mode(folder: Path) -> int:
    """The permission bits of a new file in a folder: 0660 where it is shared with its group, else 0600."""
    return 0o660 if is_shared(folder.stat()) else 0o600


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, as private as the first one that is there; no error when it is there.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=_PRIVATE)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        above = folder.parent.stat()
        own_like(descriptor, above)
        os.fchmod(descriptor, _SHARED if is_shared(above) else _PRIVATE)
    finally:
        os.close(descriptor)


def make_file(path: Path) -> None:
    """Make an empty file as private as its folder; a file that is there stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(created(path, os.O_WRONLY))


def created(path: Path, flags: int) -> int:
    """The descriptor of a new file, as private as its folder.

    Raises:
        FileExistsError: it is there.
        OSError: it cannot be made.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        above = path.parent.stat()
        own_like(descriptor, above)
        os.fchmod(descriptor, 0o660 if is_shared(above) else 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def own_like(descriptor: int, other: os.stat_result) -> None:
    """Give a file the owner and the group of another one, as far as this user may: root may, others need not."""
    with contextlib.suppress(PermissionError):
        os.fchown(descriptor, -1, other.st_gid)
        os.fchown(descriptor, other.st_uid, -1)
