"""Whether a state folder is what it should be: of somebody who may use the stack, out of others' reach, usable."""

import grp
import os
import pwd
import stat
from pathlib import Path

from avnwizard.engine.private import is_shared


def distrust(folder: Path, git_dir: Path) -> str:
    """Why a folder is not believed to hold the state of the checkout whose git folder this is; "" where it is.

    A folder that is missing, or that this user cannot look at, is not distrusted.
    """
    if Path(os.path.realpath(folder)) != folder:
        return f"a symbolic link leads from there to {os.path.realpath(folder)}"
    try:
        found = folder.lstat()
    except OSError:
        return ""
    checkout = git_dir.stat()
    if not stat.S_ISDIR(found.st_mode):
        return "that is not a folder"
    if not _is_ours(found, checkout):
        return f"it belongs to {user(found.st_uid)}, and the checkout to {user(checkout.st_uid)}"
    if found.st_mode & stat.S_IWOTH:
        return f"every user may write there (mode {stat.S_IMODE(found.st_mode):04o})"
    loose = next((above for above in folder.parents if _is_loose(above.stat().st_mode)), None)
    return f"every user may replace it, since {loose} can be written by all" if loose else ""


def _is_ours(folder: os.stat_result, checkout: os.stat_result) -> bool:
    """Whether a folder is root's, this user's, the checkout owner's, or of the group that shares the checkout."""
    members = checkout.st_mode & stat.S_IWGRP and is_shared(folder) and folder.st_gid == checkout.st_gid
    return bool(members) or folder.st_uid in {0, os.geteuid(), checkout.st_uid}


def _is_loose(mode: int) -> bool:
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def is_usable(folder: Path) -> bool:
    """Whether this user may read and write the state in a folder that is there."""
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return False
    journal = folder / "journal.db"
    return not journal.exists() or os.access(journal, os.R_OK | os.W_OK, effective_ids=True)


def owner(folder: Path) -> str:
    """Whose a folder is; that of the nearest one above it which this user can look at, where it is out of reach."""
    for place in (folder, *folder.parents):
        try:
            return user(place.stat().st_uid)
        except OSError:
            continue
    return "root"


def user(uid: int) -> str:
    """A user's name, else the number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def group(gid: int) -> str:
    """A group's name, else the number."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
