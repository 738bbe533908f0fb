"""The servers of a host in memory: their files, and the port `Clusters` over them, which only reads the old ones."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from avnwizard.domain.host import DatabaseFacts, ServerFacts
from avnwizard.domain.postgres.contents import DatabaseSum, Depth, ServerSum
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.domain.postgres.database import DatabaseProperties, FileFacts
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.postgres.major import Client, DatabaseLook, ServerFiles, ServerLook
from avnwizard.domain.postgres.rows import Rows
from avnwizard.domain.postgres.server_commands import ServerOrder
from avnwizard.domain.postgres.writes import TableCount, WriteCounters
from avnwizard.errors import HostError
from avnwizard.ports import Database, HeldRows, Progress
from tests.flows.postgres_clients import FakeClients
from tests.flows.postgres_followers import FakeFollowers
from tests.flows.postgres_places import FakePlaces

if TYPE_CHECKING:
    from tests.flows.postgres_world import World

OLD_VOLUME, NEW_VOLUME = "demo_data", "demo_data_pg18_1"


@dataclass
class Cluster:
    """The files in a volume: a major, databases with rows, and what was written since its server began to count."""

    major: int
    databases: dict[str, list[str]] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=lambda: {"shop": 0, "mail": 0})
    writes: int = 0
    altered: int = 0


class FakeDatabase:
    """A server's databases."""

    def __init__(self, cluster: Cluster, free_bytes: int = 1 << 40) -> None:
        self._cluster, self._free_bytes = cluster, free_bytes

    def free_bytes(self) -> int:
        """On its disk."""
        return self._free_bytes

    def server(self) -> ServerFacts:
        """Its major."""
        return ServerFacts(str(self._cluster.major), self._cluster.major, "")

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """All."""
        return tuple(DatabaseFacts(name, "clerk", 1) for name in self._cluster.databases)

    def fingerprint(self, database: str) -> str:
        """The same in every server that has it."""
        return f"{database in self._cluster.databases} {self._cluster.altered}"

    def dump_globals(self, to: Path) -> FileFacts:
        """The roles."""
        to.write_text(" ".join(self._cluster.roles))
        return FileFacts(1, "")

    def repair_globals(self, dump: Path) -> GlobalsChange:
        """The same roles here."""
        self._cluster.roles = dump.read_text().split()
        return GlobalsChange()

    def write_counters(self, database: str) -> WriteCounters:
        """Rows written."""
        return WriteCounters("epoch", {database: TableCount(1, self._cluster.writes, 0, 0)})


