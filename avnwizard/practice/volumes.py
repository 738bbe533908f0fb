"""The practice host's volumes: a folder each, with a file to begin with, archived as `docker cp` does it."""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from avnwizard.domain.data_way import VolumeSpec
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import Progress
from avnwizard.practice.containers import Record

_SAMPLE = "sample.txt"


class VolumeStore:
    """Named volumes below one folder; small ones, which fit into memory."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def folder(self, volume: str) -> Path:
        """A volume's folder; a new one holds a sample file."""
        folder = self._home / volume
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            (folder / _SAMPLE).write_text(f"what {volume} keeps\n", encoding="utf-8")
        return folder

    def archive(self, record: Record, path: str, to: Path) -> FileFacts:
        """The volume that a container has at a path, as a tar in a new 0600 file."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as archive:
            archive.add(self.folder(_volume_at(record, path)), arcname=".")
        data = made.getvalue()
        try:
            handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError as error:
            raise HostError(f"the archive {to.name} cannot be written: {error.strerror}", "Make room.") from error
        return FileFacts(len(data), hashlib.sha256(data).hexdigest())

    def size(self, volume: str) -> int:
        """Bytes in a volume's files."""
        return sum(file.stat().st_size for file in self.folder(volume).rglob("*") if file.is_file())

    def empty(self, volume: str) -> None:
        """Take everything out of a volume."""
        shutil.rmtree(self.folder(volume))
        (self._home / volume).mkdir(mode=0o700)

    def unarchive(self, source: Path, record: Record, path: str) -> None:
        """Unpack over the volume; what is only there stays."""
        self.unpack(source, _volume_at(record, path))

    def unpack(self, source: Path, volume: str) -> None:
        """Unpack over a volume by its name."""
        try:
            with tarfile.open(source, "r:") as archive:
                archive.extractall(self.folder(volume), filter="data")
        except (OSError, tarfile.TarError) as error:
            raise HostError(
                f"{source.name} cannot be unpacked: {error}", "Is it whole? avnwizard snapshot verify"
            ) from error


class PracticeVolumes:
    """`ports.Volumes`, by the engine's names: the project's name, and the compose file's.

    Args:
        record: finds a container's record by its id.
    """

    def __init__(self, store: VolumeStore, record: Callable[[str], Record], project: str) -> None:
        self._store, self._record, self._prefix = store, record, f"{project}_"

    def find(self, name: str) -> VolumeSpec | None:
        """Every volume is a local one."""
        return VolumeSpec(name)

    def copy(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """The volume that a container has at a path, as a tar."""
        written = self._store.archive(self._record(container_id), path, to)
        progress(written.size_bytes, None)
        return written

    def sees(self, folder: Path, within: Path, image_id: str) -> bool:
        """The practice engine is on this host."""
        return True

    def folder_trouble(self, path: str) -> str:
        """Nothing is bound here."""
        del path
        return "is no folder of this host"

    def folder_bytes(self, path: str) -> int | None:
        """Nothing is bound here."""
        del path
        return None

    def renew(self, spec: VolumeSpec) -> str:
        """Empty it."""
        self._store.empty(spec.name.removeprefix(self._prefix))
        return ""

    def fill(self, name: str, archive: Path, path: str, image_id: str, progress: Progress) -> None:
        """Unpack such a tar into it."""
        del path, image_id
        self._store.unpack(archive, name.removeprefix(self._prefix))
        progress(archive.stat().st_size, archive.stat().st_size)


def _volume_at(record: Record, path: str) -> str:
    for mount in record.config.get("volumes") or ():
        if mount.get("type") == "volume" and mount.get("target") == path:
            return str(mount["source"])
    raise HostError(f"{record.name} has no volume at {path}", "Look at the compose file.")
