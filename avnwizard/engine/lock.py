"""One run at a time for a stack: an advisory lock that dies with its holder.

The lock file lies in the checkout, so every login shares it; the journals do not. So it says who holds the lock,
where that login keeps its journal, and which logins may have left a run unfinished.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avnwizard.engine import lock_file
from avnwizard.engine.holding import described, folder, login, way_on
from avnwizard.errors import BusyError


def holder(path: Path) -> dict[str, str]:
    """Who holds the lock: {"pid", "run", "kind", "user", "state_dir"}; {} when nobody does.

    Raises:
        HostError: the file cannot be opened, so nobody can tell.
    """
    with _looking(path) as descriptor:
        if descriptor is None:
            return {}
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = lock_file.read(descriptor).items()
            return {key: value for key, value in found if isinstance(value, str)} or {"pid": "?"}
        return {}


def unsettled(path: Path) -> dict[str, str]:
    """Folders whose journals may hold an unfinished run of this stack -> the user whose they are ("" for not known).

    Raises:
        HostError: the file cannot be opened, so nobody can tell.
    """
    with _looking(path) as descriptor:
        return {} if descriptor is None else _unsettled(lock_file.read(descriptor))


def state_dirs(path: Path) -> tuple[str, ...]:
    """Every folder that the lock file names as the place of a journal of this stack.

    Raises:
        HostError: the file cannot be opened.
    """
    with _looking(path) as descriptor:
        found = {} if descriptor is None else lock_file.read(descriptor)
    return tuple(dict.fromkeys(filter(None, (str(found.get("state_dir") or ""), *_unsettled(found)))))


@contextmanager
def held(path: Path, *, run: str, state_dir: Path, kind: str = "run") -> Iterator[None]:
    """Hold the stack's lock.

    Args:
        path: the lock file; it belongs to the stack, not to the user, so that two logins share it.
        run: the run that holds it, shown to whoever comes second.
        state_dir: where that run's journal is.
        kind: what it does: the run's own kind, or one of `BY_HAND`.

    Raises:
        BusyError: another process holds it.
        HostError: the file cannot be written.
    """
    try:
        descriptor = lock_file.taken(path)
    except OSError as error:
        raise lock_file.refusal(path, error) from error
    if descriptor is None:
        other = holder(path)
        raise BusyError(f"{described(other)} holds this stack.", way_on(other, state_dir))
    try:
        mine = {"pid": str(os.getpid()), "run": run, "kind": kind, "user": login(), "state_dir": folder(state_dir)}
        waiting = _unsettled(lock_file.read(descriptor)) | {mine["state_dir"]: mine["user"]}
        _write(path, descriptor, mine | {"unsettled": waiting})
        yield
    finally:
        os.close(descriptor)


def settle(path: Path, state_dir: Path) -> None:
    """Write down that nothing is unfinished in the journals of this folder. The caller holds the lock."""
    with _looking(path) as descriptor:
        if descriptor is not None:
            found = lock_file.read(descriptor)
            left = {name: user for name, user in _unsettled(found).items() if name != folder(state_dir)}
            _write(path, descriptor, found | {"unsettled": left})


@contextmanager
def _looking(path: Path) -> Iterator[int | None]:
    """The file's descriptor; None where there is no such file."""
    try:
        descriptor = lock_file.opened(path)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise lock_file.refusal(path, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write(path: Path, descriptor: int, found: Mapping[str, Any]) -> None:
    try:
        lock_file.write(descriptor, found)
    except OSError as error:
        raise lock_file.refusal(path, error) from error


def _unsettled(found: Mapping[str, Any]) -> dict[str, str]:
    """Versions before this one named the last holder alone, and never that it had finished."""
    if "unsettled" not in found:
        last = found.get("state_dir")
        return {last: str(found.get("user", ""))} if isinstance(last, str) else {}
    folders = found["unsettled"]
    return {str(name): str(user) for name, user in folders.items()} if isinstance(folders, dict) else {}
