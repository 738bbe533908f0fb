"""The port `Clusters` over a Docker Engine: helper containers of an image that is here, on volumes of their own."""

import secrets
import time
from collections.abc import Mapping

from avnwizard.adapters.docker import ending_api
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import container_from, inspected
from avnwizard.adapters.postgres import carrying, looking, properties
from avnwizard.adapters.postgres.clients import DockerClients
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.adapters.postgres.contents import server_sum
from avnwizard.adapters.postgres.database import PostgresDatabase
from avnwizard.adapters.postgres.following import Followers
from avnwizard.adapters.postgres.held_rows import DatabaseRows
from avnwizard.adapters.postgres.live_copy import LiveCopies
from avnwizard.adapters.postgres.piping import FromAlongside, pipe
from avnwizard.adapters.postgres.places import DockerPlaces
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.postgres import copy_commands
from avnwizard.domain.postgres import server_commands as commands
from avnwizard.domain.postgres.contents import Depth, ServerSum
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.domain.postgres.major import Client, ImageOffers, ServerFiles, ServerLook
from avnwizard.domain.postgres.server_commands import ServerOrder
from avnwizard.errors import HostError
from avnwizard.ports import Database, PostgresAccess, Progress

_START_S, _POLL_S = 180.0, 0.05
_STOP_S = 180.0
_COPY_S = 24 * 3600.0
_LOG_LINES = 5


