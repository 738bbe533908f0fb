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

    def wanted_next(self, container: str, databases: int) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        """Of the new server's files, before the switch."""
        assert container in self._world.helpers
        there = self._world.back.levels.get("wal_level") == "logical"
        return ({}, {}) if there else ({"wal_level": "logical"}, {"wal_level": None})

    def wanted(self, container: str, databases: int) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        """Until it was started again with it."""
        if self._is_new(container):
            return (
                ({}, {}) if self._world.back.levels.get("wal_level") == "logical" else ({"wal_level": "logical"}, {})
            )
        there = self._world.levels.get("wal_level") == "logical" and self._world.restarted
        return ({}, {}) if there else ({"wal_level": "logical"}, {"wal_level": self._world.levels.get("wal_level")})

    def set(self, container: str, settings: Mapping[str, str | None]) -> None:
        """In a server's files."""
        if self._is_new(container):
            levels = {**self._world.back.levels, **settings}
            self._world.back.levels = {name: value for name, value in levels.items() if value is not None}
            return
        for name, value in settings.items():
            self._world.levels.pop(name, None)
            if value is not None:
                self._world.levels[name] = value
        self._world.restarted = False

    def keyless(self, container: str, databases: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
        """One, until it is identified otherwise."""
        if self._is_new(container):
            return () if self._world.back.identities else (("shop", "public", "t"),)
        return () if self._world.identities else (("shop", "public", "t"),)

    def publish(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]]) -> None:
        """Once."""
        if self._is_new(order.old):
            assert not self._world.back.published, "published twice"
            self._world.back.identities, self._world.back.published = set(keyless), True
            return
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

    def reserve(self, order: FollowOrder) -> None:
        """Before anybody writes."""
        new = self._clusters.running(order.old)
        assert self._world.back.published
        assert not self._world.back.slots, "reserved twice"
        assert not self._world.written, "reserved too late"
        self._world.back.slots = {f"avnwizard_follow_{name}" for name in new.databases}

    def follow(self, order: FollowOrder) -> None:
        """The old server, on its own volume."""
        assert self._world.back.slots
        assert self._clusters.running(order.new).major == 17
        self._world.back.subscribed = True

    def kept(self, container: str) -> tuple[int, int]:
        """Either way round."""
        return len(self._world.slots | self._world.back.slots), self._world.held_bytes

    def position(self, container: str) -> str:
        """Somewhere."""
        self._clusters.running(container)
        return "0/1"

    def progress(self, order: FollowOrder, until: str = "") -> Following:
        """All of it."""
        if self._is_new(order.old):
            assert self._world.back.subscribed
            assert self._world.back.slots
            if self._world.back.breaks:
                return Following(2, 2, lag_bytes=None)
            old, new = self._clusters.running(order.new), self._clusters.running(order.old)
            old.databases = deepcopy(new.databases)
            return Following(2, 2, lag_bytes=0)
        assert self._world.slots
        self._copy(order)
        return Following(2, 1 if self._world.stuck else 2, lag_bytes=0, held_bytes=self._world.held_bytes)

    def unfollow(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]], *, new: bool) -> None:
        """Nothing is left."""
        if self._is_new(order.old):
            assert not new or self._clusters.serves(order.new)
            assert new or not self._world.back.subscribed, "the subscription stays in the old volume"
            breaks = self._world.back.breaks
            self._world.back = type(self._world.back)(levels=self._world.back.levels, breaks=breaks)
            return
        self._clusters.running(order.old)
        assert new is self._clusters.serves(order.new)
        self._world.identities -= set(keyless)
        self._world.slots, self._world.published = set(), False

    def carry(self, order: FollowOrder, database: str) -> None:
        """Sequences and the like, which are not replicated."""
        assert not self._world.slots
        self._clusters.running(order.new).sequences[database] = self._clusters.running(order.old).sequences[database]

    def _is_new(self, container: str) -> bool:
        return self._clusters.running(container).major == 18

    def _copy(self, order: FollowOrder) -> None:
        old, new = self._clusters.running(order.old), self._clusters.running(order.new)
        new.databases.update(deepcopy(old.databases))
