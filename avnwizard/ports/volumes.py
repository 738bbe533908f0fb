"""Whole volumes of the engine, and folders that containers have bound: copied, emptied and filled again."""

from pathlib import Path
from typing import Protocol

from avnwizard.domain.data_way import VolumeSpec
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.ports.progress import Progress


class Volumes(Protocol):
    """Named volumes, by the engine's names, and folders of this host, by their absolute paths."""

    def find(self, name: str) -> VolumeSpec | None:
        """How a volume was made; None where there is none of that name."""

    def copy(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """The volume that a container has at a path, as a tar in a new 0600 file, read whole again.

        Unlike `Stack.archive` it keeps the owner and the mode of the volume's own folder.
        """

    def folder_trouble(self, path: str) -> str:
        """Why a bound folder cannot be set aside and made again, as a clause; "" where it can."""

    def folder_bytes(self, path: str) -> int | None:
        """Bytes in a bound folder; None where they cannot be seen."""

    def sees(self, folder: Path, within: Path, image_id: str) -> bool:
        """Whether the engine has this very folder of this host, and not another one of the same path.

        Args:
            within: a folder below it, in which a small file is made for the while.
            image_id: an image that is there, for a container that is never started.
        """

    def renew(self, spec: VolumeSpec) -> str:
        """Remove a volume with all that is in it, and make it again, empty.

        A folder is renamed instead: its new name is returned, "" for a volume.

        Raises:
            HostError: a container still has it.
        """

    def fill(self, name: str, archive: Path, path: str, image_id: str, progress: Progress) -> None:
        """Unpack what `copy` made of a volume at `path` into the volume.

        Args:
            image_id: an image that is here, for a container that is never started.
        """