class FakeRows:
    """Rows of one moment."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def sums(self, progress: Progress) -> Rows:
        """A table in each database."""
        return {name: {"public.t": (len(rows), repr(sorted(rows)))} for name, rows in self._cluster.databases.items()}

    def release(self) -> None:
        """Nothing to let go of."""


class FakeClusters:
    """Helper servers; the old server's files must only ever be read."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.followers = FakeFollowers(world, self)
        self.places = FakePlaces(world)
        self.clients = FakeClients(world)

    def running(self, container: str) -> Cluster:
        """The files of a server that runs."""
        return self._cluster(container)

    def _cluster(self, container: str) -> Cluster:
        if container in self._world.helpers:
            volume = self._world.helpers[container]
        else:
            one = self._world.containers[container]
            if one.state != "running":
                raise HostError("The server does not run.")
            volume = one.mounts[0].source
        found = self._world.volumes[volume]
        assert found is not None
        return found

    def look(self, container: str) -> ServerLook:
        """Its databases."""
        found = self._cluster(container)
        return ServerLook("", found.major, "clerk", tuple(DatabaseLook(name, "clerk", 1) for name in found.databases))

    def database(self, container: str) -> Database:
        """The way to it."""
        return cast("Database", FakeDatabase(self._cluster(container), self._world.free_bytes))

    def volume_there(self, volume: str) -> bool:
        """Whether there is one."""
        return volume in self._world.volumes

    def make_volume(self, volume: str, *, project: str, key: str) -> None:
        """Empty."""
        self._world.volumes.setdefault(volume, None)

    def drop_volume(self, volume: str) -> None:
        """For good; never one that a container has."""
        assert volume != OLD_VOLUME
        assert volume not in self._world.helpers.values()
        assert volume not in {mount.source for one in self._world.containers.values() for mount in one.mounts}
        self._world.volumes.pop(volume, None)

    def serve(self, order: ServerOrder) -> None:
        """Made where the volume is empty."""
        if order.volume == OLD_VOLUME:
            assert order.name.endswith("_back")
            on_it = [one for one in self._world.containers.values() if one.service == "db" and one.state == "running"]
            assert OLD_VOLUME not in {one.mounts[0].source for one in on_it}, "two servers on one volume"
        if self._world.volumes[order.volume] is None:
            self._world.volumes[order.volume] = Cluster(18)
        self._world.helpers[order.name] = order.volume

    def serves(self, name: str) -> bool:
        """Whether it runs."""
        return name in self._world.helpers

    def answers(self, container: str) -> bool:
        """While it runs."""
        return self._world.containers[container].state == "running"

    def end(self, name: str) -> None:
        """No error when it is gone."""
        self._world.helpers.pop(name, None)
        self._world.shut.discard(name)

    def empty(self, old: str, new: str, database: str) -> None:
        """Without a row."""
        self._cluster(new).databases[database] = []

    def try_schema(self, old: str, new: str, database: str, client: Client) -> None:
        """Some clients' output is refused."""
        if client in self._world.refusing:
            raise HostError("pg_restore: error: ERROR:  unrecognized parameter")

    def copy(self, old: str, new: str, database: str, client: Client, progress: Progress) -> None:
        """Row by row."""
        self._cluster(new).databases[database] += self._cluster(old).databases[database]

    def files_of(self, container: str) -> ServerFiles:
        """None of its own."""
        self._cluster(container)
        return ServerFiles({}, {})

    def carry_files(self, files: ServerFiles, new: str) -> tuple[str, ...]:
        """None differ."""
        self._cluster(new)
        return ()

    def begin_copy(self, order: CopyOrder) -> None:
        """A standby on the new volume, of the old server as it runs."""
        self.end_copy(order)
        old = self._cluster(order.server.like)
        assert self._world.volumes[order.server.volume] is None, "the volume is not empty"
        self._world.volumes[order.server.volume] = deepcopy(old)
        self._world.helpers[order.standby] = order.server.volume

    def upgrade_copy(self, order: CopyOrder, *, rehearsal: bool = False) -> tuple[str, ...]:
        """In its place, once the old server is stopped; a standby left alone has nothing of what came since."""
        assert rehearsal or self._world.containers[order.server.like].state == "exited"
        if "target" in self._world.refusing:
            raise HostError("The live copy failed: ERROR: unrecognized parameter")
        assert order.standby in self._world.helpers
        self._world.shut.add(order.standby)
        found = self._world.volumes[order.server.volume]
        assert found is not None
        assert found.major == 17, "it was upgraded already"
        old = self._world.volumes[OLD_VOLUME]
        assert old is not None
        found.major, found.databases = 18, deepcopy(old.databases)
        self.serve(order.server)
        return ()

    def prepare_cold(self, order: CopyOrder) -> None:
        """Programs and an empty cluster, which is nothing yet."""
        assert self._world.containers[order.server.like].state == "running"
        assert self._world.volumes[order.server.volume] is None, "the volume is not empty"
        self._world.volumes[order.server.volume] = Cluster(0)

    def upgrade_cold(self, order: CopyOrder) -> tuple[str, ...]:
        """Only once it is stopped, and only on a prepared volume."""
        assert self._world.containers[order.server.like].state == "exited"
        prepared, old = self._world.volumes[order.server.volume], self._world.volumes[OLD_VOLUME]
        assert prepared is not None
        assert old is not None
        assert prepared.major == 0, "it was upgraded already"
        self._world.volumes[order.server.volume] = replace(deepcopy(old), major=18)
        self.serve(order.server)
        return ()

    def shut_copy(self, order: CopyOrder) -> None:
        """Its container stays."""
        self._world.shut.add(order.server.name)

    def settle(self, order: CopyOrder, container: str) -> None:
        """Of a server that runs."""
        assert self._cluster(container).major == 18

    def end_copy(self, order: CopyOrder) -> None:
        """No error when it is gone."""
        self._world.helpers.pop(order.standby, None)
        self._world.shut.discard(order.standby)

    def checkpoint(self, container: str) -> None:
        """Only of a server that runs."""
        self._cluster(container)

    def strangers(self, container: str) -> Sequence[str]:
        """Whoever is connected, and whom the test connected."""
        return (*self.clients.connections(), *self._world.connected)

    def hold(self, container: str) -> HeldRows:
        """The rows of now."""
        return FakeRows(deepcopy(self._cluster(container)))

    def copy_volume(self, source: str, target: str, *, image: str, project: str, key: str) -> None:
        """File by file."""
        assert self._world.volumes.get(target) is None, "the volume is not empty"
        self._world.volumes[target] = deepcopy(self._world.volumes[source])
        self._world.volumes[target].databases.update(self._world.misread)  # type: ignore[union-attr]  # never empty

    def sum_up(self, container: str, depth: Depth = "rows") -> ServerSum:
        """The rows as they are; an outline has none."""
        found = self._cluster(container)
        databases = {name: _sum(there if depth == "rows" else []) for name, there in found.databases.items()}
        folder = "/var/lib/postgresql/18/docker" if found.major == 18 else "/var/lib/postgresql/data"
        return ServerSum("18.1", found.major, folder, dict.fromkeys(found.roles, ""), frozenset(), databases)

    def analyze(self, container: str, *, quick: bool) -> None:
        """Nothing to see."""
        self._cluster(container)


def _sum(rows: list[str]) -> DatabaseSum:
    return DatabaseSum(
        owner="clerk",
        properties=DatabaseProperties("UTF8", "C", "C"),
        schema="",
        tables={"public.t": (len(rows), repr(sorted(rows)))},
        sequences={},
        large_objects=(0, ""),
        ownership="",
        extensions=(),
    )
