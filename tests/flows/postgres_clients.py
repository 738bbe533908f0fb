"""The clients of the servers of a host in memory: a paused one keeps its connection until somebody ends it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.flows.postgres_world import World


class FakeClients:
    """The service, and the pool while it holds nobody back."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def connections(self) -> list[str]:
        """Ids of the containers that are connected."""
        there = [one for one in self._world.containers.values() if one.state == "running"]
        own = [one.id for one in there if one.service == "app" and one.id not in self._world.ended]
        return [*own, *(one.id for one in there if one.service == "pool" and not self._world.paused)]

    def pause(self, image: str, containers: Sequence[str]) -> tuple[str, ...]:
        """All, or none where each has several programs."""
        if not self._world.rigid:
            self._world.still |= {*containers}
        return self.paused(containers)

    def paused(self, containers: Sequence[str]) -> tuple[str, ...]:
        """As they were left."""
        return tuple(one for one in containers if one in self._world.still)

    def unpause(self, image: str, containers: Sequence[str]) -> None:
        """They connect again, and the service writes where the test wants it to."""
        for one in containers:
            if one in self._world.still:
                self._world.still.remove(one)
                self._world.connects(one)

    def connected(self, server: str, containers: Sequence[str]) -> int:
        """Those of some containers."""
        return len({*containers} & {*self.connections()})

    def dismiss(self, server: str, containers: Sequence[str]) -> None:
        """Only paused ones stay away."""
        self._world.ended |= {one for one in containers if one in self._world.still}

    def signal(self, image: str, containers: Sequence[str], name: str) -> None:
        """A pool that is stubborn keeps its connections; where the server has moved, it does not find it."""
        for container in containers:
            one = self._world.containers[container]
            assert one.service == "pool"
            self._world.paused = name == "USR1" and not self._world.stubborn
            if name == "USR2" and (self._world.deaf or self._world.learned != self._world.address):
                self._world.containers[container] = replace(one, health="unhealthy")
