"""rclone (1.60 and newer), over a remote of the type `crypt`: what leaves this host is encrypted."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from avnwizard.adapters.offsite.running import ask
from avnwizard.domain.offsite import Copied
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError, RefusedError
from avnwizard.ports import Progress

_HINT = "rclone must be installed and configured: `rclone config`."
_TYPE = re.compile(r"^type = (\S+)$", re.MULTILINE)


class Rclone:
    """`ports.Offsite` over a folder of a remote.

    Args:
        where: REMOTE:PATH.
    """

    def __init__(self, where: str, environment: Mapping[str, str]) -> None:
        self._remote, self._path = where.split(":", 1)
        self._environment = environment

    def _rclone(self, *words: str) -> str:
        return ask(("rclone", "--quiet", *words), self._environment, _HINT).text

    def _place(self, project: str, name: str = "") -> str:
        return f"{self._remote}:{'/'.join(part for part in (self._path.rstrip('/'), project, name) if part)}"

    def _require_encrypted(self) -> None:
        """A snapshot holds every secret of the stack."""
        found = _TYPE.search(self._rclone("config", "show", self._remote))
        if not found or found[1] != "crypt":
            raise RefusedError(
                f"The remote {printable(self._remote)} is not of rclone's type crypt: a snapshot would leave this "
                "host in clear.",
                "Make a crypt remote over it: rclone config",
            )

    def send(self, folder: Path, project: str) -> str:
        """Copy the folder."""
        self._require_encrypted()
        self._rclone("copy", "--", str(folder), self._place(project, folder.name))
        return folder.name

    def check(self, folder: Path, project: str, copy: str, progress: Progress) -> None:
        """Let rclone read both, byte by byte."""
        total = sum(one.stat().st_size for one in folder.iterdir() if one.is_file())
        progress(0, total)
        self._rclone("check", "--download", "--one-way", "--", str(folder), self._place(project, copy))
        progress(total, total)

    def listed(self, project: str) -> tuple[Copied, ...]:
        """By rclone's own list."""
        try:
            found = json.loads(self._rclone("lsjson", "--dirs-only", "--", self._place(project)) or "[]")
            copies = [Copied(str(one["Path"]), str(one["ModTime"]), str(one["Path"])) for one in found]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise HostError("rclone's list cannot be read.", _HINT) from error
        return tuple(sorted(copies, key=lambda one: one.name, reverse=True))

    def fetch(self, copied: Copied, project: str, to: Path) -> None:
        """Copy it here."""
        self._rclone("copy", "--", self._place(project, copied.id), str(to))
