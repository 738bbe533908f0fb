"""The commands of the ways by pg_upgrade, on a copy in the new volume: it follows the old server, or is a cold one.

Nothing but the new volume is mounted where anything is written, so that `--link` has one file system, and the old
volume is out of reach. The old binaries are copied out of the old image: no image with both is needed.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from avnwizard.domain.commands import Argv
from avnwizard.domain.postgres import copy_scripts as scripts
from avnwizard.domain.postgres.server_commands import GRACE_S, LABEL, VARIABLES, ServerOrder

PORT = 54329
SOCKETS = "/tmp"  # noqa: S108 - within a helper container
PLACE, WORK = scripts.PLACE, scripts.WORK
FROM = "/from"
"""Where helper containers have the old volume, read only."""


@dataclass(frozen=True)
class CopyOrder:
    """A live copy.

    Attributes:
        server: the new server that the copy becomes.
        image_old_id: the old server's image.
        volume_old, data_old: the old volume's name, and the data's folder in it; only ever read.
        pgdata: where the new image keeps its data.
        superuser: the role that initdb made (OID 10): pg_upgrade wants the same.
        checksums: whether the old cluster has data checksums; pg_upgrade wants the same.
        options: what the old server's command line sets ("-c", "a=b", …).
    """

    server: ServerOrder
    image_old_id: str
    volume_old: str
    data_old: str
    pgdata: str
    superuser: str
    checksums: bool
    options: tuple[str, ...] = ()

    @property
    def standby(self) -> str:
        """The name of the standby's container."""
        return f"{self.server.name}_standby"

    @property
    def worker(self) -> str:
        """The name of the container that prepares, and that upgrades."""
        return f"{self.server.name}_upgrade"

    @property
    def from_old(self) -> str:
        """The old data folder, as helper containers have it; only ever read."""
        return str(PurePosixPath(FROM) / self.data_old)

    @property
    def data_new(self) -> str:
        """The new data folder, as helper containers have it."""
        return str(PurePosixPath(PLACE) / PurePosixPath(self.pgdata).relative_to(self.server.mount))


def _helper(order: CopyOrder, image: str, network: str, script: str, *words: str) -> Argv:
    """A script as root in a container that has the new volume, and goes when it ends."""
    argv = [
        "docker",
        "container",
        "run",
        "--rm",
        "--name",
        order.worker,
        "--label",
        f"{LABEL}={order.server.project}",
    ]
    argv += ["--env", "PGUSER", "--env", "PGPASSWORD", "--network", network, "--no-healthcheck", "--pull", "never"]
    argv += ["--user", "0", "--volume", f"{order.server.volume}:{PLACE}", "--entrypoint", "sh"]
    return (*argv, image, "-c", script, "avnwizard", *words)


def run_worker(order: CopyOrder, network: str) -> Argv:
    """A container of the new image that waits, for pg_upgrade and then the new server to be started in it.

    It is made while the old server serves: nobody waits for a container, neither for its start nor for its end.
    """
    argv = ["docker", "container", "run", "--detach", "--name", order.server.name]
    argv += ["--label", f"{LABEL}={order.server.project}"]
    for name in VARIABLES:
        argv += ["--env", name]
    argv += ["--network", network, "--no-healthcheck", "--pull", "never", "--restart", "no"]
    argv += ["--stop-timeout", GRACE_S]
    argv += ["--shm-size", "256m", "--user", "0", "--volume", f"{order.server.volume}:{PLACE}"]
    argv += ["--volume", f"{order.server.volume}:{order.server.mount}", "--entrypoint", "sh", order.server.image_id]
    return (*argv, "-c", scripts.WAIT, "avnwizard", order.pgdata)


def run_copier(order: CopyOrder) -> Argv:
    """A container of the old image that waits, with both volumes; the old one is read only."""
    argv = ["docker", "container", "run", "--detach", "--name", order.standby]
    argv += ["--label", f"{LABEL}={order.server.project}", "--network", "none", "--no-healthcheck", "--pull", "never"]
    argv += ["--restart", "no", "--user", "0", "--volume", f"{order.volume_old}:{FROM}:ro"]
    argv += ["--volume", f"{order.server.volume}:{PLACE}", "--entrypoint", "sh", order.image_old_id]
    return (*argv, "-c", scripts.WAIT, "avnwizard", "")


def _within(name: str, script: str, *words: str) -> Argv:
    return ("docker", "exec", "--user", "0", name, "sh", "-c", script, "avnwizard", *words)


