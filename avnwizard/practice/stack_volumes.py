"""What lies in the volumes of the practice host, as the port `Stack` speaks of it."""

from collections.abc import Sequence
from pathlib import Path

from avnwizard.domain.host import ComposeProject
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import Progress
from avnwizard.practice.containers import Record
from avnwizard.practice.stack_images import StackImages
from avnwizard.practice.volumes import VolumeStore


class StackVolumes(StackImages):
    """The part of `ports.Stack` that is about the files of containers, which all lie in volumes here."""

    _volumes: VolumeStore
    _project: ComposeProject

    def archive(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """A folder of a container as a tar; practice containers keep what is in their volumes only."""
        written = self._volumes.archive(self._kept(container_id), path, to)
        progress(written.size_bytes, None)
        return written

    def unarchive(self, archive: Path, container_id: str, path: str, progress: Progress) -> None:
        """Unpack such a tar over a folder of a container."""
        self._volumes.unarchive(archive, self._kept(container_id), path)
        progress(archive.stat().st_size, archive.stat().st_size)

    def volume_sizes(self, volumes: Sequence[str]) -> dict[str, int]:
        """Bytes in some volumes, by the engine's name, which begins with the project's."""
        return {name: self._volumes.size(name.removeprefix(f"{self._project.name}_")) for name in volumes}

    def _kept(self, container_id: str) -> Record:
        record = self._store.find(container_id)
        if record is None:
            raise HostError(f"no such container: {container_id}", "It was removed.")
        return record
