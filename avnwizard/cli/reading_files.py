"""Reads the files that a verb names; what is wrong with one is the operator's to fix, so it is a usage error."""

from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.errors import UsageError

_LARGEST_BYTES = 64 * 1024 * 1024


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        UsageError: it is missing, no file, not readable, or far too large to be what it is said to be.
    """
    shown = printable(str(path), limit=200)
    try:
        if path.is_dir():
            raise UsageError(f"{shown} is a folder", "Name a file.")
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}", "Look at the path.") from None
    if len(data) > _LARGEST_BYTES:
        raise UsageError(f"{shown} is larger than {_LARGEST_BYTES} bytes", "Name a text file.")
    return data


def read_text(path: Path) -> str:
    """The text of a file; bytes that are not UTF-8 are shown as such, since a changelog may hold any.

    Raises:
        UsageError: as `read_bytes`.
    """
    return read_bytes(path).decode("utf-8", errors="replace")
