"""The port `OneOffs` on a Docker Engine."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.plugin import by_plugin
from avnwizard.domain import commands
from avnwizard.domain.host import ComposeProject

Composing = Callable[[Path | None, str], AbstractContextManager[Mapping[str, str]]]


class DockerOneOffs:
    """One-off containers of one project.

    Args:
        project: as it is now.
        composing: gives the environment for Compose.
        up_s: seconds until a command is ended; it does not wait for the container.
    """

    def __init__(
        self, cli: DockerCli, project: Callable[[], ComposeProject], composing: Composing, *, up_s: float
    ) -> None:
        self._cli, self._project, self._composing, self._up_s = cli, project, composing, up_s

    def start(self, service: str, words: Sequence[str], *, name: str) -> None:
        """Start one by Compose, and leave it running."""
        with self._composing(None, f"Look at `docker compose config {service}`.") as env:
            argv = by_plugin(commands.compose_run(self._project(), service, words, name=name), env)
            self._cli.run(argv, env=env, timeout_s=self._up_s)
