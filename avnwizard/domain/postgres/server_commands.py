"""The commands that make, run and fill a server of another major alongside the stack's, as pure argv.

No secret is part of one: variables are passed on by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from avnwizard.domain.commands import Argv, conninfo

CLONE = """clone() {
  if cp --help 2>&1 | grep -q reflink; then cp -a --reflink=auto "$1" "$2"; else cp -a "$1" "$2"; fi
}
"""
"""BusyBox' cp shares no blocks (1.36)."""
LABEL = "avnwizard.postgres"
"""On every helper container, with the Compose project's name."""
PLACE_LABEL = "avnwizard.place"
"""On every container that only holds an address, with the Compose project's name."""
_PLACE_S = 600
GRACE_S = "120"
"""Whole seconds that a server has to shut down."""
VARIABLES = ("POSTGRES_DB", "POSTGRES_INITDB_ARGS", "POSTGRES_PASSWORD", "POSTGRES_USER")
FOR_THE_LOAD = (
    "autovacuum=off", "full_page_writes=off", "maintenance_work_mem=256MB", "max_locks_per_transaction=1024",
    "max_wal_senders=0", "max_wal_size=8GB", "synchronous_commit=off", "wal_level=minimal",
)  # fmt: skip
"""For the command line of the server that is filled, so nothing of it is left in its files. `fsync` stays on."""


FOR_READING = (
    "archive_mode=off", "autovacuum=off", "cron.launch_active_jobs=off", "default_transaction_read_only=on",
    "max_logical_replication_workers=0", "max_wal_senders=0",
)  # fmt: skip
"""For a server on a copy of the old volume, which must do nothing of its own: no job, no archive, no subscription."""


@dataclass(frozen=True)
class ServerOrder:
    """A server that runs alone on a volume of its own, apart from Compose.

    Attributes:
        name: of its container.
        project: the Compose project that it belongs to.
        like: the id of the container whose user, password, network and settings it gets.
        mount: where the volume is mounted.
        initdb: what `initdb` is given where the volume is empty.
        settings: "name=value", for its command line.
    """

    name: str
    project: str
    image_id: str
    volume: str
    mount: str
    like: str
    initdb: tuple[str, ...] = ()
    settings: tuple[str, ...] = FOR_THE_LOAD


def make_volume(name: str, project: str, key: str) -> Argv:
    """A volume that Compose takes for the project's own; without its config hash, it never offers to empty it."""
    labels = ("--label", f"com.docker.compose.project={project}", "--label", f"com.docker.compose.volume={key}")
    return ("docker", "volume", "create", *labels, name)


def copy_volume(image: str, source: str, target: str, project: str) -> Argv:
    """Copy a volume's files, sharing blocks where the file system can (XFS, Btrfs); the source is read only."""
    argv = ["docker", "container", "run", "--rm", "--name", f"{target}_copy", "--label", f"{LABEL}={project}"]
    argv += ["--network", "none", "--no-healthcheck", "--pull", "never", "--user", "0"]
    argv += ["--volume", f"{source}:/from:ro", "--volume", f"{target}:/to", "--entrypoint", "sh"]
    return (*argv, image, "-c", f"{CLONE}clone /from/. /to/")


def drop_volume(name: str) -> Argv:
    """Remove a volume for good."""
    return ("docker", "volume", "rm", name)


def words_of(order: ServerOrder, words: Sequence[str]) -> tuple[str, ...]:
    """The command line of a server that is like a container that was started with some words."""
    return (*(words or ("postgres",)), *(word for each in order.settings for word in ("-c", each)))


def run_server(order: ServerOrder, network: str, words: Sequence[str]) -> Argv:
    """Start the server.

    Args:
        words: what the container that it is like was started with ("postgres", "-c", …).
    """
    argv = ["docker", "container", "run", "--detach", "--name", order.name, "--label", f"{LABEL}={order.project}"]
    for name in VARIABLES:
        argv += ["--env", name]
    argv += ["--network", network, "--no-healthcheck", "--pull", "never", "--restart", "no"]
    argv += ["--stop-timeout", GRACE_S, "--shm-size", "256m"]
    argv += ["--volume", f"{order.volume}:{order.mount}", order.image_id]
    return (*argv, *words_of(order, words))


def stop_server(name: str) -> Argv:
    """Shut it down; it writes its last checkpoint first."""
    return ("docker", "container", "stop", "-t", GRACE_S, name)


_IMAGE_OFFERS = """bin=$(readlink -f "$(command -v postgres)") || exit 1
case $bin in
  /usr/lib/postgresql/*/bin/postgres) share=/usr/share/postgresql/${bin#/usr/lib/postgresql/}
    share=${share%/bin/*} ;;
  *) share=${bin%/bin/postgres}/share/postgresql ;;
esac
for file in "$share"/extension/*.control; do name=${file##*/}; printf 'e\t%s\n' "${name%.control}"; done
"$bin" --describe-config | while IFS= read -r line; do printf 's\t%s\n' "$line"; done
"""


def image_offers(image_id: str) -> Argv:
    """Lines "e TAB extension" and "s TAB setting TAB more" of what an image has; nothing is started."""
    argv = ("docker", "container", "run", "--rm", "--network", "none", "--no-healthcheck", "--pull", "never")
    return (*argv, "--entrypoint", "sh", image_id, "-c", _IMAGE_OFFERS)


def hold_address(network: str, project: str, image_id: str) -> Argv:
    """A container that does nothing, and is gone by itself after a while; it takes the lowest free address."""
    argv = ["docker", "container", "run", "--detach", "--rm", "--label", f"{PLACE_LABEL}={project}"]
    argv += ["--network", network, "--no-healthcheck", "--pull", "never", "--stop-timeout", "0", "--user", "65534"]
    return (*argv, "--entrypoint", "sleep", image_id, str(_PLACE_S))


def remove_server(name: str) -> Argv:
    """Remove its container, running or not; the volume stays."""
    return ("docker", "container", "rm", "--force", name)


def dump_schema(database: str) -> Argv:
    """The definitions of one database, in the custom format to stdout."""
    return ("pg_dump", "-Fc", "-Z0", "--schema-only", "--no-password", "--lock-wait-timeout=60s", _db(database))


def dump_all(database: str) -> Argv:
    """One database, uncompressed: it goes straight into the new server."""
    return ("pg_dump", "-Fc", "-Z0", "--no-password", "--lock-wait-timeout=60s", _db(database))


def restore(database: str) -> Argv:
    """Into an empty database, all or nothing: tables made in the same transaction need no WAL (`wal_level=minimal`).

    Row security stays on for the reason that `commands.pg_restore` gives.
    """
    return ("pg_restore", "--single-transaction", "--enable-row-security", "--no-password", _db(database))


def _db(database: str) -> str:
    return f"--dbname={conninfo(database)}"
