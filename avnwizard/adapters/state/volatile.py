"""Whether a folder lies in memory: a reboot takes what is in it."""

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def is_volatile(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether the file system that holds a folder is one in memory; False where that is not known.

    Args:
        mounts: the kernel's list (proc(5), "mountinfo"), where the later of two mounts at one point lies on top.
    """
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    found, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:  # noqa: PLR2004 - the fifth field is the mount point
            continue
        point = Path(fields[4].encode("utf-8", "surrogateescape").decode("unicode_escape"))
        if folder.is_relative_to(point) and len(point.parts) >= found:
            found, kind = len(point.parts), after.split(" ")[0]
    return kind in _IN_MEMORY
