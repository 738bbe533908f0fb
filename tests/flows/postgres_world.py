"""A host in memory for the flow of a Postgres major: volumes, containers and servers, with Compose's semantics.

Only the compose file and the journal are real files: a run can be killed at any point and taken up by a new process.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from avnwizard.adapters.compose_platform import ComposePlatform
from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.config import Config, StatePaths
from avnwizard.domain.host import ComposeModel, ComposeProject, Container, Image, Mount, Service
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.postgres.major import Client, Way
from avnwizard.domain.probing.route import ProbePlan
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.plan import MajorPlan, WayOffer
from avnwizard.ports import Compose
from tests.flows.clock_and_checkout import FakeClock, FakeRepo
from tests.flows.postgres_servers import NEW_VOLUME, OLD_VOLUME, Cluster, FakeClusters

OLD_IMAGE, NEW_IMAGE = Image("postgres:17", "sha256:17", "", 1), Image("postgres:18", "sha256:18", "", 1)
COMPOSE = """services:
  db:
    image: postgres:17
    volumes: [data:/var/lib/postgresql/data]
  app:
    image: app:1
volumes:
  data:
"""
DATA = {"shop": ["row one", "row two"], "mail": ["letter"]}


@dataclass
class Back:
    """What the new server has so that the old one can follow it.

    Attributes:
        subscribed: whether the old volume has a subscription.
        breaks: whether the old server does not get on.
    """

    levels: dict[str, str] = field(default_factory=dict)
    identities: set[tuple[str, str, str]] = field(default_factory=set)
    published: bool = False
    slots: set[str] = field(default_factory=set)
    subscribed: bool = False
    breaks: bool = False


@dataclass
class World:
    """What survives a killed process.

    Attributes:
        helpers, shut: name -> volume, of the helper containers that run, and those in which no server runs any more.
        connected: who is connected to the old server.
        refusing: the clients whose output does not restore.
        misread: database -> rows, where the old volume's copy reads otherwise than the new server.
        free_bytes: on the disk of the servers.
        levels, restarted: what is set in the old server's files so that it can be followed, and whether it counts.
        stuck, held_bytes, alters: whether a table is never copied, how much WAL is kept for it, and whether somebody
            alters a table once the old server is followed.
        paused, stubborn: whether the pool holds its clients, and whether it never lets go of the server.
        deaf: whether the pool never finds the new server, until it is started again.
        address, learned: where the server is, and where the pool believes it to be.
        moves, serial, places_held: whether a server that starts gets another address, also where the free ones below
            its own are held, and for which address they are.
        back, writes, written: the way back after the switch, whether the service writes to the new server when it
            starts, and what it wrote.
        identities, published, slots: what is left in the old server of being followed.
        rigid, still, ended: whether no container can be paused, those that are, and whose connections were ended.
    """

    directory: Path
    volumes: dict[str, Cluster | None]
    containers: dict[str, Container]
    helpers: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    tags: dict[str, Image] = field(default_factory=dict)
    connected: tuple[str, ...] = ()
    refusing: set[Client] = field(default_factory=set)
    misread: dict[str, list[str]] = field(default_factory=dict)
    free_bytes: int = 1 << 40
    made: int = 0
    levels: dict[str, str] = field(default_factory=dict)
    restarted: bool = False
    identities: set[tuple[str, str, str]] = field(default_factory=set)
    published: bool = False
    slots: set[str] = field(default_factory=set)
    stuck: bool = False
    held_bytes: int = 0
    alters: bool = False
    paused: bool = False
    stubborn: bool = False
    deaf: bool = False
    address: str = "10.0.0.2"
    learned: str = "10.0.0.2"
    moves: bool = False
    serial: bool = False
    places_held: str = ""
    back: Back = field(default_factory=Back)
    written: list[str] = field(default_factory=list)
    writes: bool = False
    rigid: bool = False
    shut: set[str] = field(default_factory=set)
    still: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def served(self) -> Cluster:
        """The files of the server that the stack has; it must run."""
        (one,) = [each for each in self.containers.values() if each.service == "db"]
        assert one.state == "running"
        found = self.volumes[one.mounts[0].source]
        assert found is not None
        return found

    def connects(self, container_id: str) -> None:
        """A container goes on: the service writes to the new server, where the test wants it to."""
        self.ended.discard(container_id)
        serving = [one for one in self.containers.values() if one.service == "db" and one.state == "running"]
        there = self.writes and NEW_VOLUME in {one.mounts[0].source for one in serving}
        if there and self.containers[container_id].service == "app" and (cluster := self.volumes.get(NEW_VOLUME)):
            self.written.append(f"row {len(self.written)} of 18")
            cluster.databases["shop"].append(self.written[-1])
            cluster.sequences["shop"] += 1

    def host(self, home: Path) -> Host:
        """A process's view of it."""
        stack, repo = FakeStack(self), FakeRepo(self.directory)
        nothing = cast("Any", None)
        platform = ComposePlatform(cast("Any", stack), nothing, nothing)
        return Host(
            Config(), StatePaths(home), cast("Any", repo), platform,
            Compose(cast("Any", stack), nothing), LocalFiles(),
            cast("Any", FakeClock()), DatabaseChoice("db"), nothing, nothing,
            clusters=lambda: cast("Any", FakeClusters(self)),
        )  # fmt: skip


