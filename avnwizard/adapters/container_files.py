"""Files of the host that containers see: laid out for them, and looked through for what would let them out."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

_LOOKED_AT = 20_000
"""Files below a mounted folder that are looked at; more than that cannot be vouched for."""
_OPEN_FOLDER, _FILE, _SCRIPT = 0o755, 0o644, 0o755


def lay_out(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files below a folder by their relative paths; raises `OSError`."""
    for name, data in contents.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise OSError(f"{name} leads out of {folder}")
        path.parent.mkdir(parents=True, exist_ok=True)
        for above in path.parents:
            if above == folder.parent:
                break
            above.chmod(_OPEN_FOLDER)
        path.write_bytes(data)
        path.chmod(_SCRIPT if data.startswith(b"#!") else _FILE)


def unsafe_below(path: Path) -> str:
    """Why a container that sees a path could act on the host, as what it does; "" where it could not."""
    try:
        real = path.resolve(strict=True)
        mode = real.lstat().st_mode
        if not stat.S_ISDIR(mode):
            return _unsafe(mode)
        seen = 0
        for place, folders, names in os.walk(real, onerror=_raise):
            seen += len(folders) + len(names)
            if seen > _LOOKED_AT:
                return f"sees more than {_LOOKED_AT:,} files of the host, among which may be a socket"
            for name in names:
                if said := _unsafe(os.lstat(Path(place, name)).st_mode):
                    return said
    except FileNotFoundError:
        return ""  # the mount fails in the copy, as it says there
    except OSError as error:
        return f"sees a folder of the host that cannot be looked through ({error.strerror})"
    return ""


def _raise(error: OSError) -> None:
    raise error


def _unsafe(mode: int) -> str:
    if stat.S_ISSOCK(mode):
        return "has a socket of the host"
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
        return "has a device of the host"
    return "has a pipe of the host" if stat.S_ISFIFO(mode) else ""
