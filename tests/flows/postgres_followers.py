"""Replication between the servers of a host in memory: what it leaves in the old one must be gone in the end."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

from avnwizard.domain.postgres.following import Following, FollowOrder

if TYPE_CHECKING:
    from tests.flows.postgres_servers import FakeClusters
    from tests.flows.postgres_world import World


class FakeFollowers:
    """Replication in memory: a row is there as soon as it is asked for, and slots are left until they are dropped."""

    def __init__(self, world: "World", clusters: "FakeClusters") -> None:
        self._world, self._clusters = world, clusters

    def wanted(self, container: str, databases: int) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        """Until it was started again with it."""
        self._clusters.running(container)
        there = self._world.levels.get("wal_level") == "logical" and self._world.restarted
        return ({}, {}) if there else ({"wal_level": "logical"}, {"wal_level": self._world.levels.get("wal_level")})

    def set(self, container: str, settings: Mapping[str, str | None]) -> None:
        """In the old server's files."""
        self._clusters.running(container)
        for name, value in settings.items():
            self._world.levels.pop(name, None)
            if value is not None:
                self._world.levels[name] = value
        self._world.restarted = False

    def keyless(self, container: str, databases: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
        """One, until it is identified otherwise."""
        self._clusters.running(container)
        return () if self._world.identities else (("shop", "public", "t"),)

    def publish(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]]) -> None:
        """Once."""
        assert self._world.levels.get("wal_level") == "logical"
        assert not self._world.published, "published twice"
        self._world.identities |= set(keyless)
        self._world.published = True

    def subscribe(self, order: FollowOrder) -> None:
        """From then on the new server has what the old has."""
        assert self._world.published
        assert not self._world.slots, "followed twice"
        self._world.slots = {f"avnwizard_follow_{name}" for name in order.databases}
        self._copy(order)
        if self._world.alters:
            self._clusters.running(order.old).altered += 1

    def position(self, container: str) -> str:
        """Somewhere."""
        self._clusters.running(container)
        return "0/1"

    def progress(self, order: FollowOrder, until: str = "") -> Following:
        """All of it."""
        assert self._world.slots
        self._copy(order)
        return Following(2, 1 if self._world.stuck else 2, lag_bytes=0, held_bytes=self._world.held_bytes)

    def unfollow(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]], *, new: bool) -> None:
        """Nothing is left."""
        self._clusters.running(order.old)
        assert new is self._clusters.serves(order.new)
        self._world.identities -= set(keyless)
        self._world.slots, self._world.published = set(), False

    def carry(self, order: FollowOrder, database: str) -> None:
        """Nothing besides rows."""
        assert not self._world.slots

    def _copy(self, order: FollowOrder) -> None:
        old, new = self._clusters.running(order.old), self._clusters.running(order.new)
        new.databases.update(deepcopy(old.databases))
