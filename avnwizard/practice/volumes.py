"""The practice host's volumes: a folder each, with a file to begin with, archived as `docker cp` does it."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
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

    def unarchive(self, source: Path, record: Record, path: str) -> None:
        """Unpack over the volume; what is only there stays."""
        try:
            with tarfile.open(source, "r:") as archive:
                archive.extractall(self.folder(_volume_at(record, path)), filter="data")
        except (OSError, tarfile.TarError) as error:
            raise HostError(
                f"{source.name} cannot be unpacked: {error}", "Is it whole? avnwizard snapshot verify"
            ) from error


def _volume_at(record: Record, path: str) -> str:
    for mount in record.config.get("volumes") or ():
        if mount.get("type") == "volume" and mount.get("target") == path:
            return str(mount["source"])
    raise HostError(f"{record.name} has no volume at {path}", "Look at the compose file.")
