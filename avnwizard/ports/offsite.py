"""A place off this host that keeps copies of snapshots."""

from pathlib import Path
from typing import Protocol

from avnwizard.domain.offsite import Copied
from avnwizard.ports.progress import Progress


class Offsite(Protocol):
    """Kept by restic or rclone, with the operator's own credentials; it is encrypted before it leaves.

    Every method raises `HostError`: the tool is missing, or it fails.
    """

    def send(self, folder: Path, project: str) -> str:
        """Copy a snapshot's folder; the tool's own name of the copy."""

    def check(self, folder: Path, project: str, copy: str, progress: Progress) -> None:
        """Read the copy back from there, and compare every file with the folder's."""

    def listed(self, project: str) -> tuple[Copied, ...]:
        """The copies that are there, the newest first."""

    def fetch(self, copied: Copied, project: str, to: Path) -> None:
        """Bring a copy into a new folder on this host."""
