"""The pointer: a small file in the checkout's git folder that names the state's folder to every login.

Its first line is the folder, its second the checkout that it was written for: a copied checkout has a copied pointer,
and two stacks must not share a state. The file is never tracked, `git clean` leaves it, and whoever may use the
checkout may read it. What it says is untrusted.
"""

import contextlib
import os
import stat
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.engine.private import own_like
from avnwizard.errors import RefusedError

NAME = "avnwizard.state"
_LONGEST = 4096


def read(pointer: Path, checkout: Path) -> Path | None:
    """The folder that the pointer names to a checkout; None where there is no pointer.

    Raises:
        RefusedError: it cannot be read, it says no absolute path, or it was written for another checkout.
    """
    try:
        text = _text(pointer)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RefusedError(
            f"{pointer}, which names the folder of this stack's state, cannot be read: {error.strerror}.",
            f"Give it to the checkout's owner, as root: chown --reference={pointer.parent} {pointer}",
        ) from error
    name, _, rest = text.partition("\n")
    if not name.startswith("/") or "\0" in name or os.path.normpath(name) != name:
        raise wrong(pointer, name, "that is not the absolute path of a folder")
    written_for = rest.removesuffix("\n")
    if written_for != str(checkout):
        raise RefusedError(
            f"{pointer} was written for the checkout {printable(written_for, limit=200) or '(none)'}, "
            f"not for {checkout}: this one was copied or moved.",
            f"If it is a copy, remove that file. If it was moved, write {checkout} into its second line.",
        )
    return Path(name)


def wrong(pointer: Path, name: str, why: str) -> RefusedError:
    """The refusal of a pointer whose folder cannot be used."""
    return RefusedError(
        f"{pointer} names {printable(name, limit=200) or '(nothing)'} as the folder of this stack's state: {why}.",
        "Write the right folder into its first line. Without that file, the next command starts with no runs.",
    )


def write(pointer: Path, checkout: Path, folder: Path) -> Path:
    """Name the folder, where no other login was faster; the folder that the pointer names afterwards.

    Whoever cannot write in the git folder cannot use the stack either: then nothing is written.
    """
    new = pointer.with_name(f"{pointer.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return folder
    try:
        with os.fdopen(descriptor, "wb") as file:
            above = pointer.parent.stat()
            own_like(descriptor, above)
            os.fchmod(descriptor, 0o644 | above.st_mode & stat.S_IWGRP)
            file.write(os.fsencode(f"{folder}\n{checkout}\n"))
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(new, pointer, follow_symlinks=False)
    except OSError:
        return folder
    finally:
        new.unlink(missing_ok=True)
    return read(pointer, checkout) or folder


def _text(pointer: Path) -> str:
    """What the file says; a link, a pipe or a device is not opened."""
    descriptor = os.open(pointer, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return os.fsdecode(os.pread(descriptor, _LONGEST, 0))
    finally:
        os.close(descriptor)
