"""A checkout that stays its owner's: what git makes takes the modes of what is there, and nothing becomes root's."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

_GROUP, _OTHERS = 0o070, 0o007
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def umask_like(directory: Path, tracked: Iterable[str]) -> int:
    """The umask under which a checkout was made, from the modes of its files; that of this process may be another.

    Args:
        tracked: paths in it, of plain files that git keeps.
    """
    seen = 0
    for path in tracked:
        try:
            found = (directory / path).lstat()
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            seen |= found.st_mode
    if not seen:
        seen = directory.stat().st_mode
    closed = 0
    for read, write, whole in ((stat.S_IRGRP, stat.S_IWGRP, _GROUP), (stat.S_IROTH, stat.S_IWOTH, _OTHERS)):
        closed |= whole if not seen & read else 0 if seen & write else whole & 0o022
    return closed


def give_back(directory: Path, git_dir: Path, paths: Iterable[str] = ()) -> None:
    """Give what root made in somebody else's checkout to that owner: everything in `.git`, and some paths.

    Folders are opened one by one without following links, and files with several names are left: the owner of the
    checkout could else make root give away a file that lies elsewhere.
    """
    owner = directory.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for _folder, names, files, descriptor in os.fwalk(git_dir, follow_symlinks=False):
        for name in (*names, *files):
            _give(name, descriptor, owner)
    for path in paths:
        _give_path(directory, PurePosixPath(path), owner)


def _give_path(directory: Path, path: PurePosixPath, owner: os.stat_result) -> None:
    at = os.open(directory, _FOLDER)
    try:
        for part in path.parts:
            _give(part, at, owner)
            if part == path.name:
                return
            below = os.open(part, _FOLDER, dir_fd=at)
            os.close(at)
            at = below
    except OSError:  # it is gone, or no folder: there is nothing to give
        return
    finally:
        os.close(at)


def _give(name: str, descriptor: int, owner: os.stat_result) -> None:
    try:
        found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
        if found.st_uid != 0 or (stat.S_ISREG(found.st_mode) and found.st_nlink > 1):
            return
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=descriptor, follow_symlinks=False)
    except OSError:  # it has vanished meanwhile
        return
