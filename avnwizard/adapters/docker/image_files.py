"""A file of an image, read through a container that is made for it and never started."""

import io
import tarfile

from avnwizard.adapters.docker.cli import DockerCli, hint_for
from avnwizard.adapters.process_errors import fail
from avnwizard.domain import commands
from avnwizard.errors import HostError

_LARGEST_BYTES = 1 << 20
_NONE = ("could not find the file", "no such file")


def image_file(cli: DockerCli, image_id: str, path: str) -> bytes:
    """The file's bytes; b"" where the image has none of that name.

    Raises:
        HostError: the engine makes no container of the image, or does not read from it.
    """
    container = cli.run(commands.docker_look_into(image_id)).text.strip()
    try:
        done = cli.try_(commands.docker_read(container, path))
    finally:
        cli.unless_gone(commands.docker_looked(container))
    if done.code != 0:
        if any(words in done.complaint.lower() for words in _NONE):
            return b""
        fail(done.argv, done.code, done.complaint, hint_for(done.complaint))
    return _only_entry(done.stdout, path)


def _only_entry(archive: bytes, path: str) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            entry = tar.next()
            file = tar.extractfile(entry) if entry and entry.isfile() and entry.size <= _LARGEST_BYTES else None
            return file.read() if file else b""
    except tarfile.TarError as error:
        raise HostError(f"The engine gave no readable copy of {path}.", "Try again.") from error
