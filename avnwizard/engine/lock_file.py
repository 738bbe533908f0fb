"""The stack's lock as a file: opened, made, replaced and written so that several logins can share it."""

import contextlib
import fcntl
import json
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avnwizard.errors import HostError

_PATIENCE, _PAUSE_S = 8, 0.05
_LONGEST = 65536


def opened(path: Path) -> int:
    """A descriptor, for writing where that is allowed: a lock can be had, and read, without.

    Raises:
        OSError: there is no such file, or it cannot be read either.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except PermissionError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)


def taken(path: Path) -> int | None:
    """Open and lock the file, made where it is missing; None where another process holds it.

    Patient for a moment, since whoever looks at the lock holds it for an instant. A file that this user may not write
    is replaced by one that he may, while the old one is locked: whoever waits for the old one looks again.

    Raises:
        OSError: the file cannot be opened, made or replaced.
    """
    for _ in range(_PATIENCE):
        descriptor = _made(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            current = _is_current(descriptor, path)
            if current and _is_writable(descriptor):
                return descriptor
            if current:
                return _replaced(path, descriptor)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    return None


def read(descriptor: int) -> dict[str, Any]:
    """What the file says; what a killed writer left behind its end is passed over."""
    text = os.pread(descriptor, _LONGEST, 0).decode("utf-8", "replace")
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write(descriptor: int, found: Mapping[str, Any]) -> None:
    """Put this in place of what the file says, durably."""
    text = json.dumps(found).encode()
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))
    os.fsync(descriptor)


def refusal(path: Path, error: OSError) -> HostError:
    """The error of a lock file that cannot be used."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    if isinstance(error, PermissionError):
        hint = f"Give it to the checkout's owner, as root: chown --reference={path.parent} {path}"
    else:
        hint = f"Look at the file and its disk: ls -l {path}; df {path.parent}"
    return HostError(f"The stack's lock {path} cannot be used: {reason}. Whether a run is live is not known.", hint)


def _made(path: Path) -> int:
    try:
        return opened(path)
    except FileNotFoundError:
        with contextlib.suppress(FileExistsError):
            return _new(path)
        return opened(path)


def _new(path: Path) -> int:
    """A new file of the folder's owner, writable by whoever may write in the folder: root must not keep it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    folder = path.parent.stat()
    with contextlib.suppress(PermissionError):
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    os.fchmod(descriptor, 0o644 | (folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)))
    return descriptor


def _replaced(path: Path, old: int) -> int:
    """Put a file of our own in the place of one that we hold and cannot write."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = _new(beside)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        write(descriptor, read(old))
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    os.close(old)
    return descriptor


def _is_current(descriptor: int, path: Path) -> bool:
    """Whether the file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _is_writable(descriptor: int) -> bool:
    return fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
