"""Finds the one state folder of a stack, adopts what a login kept for itself before, or makes it."""

import contextlib
import hashlib
import os
import pwd
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from avnwizard.adapters.state import pointer, trust
from avnwizard.adapters.state.standing import standing
from avnwizard.adapters.state.volatile import is_volatile
from avnwizard.domain.config import StatePaths
from avnwizard.domain.plain import printable
from avnwizard.engine import lock
from avnwizard.engine.holding import described
from avnwizard.engine.private import own_like
from avnwizard.errors import HostError, RefusedError

STATE_DIR = "AVNWIZARD_STATE_DIR"
"""Environment: the folder that holds the state of every stack; it goes before the pointer."""
SYSTEM = Path("/var/lib/avnwizard")
"""Where root keeps the state of every stack, and everybody whom root lets write there."""


@dataclass(frozen=True)
class _Stack:
    """What the finding goes by: the checkout, its git folder, the state folder's name, and where the pointer lies."""

    directory: Path
    git_dir: Path

    @property
    def name(self) -> str:
        return slug(self.directory)

    @property
    def pointer(self) -> Path:
        return self.git_dir / pointer.NAME

    @property
    def lock(self) -> Path:
        return self.git_dir / "avnwizard.lock"

    def pointed(self) -> Path | None:
        return pointer.read(self.pointer, self.directory)

    def paths(self, folder: Path) -> StatePaths:
        others = tuple(place for place in _earlier(self) if place != folder)
        return StatePaths(folder, self.pointer, self.pointed(), others, volatile=is_volatile(folder))


def find_state(directory: Path, git_dir: Path) -> StatePaths:
    """The state of the checkout in a directory: the same for every login that may use it.

    Args:
        directory: top of the work tree.
        git_dir: its git folder, where the pointer lies.

    Raises:
        RefusedError: this login cannot use it, or somebody else may have put it there; it says where, whose and why.
    """
    stack = _Stack(directory, git_dir)
    if chosen := os.environ.get(STATE_DIR):
        if not chosen.startswith("/"):  # a run's own process works in another folder
            raise RefusedError(
                f"{STATE_DIR} is {printable(chosen, limit=200)}, which is no absolute path.",
                f"Set it to {printable(os.path.realpath(chosen), limit=200)}, or to another absolute path.",
            )
        return stack.paths(_chosen(stack, Path(os.path.realpath(chosen)) / stack.name))
    if named := stack.pointed():
        return stack.paths(_named(stack, named))
    found = [place for place in _earlier(stack) if not trust.distrust(place, git_dir)]
    usable = [place for place in found if trust.is_usable(place)]
    folder = max(usable, key=standing) if usable else _made(_new_place(stack), git_dir)
    if not _is_shut_out(stack, usable):
        folder = _named(stack, pointer.write(stack.pointer, directory, folder))
    return stack.paths(folder)