def take_binaries(order: CopyOrder) -> Argv:
    """Out of the old image: the server's programs, and every library that they name."""
    return _helper(order, order.image_old_id, "none", scripts.TAKE_BINARIES)


def fit_binaries(order: CopyOrder) -> Argv:
    """In the new image: give the old programs the libraries that are missing here."""
    return _helper(order, order.server.image_id, "none", scripts.FIT_BINARIES)


def base_backup(order: CopyOrder) -> Argv:
    """The running server's files, and the WAL meanwhile, from within its own network.

    Each file is read back and compared with the checksum that the old server sent along (`pg_verifybackup`, 13 and
    newer), while that serves on.
    """
    return _helper(order, order.image_old_id, f"container:{order.server.like}", scripts.BASE_BACKUP)


def copy_running(order: CopyOrder) -> Argv:
    """A first copy of the files while the old server writes to them: what changes from here on is copied again."""
    return _within(order.standby, scripts.COPY_RUNNING, order.from_old)


def copy_stopped(order: CopyOrder) -> Argv:
    """What has changed since the first copy, of the stopped server; the copy's control data must be equal."""
    return _within(order.standby, scripts.COPY_STOPPED, order.from_old)


def run_standby(order: CopyOrder) -> Argv:
    """Follow the old server, from within its network, reachable by a socket alone."""
    argv = ["docker", "container", "run", "--detach", "--name", order.standby]
    argv += ["--label", f"{LABEL}={order.server.project}", "--env", f"PGDATA={WORK}/data"]
    argv += ["--network", f"container:{order.server.like}", "--no-healthcheck", "--pull", "never", "--restart", "no"]
    argv += ["--stop-timeout", GRACE_S, "--volume", f"{order.volume_old}:{FROM}:ro"]
    argv += ["--volume", f"{order.server.volume}:{PLACE}", order.image_old_id, "postgres"]
    own = (
        "cluster_name=avnwizard-copy",
        f"port={PORT}",
        "listen_addresses=",
        f"unix_socket_directories={SOCKETS}",
        "hot_standby=on",
    )
    return (*argv, *order.options, *(word for each in own for word in ("-c", each)))


def ask_standby(order: CopyOrder, query: str) -> Argv:
    """One value from the standby, over its socket."""
    ask = ("psql", "-XAtq", "-h", SOCKETS, "-p", str(PORT), "-d", "postgres", "-c", query)
    return ("docker", "exec", "-e", "PGUSER", "-e", "PGPASSWORD", order.standby, *ask)


def promote(order: CopyOrder, *, rehearsal: bool = False) -> Argv:
    """Promote the standby, once the old server is shut down and the standby has all that it wrote.

    The old cluster says itself where it ended (its control file, on a volume that is read only here).
    """
    argv = ("docker", "exec", "--env", "PGUSER", "--env", "PGPASSWORD", "--env", "LC_ALL=C", order.standby)
    words = (f"psql -XAtq -h {SOCKETS} -p {PORT} -d postgres", "" if rehearsal else order.from_old)
    return (*argv, "sh", "-c", scripts.PROMOTE, "avnwizard", *words)


def make_new(order: CopyOrder) -> Argv:
    """The empty cluster that pg_upgrade fills, made by initdb alone: the image's entrypoint would fill it itself."""
    sums = "--data-checksums" if order.checksums else "--no-data-checksums"
    words = (order.data_new, order.superuser, *order.server.initdb, sums)
    return _helper(order, order.server.image_id, "none", scripts.MAKE_NEW, *words)


def upgrade(order: CopyOrder) -> Argv:
    """`pg_upgrade --link` within the new volume; then the new server runs, alone."""
    own = (order.data_new, order.superuser, " ".join(order.options), order.pgdata)
    load = (word for each in order.server.settings for word in ("-c", each))
    return _within(order.server.name, scripts.UPGRADE, *own, *order.options, *load)


def settle(order: CopyOrder, container: str) -> Argv:
    """Wait until the new cluster's files are on the disk; nothing of the old major is left in the volume.

    Args:
        container: of the new image, with the volume where that image wants it.
    """
    work = str(PurePosixPath(order.server.mount) / PurePosixPath(WORK).name)
    return _within(container, scripts.SETTLE, order.pgdata, work)


def shut(name: str, pgdata: str) -> Argv:
    """Shut down the server in a container that `run_worker` made; the container goes on."""
    return ("docker", "exec", "--user", "0", "--env", f"PGDATA={pgdata}", name, "sh", "-c", scripts.SHUT)
