"""The port `Platform` over a Compose project, whichever engine is behind it: a real one, or the practice stack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain import commands
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.snapshot import ServiceImage
from avnwizard.ports import Database, Edge, Stack


@dataclass(frozen=True)
class ComposePlatform:
    """A Compose project.

    Attributes:
        reach: the way to a service's Postgres.
    """

    stack: Stack
    edge: Edge
    reach: Callable[[str], Database]

    @property
    def name(self) -> str:
        """The project's name."""
        return self.stack.project.name

    @property
    def env_file(self) -> Path | None:
        """The project's `--env-file`."""
        project = self.stack.project
        return None if project.env_absent else project.env_file

    def running(self) -> tuple[ServiceImage, ...]:
        """What each service's newest container was made from."""
        containers = self.stack.containers()
        known = self.stack.images([one.image_id for one in containers])
        found = {}
        for one in containers:
            digest = known[one.image_id].digest if one.image_id in known else ""
            found[one.service] = ServiceImage(one.service, one.image, one.image_id, digest)
        return tuple(found[service] for service in sorted(found))

    def serving(self) -> frozenset[str]:
        """The services with a container that serves, or one that a director sends requests to."""
        standing = self.stack.standing()
        found = {one.service for one in standing if one.serves}
        if ailing := {one.service for one in standing} - found:
            running = {one.id for one in standing}
            directed = (one for one in self.edge.directors() if one.running and one.target in running)
            found |= {one.service for one in directed if one.service in ailing}
        return frozenset(found)

    def model(self) -> ComposeModel:
        """The project's compose files with its env file."""
        return self.stack.resolve()

    def database(self, service: str) -> Database:
        """In the service's container."""
        return self.reach(service)

    def database_command(self, service: str, tool: Sequence[str]) -> tuple[str, ...]:
        """By `docker exec`."""
        return commands.docker_exec(service, tool)

    def log_command(self, service: str) -> tuple[str, ...]:
        """By `docker compose logs`."""
        return "docker", "compose", "-p", self.name, "logs", "--timestamps", service
