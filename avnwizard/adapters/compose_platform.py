"""The port `Platform` over a Compose project, whichever engine is behind it: a real one, or the practice stack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain import commands
from avnwizard.domain.docker_context import on_context
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.instance import Instance
from avnwizard.domain.snapshot import ServiceImage
from avnwizard.ports import Database, Edge, Stack
from avnwizard.ports.platform import Deed


@dataclass(frozen=True)
class ComposePlatform:
    """A Compose project.

    Attributes:
        reach: the way to a service's Postgres.
        context: the Docker context of the engine, "" for the one that the environment says.
    """

    stack: Stack
    edge: Edge
    reach: Callable[[str], Database]
    context: str = ""

    @property
    def name(self) -> str:
        """The project's name."""
        return self.stack.project.name

    @property
    def env_file(self) -> Path | None:
        """The project's `--env-file`."""
        return self.stack.project.env_in_use

    def running(self) -> tuple[ServiceImage, ...]:
        """What each service's newest container was made from."""
        containers = self.stack.containers()
        known = self.stack.images([one.image_id for one in containers])
        found = {}
        for one in containers:
            digest = known[one.image_id].digest if one.image_id in known else ""
            found[one.service] = ServiceImage(one.service, one.image, one.image_id, digest)
        return tuple(found[service] for service in sorted(found))

    def instances(self) -> tuple[Instance, ...]:
        """The project's containers, but those of `compose run`."""
        found = (one for one in self.stack.containers() if not one.one_off)
        return tuple(Instance(one.service, one.image, one.state, one.health) for one in found)

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

    def by_hand(self, deed: Deed, what: str = "") -> tuple[str, ...]:
        """By `docker compose`, and by `docker` for an image."""
        compose = ("docker", "compose", "-p", self.name)
        commands: dict[Deed, tuple[str, ...]] = {
            "show the log of": (*compose, "logs", "--timestamps", what),
            "stop": (*compose, "stop", what),
            "get the image": ("docker", "pull", what),
            "start all": ("docker", "compose", "up", "-d"),
        }
        return on_context(commands[deed], self.context)
