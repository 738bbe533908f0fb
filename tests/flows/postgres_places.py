"""Addresses of the servers of a host in memory, and a pool that never looks an address up again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.flows.postgres_world import World

NETWORK = "demo_backend"


class FakePlaces:
    """One network; the server's place is the only one that moves."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def addresses(self, container: str) -> Mapping[str, str]:
        """Of what runs."""
        one = self._world.containers[container]
        there = {NETWORK: self._world.address, "edge": "10.1.0.9"} if one.service == "db" else {NETWORK: "10.0.0.99"}
        return there if one.state == "running" else {}

    def networks(self, container: str) -> frozenset[str]:
        """The database alone is on another one too."""
        return frozenset({NETWORK, "edge"} if self._world.containers[container].service == "db" else {NETWORK})

    def hold_below(self, network: str, address: str, *, project: str, image: str) -> bool:
        """Where the engine hands out the lowest free one."""
        assert network == NETWORK
        self._world.places_held = "" if self._world.serial else address
        return bool(self._world.places_held)

    def let_go(self, project: str) -> None:
        """Whatever it is."""
        self._world.places_held = ""