def slug(directory: Path) -> str:
    """A folder name for a stack: readable, and one per checkout."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", directory.name) or "stack"
    return f"{name}-{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:8]}"


def _chosen(stack: _Stack, folder: Path) -> Path:
    """The folder that the environment names; other logins are led there where the stack has no state yet."""
    if why := trust.distrust(folder, stack.git_dir):
        raise RefusedError(f"{STATE_DIR} leads to {folder}, but {why}.", f"Set {STATE_DIR} to a folder of your own.")
    if not os.path.lexists(folder):
        is_first = not stack.pointer.is_file() and not any(_earlier(stack))
        _made(folder, stack.git_dir)
        if is_first:
            pointer.write(stack.pointer, stack.directory, folder)
    _require_usable(stack, folder)
    return folder


def _named(stack: _Stack, folder: Path) -> Path:
    """The folder that the pointer names, once it is known to be safe and usable."""
    if why := trust.distrust(folder, stack.git_dir):
        raise pointer.wrong(stack.pointer, str(folder), why)
    try:
        folder.stat()
    except FileNotFoundError:
        raise pointer.wrong(stack.pointer, str(folder), "there is no such folder; is its disk mounted?") from None
    except OSError:
        pass  # out of reach: refused with the name of its owner
    _require_usable(stack, folder)
    return folder


def _require_usable(stack: _Stack, folder: Path) -> None:
    """Refuse a folder that this user may not read and write; the refusal names who holds the stack, too."""
    if trust.is_usable(folder):
        return
    whose, live = trust.owner(folder), ""
    with contextlib.suppress(HostError):
        if held := lock.holder(stack.lock):
            live = f" {printable(described(held))} holds this stack."
    raise RefusedError(
        f"The state of this stack is in {printable(str(folder), limit=200)} and belongs to {whose}; "
        f"{trust.user(os.geteuid())} may not read and write it.{live}",
        f"Give the command as {whose}. How to share the state with a group: avnwizard help state",
    )


def _earlier(stack: _Stack) -> Iterator[Path]:
    """Folders that are there and may hold the state of this stack though no pointer names one."""
    from platformdirs import user_state_path

    places = [SYSTEM / stack.name, user_state_path("avnwizard") / stack.name]
    with contextlib.suppress(KeyError):
        home = Path(pwd.getpwuid(stack.git_dir.stat().st_uid).pw_dir)
        places.append(home / ".local" / "state" / "avnwizard" / stack.name)
    with contextlib.suppress(HostError):
        named = (Path(place) for place in lock.state_dirs(stack.lock) if place.startswith("/"))
        places += [place for place in named if place.name == stack.name]  # a copied checkout has a copied lock
    resolved = dict.fromkeys(Path(os.path.realpath(place)) for place in places)
    return (place for place in resolved if _is_there(place))


def _is_shut_out(stack: _Stack, usable: Iterable[Path]) -> bool:
    """Whether another login may have left a run where this one cannot look: then it must not choose for both."""
    seen = {str(place) for place in usable}
    try:
        left = set(lock.unsettled(stack.lock)) - seen
    except HostError:
        return True
    return any(_is_there(Path(place)) or not _may(Path(place).parent, os.X_OK) for place in left)


def _is_there(folder: Path) -> bool:
    try:
        return stat.S_ISDIR(folder.stat().st_mode)
    except OSError:
        return False


def _may(folder: Path, how: int) -> bool:
    return os.access(folder, how, effective_ids=True)


def _new_place(stack: _Stack) -> Path:
    """Where the state of a stack that has none is made: `SYSTEM` for root, and for whoever may write there."""
    from platformdirs import user_state_path

    if os.geteuid() == 0 or _may(SYSTEM, os.W_OK | os.X_OK):
        return SYSTEM / stack.name
    return Path(os.path.realpath(user_state_path("avnwizard"))) / stack.name


def _made(folder: Path, git_dir: Path) -> Path:
    """The state's folder, made for whoever may use the checkout: its owner alone, or its group too.

    Raises:
        RefusedError: it cannot be made.
    """
    checkout = git_dir.stat()
    shared = bool(checkout.st_mode & stat.S_IWGRP)
    try:
        if not folder.parent.exists():
            folder.parent.mkdir(parents=True)
            if os.geteuid() == 0:
                folder.parent.chmod(0o755)  # whatever root's umask is: the owner of what lies there must reach it
        folder.mkdir(mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            own_like(descriptor, checkout)
            shared = shared and os.fstat(descriptor).st_gid == checkout.st_gid
            os.fchmod(descriptor, 0o2770 if shared else 0o700)
        finally:
            os.close(descriptor)
    except FileExistsError:
        pass  # another login was faster
    except OSError as error:
        raise RefusedError(
            f"The state folder {printable(str(folder), limit=200)} cannot be made: {error.strerror}.",
            f"Make it, or name another place in {STATE_DIR}.",
        ) from error
    return folder
