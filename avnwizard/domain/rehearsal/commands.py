"""The commands of a rehearsal apart from Compose's, as pure argv; no secret is part of one."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from avnwizard.domain.commands import Argv
from avnwizard.domain.rehearsal.order import LABEL, PROJECT_LABEL, DataPlace, Mark

PLACE = "/avnwizard"
"""Where the copying container has the new volume."""
_SHARES = "128"
"""Of the processor while others want it too; 1024 is what a container has by default."""


@dataclass(frozen=True)
class CopyServer:
    """A physical copy of a running server.

    Attributes:
        container: id of the running server's container.
        image_id: of the image that it runs.
        place: where the copy has its data.
    """

    mark: Mark
    container: str
    image_id: str
    place: DataPlace

    @property
    def volume(self) -> str:
        """The copy's volume, as Compose names it."""
        return f"{self.mark.name}_{DataPlace.KEY}"

    @property
    def helper(self) -> str:
        """The name of the container that copies."""
        return f"{self.mark.name}-copying"


def filters(mark: Mark) -> Argv:
    """By both labels: what a live project, or an image, carries by chance is never ours."""
    return ("--filter", f"label={LABEL}={mark.live}", "--filter", f"label={PROJECT_LABEL}={mark.name}")


def listed(mark: Mark) -> dict[str, Argv]:
    """Kind -> the command that lists what a rehearsal left of it, by id."""
    return {
        "container": ("docker", "container", "ls", "--all", "--quiet", "--no-trunc", *filters(mark)),
        "network": ("docker", "network", "ls", "--quiet", "--no-trunc", *filters(mark)),
        "volume": ("docker", "volume", "ls", "--quiet", *filters(mark)),
    }


def removed(kind: str, name: str) -> Argv:
    """Remove one thing of a rehearsal's; a container with its unnamed volumes."""
    more = ("--force", "--volumes") if kind == "container" else ()
    return ("docker", kind, "rm", *more, name)


def make_volume(order: CopyServer) -> Argv:
    """An empty volume, as Compose would make it."""
    labels = {**order.mark.labels, PROJECT_LABEL: order.mark.name, "com.docker.compose.volume": DataPlace.KEY}
    return ("docker", "volume", "create", *_labelled(labels), order.volume)


def copy_server(order: CopyServer) -> Argv:
    """The running server's files and the WAL meanwhile, from within its own network; its volume is not mounted."""
    labels = _labelled({**order.mark.labels, PROJECT_LABEL: order.mark.name})
    argv = ("docker", "container", "run", "--rm", "--name", order.helper, *labels, "--env", "PGUSER")
    argv += (
        "--env",
        "PGPASSWORD",
        "--network",
        f"container:{order.container}",
        "--no-healthcheck",
        "--pull",
        "never",
    )
    argv += ("--cpu-shares", _SHARES, "--user", "0", "--volume", f"{order.volume}:{PLACE}", "--entrypoint", "sh")
    return (*argv, order.image_id, "-c", _COPY, "avnwizard", str(PurePosixPath(PLACE) / order.place.folder))


def _labelled(labels: dict[str, str]) -> Argv:
    return tuple(word for name, value in labels.items() for word in ("--label", f"{name}={value}"))


ALONE = {
    "archive_mode": "off", "max_logical_replication_workers": "0", "synchronous_standby_names": "",
    "logging_collector": "off", "log_destination": "stderr", "log_min_duration_statement": "50ms",
}  # fmt: skip
"""Settings of the copied server: it ships no WAL, follows nobody, waits for nobody, and logs what takes long."""
_COPY = f"""set -e
data=$1; mkdir -p "$data"; chmod 700 "$data"
pg_basebackup --host=127.0.0.1 --no-password --pgdata="$data" --wal-method=stream --checkpoint=fast
rm -f "$data/standby.signal" "$data/recovery.signal"
cat >>"$data/postgresql.auto.conf" <<'END'
{"".join(f"{name} = '{value}'{chr(10)}" for name, value in ALONE.items())}END
chown -R postgres {PLACE}
"""
