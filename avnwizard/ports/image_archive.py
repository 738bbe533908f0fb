"""Images in a file: what a registry may not give again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from avnwizard.domain.postgres.database import FileFacts
from avnwizard.ports.progress import Progress


class ImageArchive(Protocol):
    """Writes images of this host to a file, and loads them from there."""

    def save(self, image_ids: Sequence[str], to: Path, progress: Progress) -> FileFacts:
        """The images as one new 0600 file, read whole again."""

    def load(self, archive: Path, progress: Progress) -> None:
        """The images of such a file: they are here by their ids afterwards."""
