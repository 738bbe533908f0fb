"""The port `ImageArchive`: `docker save` and `docker load`."""

from collections.abc import Sequence
from pathlib import Path

from avnwizard.adapters.docker import copying
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.domain import image_commands
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.ports import Progress


class DockerImageArchive:
    """Images of an engine."""

    def __init__(self, cli: DockerCli) -> None:
        self._cli = cli

    def save(self, image_ids: Sequence[str], to: Path, progress: Progress) -> FileFacts:
        """The images as one new 0600 file, read whole again."""
        return copying.archive(self._cli, image_commands.save(image_ids), to, progress)

    def load(self, archive: Path, progress: Progress) -> None:
        """The images of such a file."""
        copying.unarchive(self._cli, archive, image_commands.load(), progress)
