"""Would the operator's next plain Compose command find the same project in a release's files?"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from avnwizard.domain.compose.document import read
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.interpolation import InterpolationError, interpolate
from avnwizard.domain.plain import printable
from avnwizard.flows.host import Host

_NAME = "COMPOSE_PROJECT_NAME"


def project_note(host: Host, files: Iterable[bytes], env: EnvFile, release: str) -> Iterator[str]:
    """Warn where a plain `docker compose up` would find another project in the release's files than runs.

    avnwizard names the project in every command, so its own run is right; the operator's next command would not be.

    Args:
        files: the release's compose files, in Compose's order.
        env: the operator's env file as it will be.
    """
    project = host.stack.project
    if env.literal(_NAME):
        return
    now = _named((host.files.read(file) for file in project.files), env, project.directory)
    then = _named(files, env, project.directory)
    if now == project.name and then != project.name:
        mine, theirs = printable(project.name, limit=80), printable(then, limit=80)
        yield (
            f"{printable(release)} names the project {theirs}, and this stack is {mine}: avnwizard keeps {mine}, but "
            f"a plain `docker compose up -d` would start a second, empty stack alongside it. Put {_NAME}={mine} into "
            f"{printable(str(project.env_file))}."
        )


def _named(files: Iterable[bytes], env: EnvFile, directory: Path) -> str:
    """The project's name as Compose takes it from the files, else from the directory."""
    name = ""
    for content in files:
        said = read(content.decode("utf-8", "replace")).get("name")
        if isinstance(said, str):
            try:
                name = interpolate(said, env.as_dict())
            except InterpolationError:
                name = said
    return name or re.sub(r"[^-_a-z0-9]", "", directory.name.lower()).lstrip("_-")