class DockerClusters:
    """Servers in containers.

    Args:
        environ: the environment in which docker runs; None is this process's.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ, self._cli = environ, DockerCli(environ)
        self._copies = LiveCopies(self._cli, self._access)
        self.followers = Followers(self._cli, self._access)
        self.places = DockerPlaces(self._cli)
        self.clients = DockerClients(self._cli, self._access)

    def look(self, container: str) -> ServerLook:
        """What a running server holds and is used for."""
        return looking.look(self._access(container))

    def database(self, container: str) -> Database:
        """The way to the server in a container."""
        return PostgresDatabase(self._access(container))

    def volume_there(self, volume: str) -> bool:
        """Whether there is such a volume."""
        done = self._cli.try_(("docker", "volume", "inspect", volume))
        if done.code != 0 and "no such volume" not in done.complaint.lower():
            raise HostError(f"The engine does not tell of the volume {volume}: {done.complaint}", "Then resume.")
        return done.code == 0

    def make_volume(self, volume: str, *, project: str, key: str) -> None:
        """An empty volume, as Compose would make it; no error when it is there."""
        self._cli.run(commands.make_volume(volume, project, key))

    def drop_volume(self, volume: str) -> None:
        """Remove a volume for good; no error when it is gone."""
        if self.volume_there(volume):
            self._cli.run(commands.drop_volume(volume))

    def serve(self, order: ServerOrder) -> None:
        """Start the server, on an empty volume after initdb, and wait until it takes connections; or find it so."""
        found = inspected(self._cli, order.name)
        if found is not None and not self.serves(order.name):
            self.end(order.name)
            found = None
        if found is None:
            self._run(order)
        self._wait(order.name)

    def _run(self, order: ServerOrder) -> None:
        network, words, variables = self._like(order)
        self._cli.run(commands.run_server(order, network, words), env={**self._cli.environ, **variables})

    def _like(self, order: ServerOrder) -> tuple[str, tuple[str, ...], dict[str, str]]:
        """(network and command line of the container that the server is like, the variables that it is given)."""
        raw = inspected(self._cli, order.like)
        if raw is None:
            raise HostError("The old server's container is gone.", "Look at: docker compose ps -a")
        networks = list((raw.get("NetworkSettings") or {}).get("Networks") or {})
        if not networks or networks[0] in {"host", "none"}:
            raise HostError("The old server is on no network of its own.", "Give it one, then plan again.")
        user, password = self._access(order.like).credentials()
        variables = {
            "POSTGRES_USER": user,
            "POSTGRES_PASSWORD": password.reveal() or secrets.token_hex(16),
            "POSTGRES_DB": "postgres",
            "POSTGRES_INITDB_ARGS": " ".join(order.initdb),
        }
        return networks[0], tuple(str(word) for word in (raw.get("Config") or {}).get("Cmd") or ()), variables

    def _wait(self, name: str) -> None:
        """Over TCP: while the image initialises, a server answers on the socket alone."""
        deadline = time.monotonic() + _START_S
        while True:
            if not self.serves(name):
                raise HostError(f"The new server ended: {self._last_words(name)}", f"docker logs {name} says more.")
            try:
                self._greet(name)
            except HostError as error:
                if time.monotonic() >= deadline:
                    raise HostError(
                        f"The new server does not answer after {_START_S:.0f} s: {error.message}", error.hint
                    ) from error
                time.sleep(_POLL_S)
            else:
                return

    def _greet(self, container: str) -> None:
        with session(self._access(container), "postgres") as connection:
            connection.execute("SELECT 1")

    def answers(self, container: str) -> bool:
        """Whether the server in a running container takes connections and answers a question."""
        try:
            self._greet(container)
        except HostError:
            return False
        return True

    def serves(self, name: str) -> bool:
        """Whether the container runs."""
        found = inspected(self._cli, name)
        return found is not None and container_from(found).state == "running"

    def end(self, name: str) -> None:
        """Shut the server down cleanly and remove its container; its volume stays. No error when it is gone."""
        if engine := self._cli.engine_socket:
            left = ending_api.stop(engine, [name], grace=commands.GRACE_S, limit_s=_STOP_S)
            if not left and ending_api.remove(engine, name, force=True):
                return
        self._cli.unless_gone(commands.stop_server(name), timeout_s=_STOP_S)
        self._cli.unless_gone(commands.remove_server(name))

    def empty(self, old: str, new: str, database: str) -> None:
        """An empty database on the new server, with owner, locale, limits, grants and settings as on the old one."""
        with session(self._access(old), "postgres") as connection:
            like = properties.read(connection, database)
            query = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s"
            owner = str(connection.execute(query, [database]).fetchall()[0][0])
        target = PostgresDatabase(self._access(new))
        target.drop(database)
        target.create(database, owner=owner, like=like)

    def try_schema(self, old: str, new: str, database: str, client: Client) -> None:
        """The definitions of a database of the old server into an empty one of that name on the new."""
        pipe(
            self._source(old, new, client),
            commands.dump_schema(database),
            self._access(new),
            commands.restore(database),
            lambda _done, _total: None,
        )

    def copy(self, old: str, new: str, database: str, client: Client, progress: Progress) -> None:
        """A whole database of the old server into an empty one of that name on the new, all or nothing."""
        dump, restore = commands.dump_all(database), commands.restore(database)
        pipe(self._source(old, new, client), dump, self._access(new), restore, progress)

    def files_of(self, container: str) -> ServerFiles:
        """What a running server's configuration files say."""
        return carrying.read(self._access(container))

    def carry_files(self, files: ServerFiles, new: str) -> tuple[str, ...]:
        """Into the new server's files; what was done, a sentence each."""
        return carrying.write(self._cli, files, self._access(new))

    def begin_copy(self, order: CopyOrder) -> None:
        """A physical copy of the running server in the new volume, which follows it."""
        self._prepare(order)
        self._copies.begin(order)

    def upgrade_copy(self, order: CopyOrder, *, rehearsal: bool = False) -> tuple[str, ...]:
        """Make the copy a server of the new major, and run it; what was done besides, a sentence each."""
        self._copies.promote(order, rehearsal=rehearsal)
        return self._copies.upgrade(order)

    def prepare_cold(self, order: CopyOrder) -> None:
        """All that `upgrade_cold` needs and that can be had while the old server serves."""
        self._prepare(order)
        self._copies.begin_cold(order)

    def upgrade_cold(self, order: CopyOrder) -> tuple[str, ...]:
        """Copy what the stopped server has written since, make the copy a server of the new major, and run it."""
        self._copies.copy_stopped(order)
        return self._copies.upgrade(order)

    def _prepare(self, order: CopyOrder) -> None:
        self._copies.prepare(order)
        network, _, variables = self._like(order.server)
        self._cli.run(copy_commands.run_worker(order, network), env={**self._cli.environ, **variables})

    def shut_copy(self, order: CopyOrder) -> None:
        """Shut down the server that `upgrade_copy` or `upgrade_cold` has started; no error where none runs."""
        if self.serves(order.server.name) and not self._copies.shut(order):
            self.end(order.server.name)  # one that ended with its server, or that does not obey

    def settle(self, order: CopyOrder, container: str) -> None:
        """Wait until the upgraded copy is on the disk as a whole, and remove what is left of the upgrade."""
        self._copies.settle(order, container)

    def end_copy(self, order: CopyOrder) -> None:
        """Remove what follows the old server; the volume stays. No error when it is gone."""
        self._copies.end(order)

    def checkpoint(self, container: str) -> None:
        """Have a running server write what it holds in memory, so that it stops quickly afterwards."""
        with session(self._access(container), "postgres") as connection:
            connection.execute("CHECKPOINT")

    def offers(self, image_id: str) -> ImageOffers:
        """What an image has for a server to use, as its own files and programs say."""
        done = self._cli.try_(commands.image_offers(image_id), timeout_s=_START_S)
        lines = [line.split("\t") for line in done.text.splitlines()] if done.code == 0 else []
        named = {kind: frozenset(line[1] for line in lines if line[0] == kind and line[1:]) for kind in "es"}
        return ImageOffers(named["e"], named["s"])

    def strangers(self, container: str) -> tuple[str, ...]:
        """Who is connected apart from avnwizard, a line each."""
        return looking.strangers(self._access(container))

    def sum_up(self, container: str, depth: Depth = "rows") -> ServerSum:
        """Everything that a server holds, as deep as asked for."""
        return server_sum(self._access(container), depth)

    def hold(self, container: str) -> DatabaseRows:
        """Keep the rows of a server as they are now, to be summed up while others write."""
        return DatabaseRows.hold(self._access(container))

    def copy_volume(self, source: str, target: str, *, image: str, project: str, key: str) -> None:
        """Make a volume with a copy of another one's files, which are only read."""
        self._cli.unless_gone(commands.remove_server(f"{target}_copy"))
        self._cli.run(commands.make_volume(target, project, key))
        self._cli.run(commands.copy_volume(image, source, target, project), timeout_s=_COPY_S)

    def analyze(self, container: str, *, quick: bool) -> None:
        """Planner statistics for every database; `quick` is a rough first go."""
        for one in PostgresDatabase(self._access(container)).databases():
            with session(self._access(container), one.name) as connection:
                if quick:
                    connection.execute("SET default_statistics_target = 1")
                connection.execute("ANALYZE")

    def _source(self, old: str, new: str, client: Client) -> PostgresAccess:
        return self._access(old) if client == "source" else FromAlongside(self._access(new), self._access(old))

    def _access(self, container: str) -> ContainerPostgresAccess:
        return ContainerPostgresAccess(container, environ=self._environ)

    def _last_words(self, name: str) -> str:
        done = self._cli.try_(("docker", "logs", "--tail", str(_LOG_LINES), name))
        from avnwizard.adapters.process_errors import printable

        return printable(done.complaint.strip().replace("\n", " "))[-500:]