def make_world(directory: Path) -> World:
    """A stack of a database on 17 and a service, both running."""
    (directory / ".git").mkdir(parents=True)
    (directory / "compose.yml").write_text(COMPOSE)
    world = World(directory, {OLD_VOLUME: Cluster(17, {name: [*rows] for name, rows in DATA.items()}, ["clerk"])}, {})
    world.tags = {"postgres:17": OLD_IMAGE, "postgres:18": NEW_IMAGE}
    for service in ("db", "app"):
        FakeStack(world).up(service)
    return world


def with_a_pool(world: World, plan: MajorPlan) -> MajorPlan:
    """The same stack with a pool, and a service behind it."""
    for service in ("pool", "behind"):
        FakeStack(world).up(service)
    return replace(plan, poolers=("pool",), held=("behind",))


def plan_of(home: Path, way: Way) -> MajorPlan:
    """17 to 18."""
    return MajorPlan(
        project="demo", service="db", version_old="17.1", major_old=17, major_new=18,
        image_old="postgres:17", image_old_id=OLD_IMAGE.id, image_new="postgres:18", image_new_id=NEW_IMAGE.id,
        volume_old=OLD_VOLUME, volume_new=NEW_VOLUME, key="data", mount_old="/var/lib/postgresql/data",
        mount_new="/var/lib/postgresql", pgdata="/var/lib/postgresql/18/docker", compose_file="compose.yml",
        way=way, ways=(WayOffer(way, way, "", 1.0, 1, ""),), databases=tuple((name, 1) for name in DATA),
        stop=("app",), snapshot=SnapshotPlan(False, home / "none", (), 0), probe=ProbePlan(off="in memory"),
        healthy_s=5.0, pauses=way != "dump",
    )  # fmt: skip


class FakeStack:
    """Compose and the engine, as far as the flow asks them."""

    def __init__(self, world: World) -> None:
        self._world = world
        file = world.directory / "compose.yml"
        self.project = ComposeProject("demo", world.directory, (file,), world.directory / ".env", env_absent=True)

    def containers(self, service: str = "") -> tuple[Container, ...]:
        """All, or a service's."""
        return tuple(one for one in self._world.containers.values() if service in {"", one.service})

    def resolve(self) -> ComposeModel:
        """Two services, or four with a pool."""
        names = {"db", "app", *(one.service for one in self._world.containers.values())}
        return ComposeModel({name: Service(name, "") for name in sorted(names)}, {})

    def outdated(self, service: str) -> frozenset[str]:
        """Those that the file no longer describes."""
        image, volume = self._wanted(service)
        there = self.containers(service)
        return frozenset(one.id for one in there if one.image != image or (volume and one.mounts[0].source != volume))

    def up(self, service: str) -> None:
        """Recreate where the file says otherwise, else start."""
        image, volume = self._wanted(service)
        there = self.containers(service)
        if there and not self.outdated(service) and there[0].image_id == self._id(image):
            self.start(there[0].id)
            return
        for one in there:
            self.stop(one.id, grace_s=1)
            del self._world.containers[one.id]
        self._world.made += 1
        number, mounts = self._world.made, (Mount("volume", volume, "/var/lib/postgresql"),) if volume else ()
        made = Container(
            f"id{number}", service, service, 1, image, self._id(image), "created", "none", 0, "", one_off=False,
            created_at=number, mounts=mounts,
        )  # fmt: skip
        self._world.containers[made.id] = made
        self._world.volumes.setdefault(volume, None) if volume else None
        self.start(made.id)

    def _wanted(self, service: str) -> tuple[str, str]:
        if service != "db":
            return "app:1", ""
        text = (self._world.directory / "compose.yml").read_text()
        image, named = re.search(r"postgres:\d+", text), re.search(r"data: \{ name: (\S+) \}", text)
        assert image
        return image[0], named[1] if named else OLD_VOLUME

    def _id(self, image: str) -> str:
        return self._world.tags[image].id if image in self._world.tags else f"sha256:{image}"

    def start(self, container_id: str) -> None:
        """A server starts on files of its major only; on an empty volume it would begin empty."""
        one = self._world.containers[container_id]
        if one.service == "db":
            major = int(one.image.rpartition(":")[2])
            volume = one.mounts[0].source
            others = {one for name, one in self._world.helpers.items() if name not in self._world.shut}
            assert volume not in others, "two servers on one volume"
            cluster = self._world.volumes[volume]
            assert cluster is not None, "the server would begin empty"
            assert cluster.major == major, "the server cannot read these files"
            self._world.restarted = True
            if self._world.moves and one.state != "running":
                following = f"10.0.0.{int(self._world.address.rpartition('.')[2]) + 1}"
                self._world.address = self._world.places_held or following
        self._world.connects(container_id)
        if one.service == "pool" and one.state != "running":
            self._world.learned, self._world.paused = self._world.address, False
        self._world.containers[container_id] = replace(one, state="running", health="none")

    def stop(self, *ids: str, grace_s: float) -> None:
        """Clean."""
        for one in ids:
            assert one not in self._world.still, "a program that is halted does not heed a signal"
            self._world.containers[one] = replace(self._world.containers[one], state="exited", exit_code=0)

    def keep(self, image_id: str, name: str) -> None:
        """Tag."""
        self._world.kept[name] = image_id

    def release(self, name: str) -> None:
        """Untag."""
        self._world.kept.pop(name, None)

    def image(self, reference: str) -> Image | None:
        """By tag."""
        return self._world.tags.get(reference)

    def retag(self, image_id: str, reference: str) -> None:
        """Move a tag."""
        self._world.tags[reference] = replace(OLD_IMAGE, id=image_id)
