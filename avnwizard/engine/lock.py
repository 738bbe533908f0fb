"""One run at a time for a stack: an advisory lock that dies with its holder."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avnwizard.errors import BusyError

_PATIENCE, _PAUSE_S = 8, 0.05


def holder(path: Path) -> dict[str, str]:
    """Who holds the lock: {"pid", "run", "state_dir"}; {} when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    else:
        return {}
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Take the lock; patient for a moment, since whoever looks at it (`holder`) holds it for an instant."""
    for _ in range(_PATIENCE):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _read(descriptor: int) -> dict[str, str]:
    text = os.pread(descriptor, 4096, 0).decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except ValueError:
        found = {}
    return (
        {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) and found else {"pid": "?"}
    )


@contextmanager
def held(path: Path, *, run: str, state_dir: Path) -> Iterator[None]:
    """Hold the stack's lock.

    Args:
        path: the lock file; it belongs to the stack, not to the user, so that two logins share it.
        run: the run that holds it, told to whoever comes second.
        state_dir: where that run's journal is.

    Raises:
        BusyError: another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _taken(descriptor):
            other = _read(descriptor)
            raise BusyError(
                f"Another run holds this stack: run {other.get('run') or '?'}, process {other.get('pid', '?')}.",
                "Watch it with: avnwizard attach",
            )
        text = json.dumps({"pid": str(os.getpid()), "run": run, "state_dir": str(state_dir)}).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)
        yield
    finally:
        os.close(descriptor)
