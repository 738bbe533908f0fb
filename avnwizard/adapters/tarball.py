"""Whether a tar is whole: every header's checksum, and the end where it belongs."""

import tarfile
from pathlib import Path

from avnwizard.errors import HostError


def require_whole(path: Path) -> None:
    """Read a tar to its end.

    Raises:
        HostError: it is cut off, or it is no tar.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                if member.isreg() and member.offset_data + member.size > path.stat().st_size:
                    raise tarfile.ReadError("a file's end is missing")
    except (tarfile.TarError, OSError) as error:
        raise HostError(f"{path.name} is no whole archive: {error}.", "Take another one.") from error
