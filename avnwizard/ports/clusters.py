"""Servers of another major alongside the stack's, each in a container and on a volume of its own."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from avnwizard.domain.postgres.contents import Depth, ServerSum
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.domain.postgres.following import Following, FollowOrder
from avnwizard.domain.postgres.major import Client, ImageOffers, ServerFiles, ServerLook
from avnwizard.domain.postgres.rows import Rows
from avnwizard.domain.postgres.server_commands import ServerOrder
from avnwizard.ports.database import Database
from avnwizard.ports.progress import Progress


class HeldRows(Protocol):
    """Rows as they were at one moment."""

    def sums(self, progress: Progress) -> Rows:
        """Read every row; progress counts tables."""

    def release(self) -> None:
        """Let go of them; no error when the server is gone."""


class Followers(Protocol):
    """Servers that follow others by logical replication."""

    def wanted(self, container: str, databases: int) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        """(what must be set in a server so that it can be followed, what `postgresql.auto.conf` says of that now).

        Both are {} where the server can be followed as it runs.
        """

    def wanted_next(self, container: str, databases: int) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        """The same of what counts from the server's next start on, as its files say, not its command line."""

    def set(self, container: str, settings: Mapping[str, str | None]) -> None:
        """Set or reset (None) what counts from the server's next start on."""

    def keyless(self, container: str, databases: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
        """(database, schema, table) of tables with neither a primary key nor a replica identity."""

    def publish(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]]) -> None:
        """First whole rows as the identity of tables without a key, or their UPDATE would fail; then publications."""

    def subscribe(self, order: FollowOrder) -> None:
        """Have the new server copy every table of the old, and follow it."""

    def reserve(self, order: FollowOrder) -> None:
        """Have the old server keep all that is written from now on for the new one, which may `follow` later.

        Publications must be there, and no slot of ours.
        """

    def follow(self, order: FollowOrder) -> None:
        """Have the new server follow from where `reserve` was; it must hold what the old one held then."""

    def kept(self, container: str) -> tuple[int, int]:
        """(how many slots a server has for another one to follow it, bytes of WAL that it keeps for them)."""

    def position(self, container: str) -> str:
        """The end of what a server has written, as a number of its WAL."""

    def progress(self, order: FollowOrder, until: str = "") -> Following:
        """How far it is.

        Args:
            until: the position from which on nothing counts as lag; "" for where the old server is.
        """

    def unfollow(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]], *, new: bool) -> None:
        """Leave nothing of it on the old server, nor on the new one where that runs; no error for what is gone."""

    def carry(self, order: FollowOrder, database: str) -> None:
        """What replication leaves out, while nobody writes: sequences, large objects, unlogged rows, views."""


class Places(Protocol):
    """Addresses of containers on the engine's networks."""

    def addresses(self, container: str) -> Mapping[str, str]:
        """Network -> IPv4 address of a container; {} where it does not run."""

    def networks(self, container: str) -> frozenset[str]:
        """The networks that a container is on, running or not."""

    def hold_below(self, network: str, address: str, *, project: str, image: str) -> bool:
        """Hold every free address below one, so that the next container gets that one.

        Args:
            image: the id of an image that is here and has `sleep`.

        Returns:
            False where that cannot be had; then nothing is held.
        """

    def let_go(self, project: str) -> None:
        """Remove what holds addresses for a project; no error where nothing does."""


class Clients(Protocol):
    """The containers of a server's clients. An image with a shell must be here for the helper that signals them."""

    def pause(self, image: str, containers: Sequence[str]) -> tuple[str, ...]:
        """Halt their programs where they are, all at the same time; those that stand still. The others go on."""

    def paused(self, containers: Sequence[str]) -> tuple[str, ...]:
        """Those of some containers that stand still."""

    def unpause(self, image: str, containers: Sequence[str]) -> None:
        """Let them go on; no error for one that is not paused, or gone."""

    def signal(self, image: str, containers: Sequence[str], name: str) -> None:
        """Send their first programs a signal, such as "USR1", and leave their restart policy in force.

        No error for one that does not run; `HostError` where one that runs does not get it.
        """

    def connected(self, server: str, containers: Sequence[str]) -> int:
        """How many connections they have to a server."""

    def dismiss(self, server: str, containers: Sequence[str]) -> None:
        """End their connections to a server; what was not committed is rolled back."""


