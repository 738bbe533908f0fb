"""Folders of this host that containers have by a bind mount: sized, set aside and made again."""

import os
from pathlib import Path

from avnwizard.adapters.files import refusal


def trouble(path: str) -> str:
    """Why a folder cannot be set aside and made again here, as a clause; "" where it can."""
    folder = Path(path)
    if not folder.is_dir() or folder.is_symlink():
        return "is no folder of this host"
    if folder.is_mount():
        return "is a file system of its own, which cannot be renamed"
    if not os.access(folder.parent, os.W_OK | os.X_OK):
        return "lies where this login may rename nothing"
    return ""


def size_bytes(path: str) -> int | None:
    """Bytes in its files; None where not all of it can be read."""
    total = 0

    def refused(error: OSError) -> None:
        raise error

    try:
        for folder, _, files in os.walk(path, onerror=refused):
            total += sum((Path(folder) / name).lstat().st_size for name in files)
    except OSError:
        return None
    return total


def renew(path: str) -> str:
    """Set a folder aside under another name, and make it again, empty; that name, "" where it was gone."""
    folder, number = Path(path), 1
    while os.path.lexists(aside := folder.with_name(f"{folder.name}.avnwizard-kept-{number}")):
        number += 1
    try:
        kept = folder.is_dir()
        if kept:
            folder.rename(aside)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise refusal("set aside", folder, error) from error
    return str(aside) if kept else ""
