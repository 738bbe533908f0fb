"""The port `Naming` on a Docker Engine: a second container of a service that has a `container_name`."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from avnwizard.adapters.docker.another_name import pretence
from avnwizard.adapters.docker.changes import Changes
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.domain.host import ComposeModel, ComposeProject

Composing = Callable[[Path | None, str], AbstractContextManager[Mapping[str, str]]]


class DockerNaming:
    """Names of one project's containers.

    Args:
        project: as it is now.
        resolve: reads its files.
        composing: gives the environment for Compose.
    """

    def __init__(
        self,
        cli: DockerCli,
        project: Callable[[], ComposeProject],
        resolve: Callable[[], ComposeModel],
        composing: Composing,
        *,
        up_s: float,
    ) -> None:
        self._cli, self._project, self._resolve, self._composing = cli, project, resolve, composing
        self._up_s = up_s

    @property
    def available(self) -> bool:
        """Where the engine's socket is on this host."""
        return self._cli.engine_socket is not None

    def start_aside(self, service: str, name: str, *, hidden: Collection[str]) -> None:
        """Start a container by Compose, which does not see the hidden ones, under another name."""
        proper, project = self._resolve().services[service].container_name, self._project()
        hint = f"Look at `docker compose logs {service}`."
        with (
            self._composing(None, hint) as env,
            pretence(self._cli.engine_socket, hidden=hidden, names={proper: name}) as place,
        ):
            Changes(self._cli, project).up(
                project,
                service,
                scale=None,
                recreate=True,
                force=False,
                grace_s=None,
                timeout_s=self._up_s,
                env={key: value for key, value in env.items() if key != "DOCKER_CONTEXT"} | place,
            )

    def rename(self, container_id: str, name: str) -> None:
        """Docker's own: names in the container's networks follow (seen with Engine 26.1)."""
        Changes(self._cli).rename(container_id, name)