class Clusters(Protocol):
    """What a new major needs of the world. Containers are given by id or name.

    Every method raises `avnwizard.errors.HostError` when the world refuses.
    """

    @property
    def followers(self) -> Followers:
        """Logical replication from one server to another."""

    @property
    def places(self) -> Places:
        """The addresses of containers."""

    @property
    def clients(self) -> Clients:
        """The containers of a server's clients."""

    def look(self, container: str) -> ServerLook:
        """What a running server holds and is used for."""

    def database(self, container: str) -> Database:
        """The way to the server in a container."""

    def volume_there(self, volume: str) -> bool:
        """Whether there is such a volume."""

    def make_volume(self, volume: str, *, project: str, key: str) -> None:
        """An empty volume, as Compose would make it; no error when it is there."""

    def drop_volume(self, volume: str) -> None:
        """Remove a volume for good; no error when it is gone."""

    def serve(self, order: ServerOrder) -> None:
        """Start the server, on an empty volume after initdb, and wait until it takes connections; or find it so."""

    def serves(self, name: str) -> bool:
        """Whether the container runs."""

    def answers(self, container: str) -> bool:
        """Whether the server in a running container takes connections and answers a question."""

    def end(self, name: str) -> None:
        """Shut the server down cleanly and remove its container; its volume stays. No error when it is gone."""

    def empty(self, old: str, new: str, database: str) -> None:
        """An empty database on the new server, with owner, locale, limits, grants and settings as on the old one.

        One of that name on the new server is dropped.
        """

    def try_schema(self, old: str, new: str, database: str, client: Client) -> None:
        """The definitions of a database of the old server into an empty one of that name on the new."""

    def copy(self, old: str, new: str, database: str, client: Client, progress: Progress) -> None:
        """A whole database of the old server into an empty one of that name on the new, all or nothing."""

    def files_of(self, container: str) -> ServerFiles:
        """What a running server's configuration files say; values may be secrets."""

    def carry_files(self, files: ServerFiles, new: str) -> tuple[str, ...]:
        """Settings and access rules into the new server's files; what was done, a sentence each, without values."""

    def begin_copy(self, order: CopyOrder) -> None:
        """A physical copy of the running server in the new volume, which follows it until `upgrade_copy`."""

    def upgrade_copy(self, order: CopyOrder, *, rehearsal: bool = False) -> tuple[str, ...]:
        """Make the copy a server of the new major by pg_upgrade, and run it; what was done besides, a sentence each.

        `HostError` where the old server is not shut down cleanly, or the copy lacks something that it wrote.

        Args:
            rehearsal: take the copy as it is; the old server runs.
        """

    def prepare_cold(self, order: CopyOrder) -> None:
        """All in the new volume that `upgrade_cold` needs and that can be had while the old server serves."""

    def upgrade_cold(self, order: CopyOrder) -> tuple[str, ...]:
        """Copy what the stopped server has written since, make the copy a new server by pg_upgrade, and run it."""

    def shut_copy(self, order: CopyOrder) -> None:
        """Shut down the server that `upgrade_copy` or `upgrade_cold` has started; no error where none runs.

        Its container stays until `end`, and goes on to write the copy to the disk.
        """

    def settle(self, order: CopyOrder, container: str) -> None:
        """Wait until the upgraded copy is on the disk as a whole, and remove what is left of the upgrade.

        Args:
            container: the new server's.
        """

    def end_copy(self, order: CopyOrder) -> None:
        """Remove what follows the old server; the volume stays. No error when it is gone."""

    def checkpoint(self, container: str) -> None:
        """Have a running server write what it holds in memory, so that it stops quickly afterwards."""

    def offers(self, image_id: str) -> ImageOffers:
        """What an image that is here has for a server to use."""

    def strangers(self, container: str) -> tuple[str, ...]:
        """Who is connected apart from avnwizard, a line each, as they name themselves (hostile)."""

    def sum_up(self, container: str, depth: Depth = "rows") -> ServerSum:
        """Everything that a server holds, as deep as asked for."""

    def hold(self, container: str) -> HeldRows:
        """Keep the rows of a server as they are now, to be summed up while others write."""

    def copy_volume(self, source: str, target: str, *, image: str, project: str, key: str) -> None:
        """Make a volume with a copy of another one's files, which are only read.

        Args:
            image: the id of an image that is here and has `sh` and `cp`.
        """

    def analyze(self, container: str, *, quick: bool) -> None:
        """Planner statistics for every database; `quick` is a rough first go."""
