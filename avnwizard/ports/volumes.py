"""Whole volumes of the engine: copied, emptied and filled again."""

from pathlib import Path
from typing import Protocol

from avnwizard.domain.data_way import VolumeSpec
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.ports.progress import Progress


class Volumes(Protocol):
    """Named volumes, by the engine's names."""

    def find(self, name: str) -> VolumeSpec | None:
        """How a volume was made; None where there is none of that name."""

    def copy(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """The volume that a container has at a path, as a tar in a new 0600 file, read whole again.

        Unlike `Stack.archive` it keeps the owner and the mode of the volume's own folder.
        """

    def renew(self, spec: VolumeSpec) -> None:
        """Remove a volume with all that is in it, and make it again, empty.

        Raises:
            HostError: a container still has it.
        """

    def fill(self, name: str, archive: Path, path: str, image_id: str, progress: Progress) -> None:
        """Unpack what `copy` made of a volume at `path` into the volume.

        Args:
            image_id: an image that is here, for a container that is never started.
        """
