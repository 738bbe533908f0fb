"""The port `Volumes`: whole volumes copied, emptied and filled by the engine alone, whatever image uses them."""

import json
import secrets
import tempfile
from pathlib import Path, PurePosixPath

from avnwizard.adapters.docker import bound_folders, copying
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.domain import commands, volume_commands
from avnwizard.domain.data_way import VolumeSpec, is_folder
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import Progress

_TOP = "/avnwizard"
"""Where a volume is mounted below to be filled: no image has anything there."""


class DockerVolumes:
    """Named volumes of an engine."""

    def __init__(self, cli: DockerCli) -> None:
        self._cli = cli

    def find(self, name: str) -> VolumeSpec | None:
        """How a volume was made; None where there is none of that name."""
        if is_folder(name):
            return VolumeSpec(name, "bind")
        done = self._cli.try_(volume_commands.look_at(name))
        if done.code != 0:
            if "no such volume" in done.complaint.lower():
                return None
            raise HostError(f"Docker does not say what the volume {name} is.", "Look at: docker volume inspect")
        raw = json.loads(done.stdout)[0]
        return VolumeSpec(
            name,
            str(raw.get("Driver") or "local"),
            tuple(sorted((raw.get("Labels") or {}).items())),
            tuple(sorted((raw.get("Options") or {}).items())),
        )

    def copy(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """The volume that a container has at a path, as a tar in a new 0600 file, read whole again."""
        return copying.archive(self._cli, volume_commands.copy(container_id, path), to, progress)

    def folder_trouble(self, path: str) -> str:
        """Why a bound folder cannot be set aside here, as a clause; "" where it can."""
        return bound_folders.trouble(path) if self._cli.engine_socket else "is on another machine"

    def folder_bytes(self, path: str) -> int | None:
        """Bytes in a bound folder; None where they cannot be seen."""
        return bound_folders.size_bytes(path)

    def sees(self, folder: Path, within: Path, image_id: str) -> bool:
        """By a file with random content, read back through a container that has the folder bound."""
        if self._cli.reach.is_here:
            return True
        said = secrets.token_hex(16).encode()
        with tempfile.NamedTemporaryFile(dir=within, prefix="avnwizard-") as file:
            file.write(said)
            file.flush()
            made = self._cli.try_(volume_commands.holder(image_id, str(folder), _TOP))
            if made.code != 0:
                return False  # such as "bind source path does not exist"
            holder, path = made.text.strip(), f"{_TOP}/{Path(file.name).relative_to(folder)}"
            try:
                done = self._cli.try_(commands.docker_read(holder, path))
            finally:
                self._cli.unless_gone(commands.docker_remove(holder))
        return done.code == 0 and said in done.stdout

    def renew(self, spec: VolumeSpec) -> str:
        """Remove a volume with all that is in it, and make it again, empty; a folder is renamed."""
        if is_folder(spec.name):
            return bound_folders.renew(spec.name)
        if self.find(spec.name) is not None:
            self._cli.run(volume_commands.remove(spec.name))
        self._cli.run(volume_commands.create(spec))
        return ""

    def fill(self, name: str, archive: Path, path: str, image_id: str, progress: Progress) -> None:
        """Unpack what `copy` made of a volume at `path` into the volume."""
        place = f"{_TOP}/{PurePosixPath(path).name}"
        holder = self._cli.run(volume_commands.holder(image_id, name, place)).text.strip()
        try:
            copying.unarchive(self._cli, archive, commands.docker_unarchive(holder, _TOP), progress)
        finally:
            self._cli.unless_gone(commands.docker_remove(holder))
