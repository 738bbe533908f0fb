"""Where copies of snapshots go off this host: `restic:REPOSITORY` or `rclone:REMOTE:PATH`."""

import re
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.secret import redact_urls

_PLACE = re.compile(r"(restic|rclone):(\S+)")
_REMOTE = re.compile(r"[\w.+@-][\w.+@ -]*:[^:]*")


@dataclass(frozen=True)
class Place:
    """One place. `where` is restic's repository or rclone's REMOTE:PATH, without credentials."""

    tool: Literal["restic", "rclone"]
    where: str

    def __str__(self) -> str:
        """As `avnwizard.toml` has it."""
        return f"{self.tool}:{self.where}"


@dataclass(frozen=True)
class Copied:
    """A snapshot as a place lists it.

    Attributes:
        at: when it was copied, ISO 8601; "" where the tool does not say.
        id: the tool's own name of the copy.
    """

    name: str
    at: str
    id: str


def place_from(text: str) -> Place:
    """Read an entry of `[snapshot] copy`.

    Raises:
        ValueError: it is none, or holds credentials.
    """
    found = _PLACE.fullmatch(text)
    if not found or (found[1] == "rclone" and not _REMOTE.fullmatch(found[2])):
        raise ValueError("must be restic:REPOSITORY or rclone:REMOTE:PATH")
    if redact_urls(text) != text:
        raise ValueError("must hold no password: the tool's own settings do, or the file in copy_env")
    return Place("restic" if found[1] == "restic" else "rclone", found[2])
