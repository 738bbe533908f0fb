"""The commands of the ways by pg_upgrade, on a copy in the new volume: it follows the old server, or is a cold one.

Nothing but the new volume is mounted where anything is written, so that `--link` has one file system, and the old
volume is out of reach. The old binaries are copied out of the old image: no image with both is needed.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from avnwizard.domain.commands import Argv
from avnwizard.domain.postgres.server_commands import CLONE, LABEL, ServerOrder

PORT = 54329
SOCKETS = "/tmp"  # noqa: S108 - within a helper container
PLACE = "/avnwizard"
"""Where helper containers have the new volume."""
_WORK = f"{PLACE}/.avnwizard"
UPDATE_EXTENSIONS = "avnwizard-update-extensions.sql"


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


def take_binaries(order: CopyOrder) -> Argv:
    """Out of the old image: the server's programs, and every library that they name."""
    return _helper(order, order.image_old_id, "none", _TAKE_BINARIES)


def fit_binaries(order: CopyOrder) -> Argv:
    """In the new image: give the old programs the libraries that are missing here."""
    return _helper(order, order.server.image_id, "none", _FIT_BINARIES)


def base_backup(order: CopyOrder) -> Argv:
    """The running server's files, and the WAL meanwhile, from within its own network.

    Each file is read back and compared with the checksum that the old server sent along (`pg_verifybackup`, 13 and
    newer), while that serves on.
    """
    return _helper(order, order.image_old_id, f"container:{order.server.like}", _BASE_BACKUP)


def copy_stopped(order: CopyOrder) -> Argv:
    """The stopped server's files from the old volume, which is read only; the copy's control data must be equal."""
    argv = _helper(order, order.image_old_id, "none", _COPY_STOPPED, str(PurePosixPath("/from") / order.data_old))
    at = argv.index("--volume")
    return (*argv[:at], "--volume", f"{order.volume_old}:/from:ro", *argv[at:])


def run_standby(order: CopyOrder) -> Argv:
    """Follow the old server, from within its network, reachable by a socket alone."""
    argv = ["docker", "container", "run", "--detach", "--name", order.standby]
    argv += ["--label", f"{LABEL}={order.server.project}", "--env", f"PGDATA={_WORK}/data"]
    argv += ["--network", f"container:{order.server.like}", "--no-healthcheck", "--pull", "never", "--restart", "no"]
    argv += ["--stop-timeout", "120", "--volume", f"{order.server.volume}:{PLACE}", order.image_old_id, "postgres"]
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


def stopped_at(order: CopyOrder) -> Argv:
    """What the old cluster says of itself once it is stopped; its volume is read only."""
    argv = ("docker", "container", "run", "--rm", "--network", "none", "--pull", "never", "--user", "0")
    volume = ("--volume", f"{order.volume_old}:{PLACE}:ro", "--env", "LC_ALL=C", "--entrypoint", "pg_controldata")
    return (*argv, *volume, order.image_old_id, str(PurePosixPath(PLACE) / order.data_old))


def make_new(order: CopyOrder) -> Argv:
    """The empty cluster that pg_upgrade fills, made by initdb alone: the image's entrypoint would fill it itself."""
    sums = "--data-checksums" if order.checksums else "--no-data-checksums"
    words = (order.data_new, order.superuser, *order.server.initdb, sums)
    return _helper(order, order.server.image_id, "none", _MAKE_NEW, *words)


def upgrade(order: CopyOrder) -> Argv:
    """`pg_upgrade --link` within the new volume; then nothing of the old major is left in it."""
    words = (order.data_new, order.superuser, " ".join(order.options))
    return _helper(order, order.server.image_id, "none", _UPGRADE, *words)


_PROGRAMS = """bin=$(dirname "$(readlink -f "$(command -v postgres)")")
case $bin in
  /usr/lib/postgresql/*/bin) top=${bin%/bin}; lib=$top/lib; parts="$top /usr/share/postgresql/${top##*/}" ;;
  /usr/local/bin) lib=/usr/local/lib/postgresql; parts="$lib /usr/local/share/postgresql" ;;
  *) echo "the old image keeps PostgreSQL in $bin, which avnwizard does not know" >&2; exit 3 ;;
esac
"""
_TAKE_BINARIES = f"""set -e
{_PROGRAMS}
work={_WORK}; rm -rf "$work"; mkdir -p "$work/old" "$work/pool"; chmod 755 "$work"
for part in $parts; do
  mkdir -p "$work/old$(dirname "$part")"
  cp -a "$part" "$work/old$(dirname "$part")/"
done
mkdir -p "$work/old$bin"
for program in postgres pg_ctl pg_controldata pg_resetwal; do
  [ -e "$work/old$bin/$program" ] || cp -a "$bin/$program" "$work/old$bin/"
done
printf '%s' "$bin" >"$work/bin"
for file in "$bin"/postgres "$bin"/pg_* "$lib"/*.so; do ldd "$file" 2>/dev/null || true; done |
  sed -n 's/.*=> \\(\\/[^ ]*\\) .*/\\1/p' | sort -u |
  while read -r found; do cp -L "$found" "$work/pool/" 2>/dev/null || true; done
"""
_FIT_BINARIES = f"""set -e
work={_WORK}; bin=$work/old$(cat "$work/bin"); mkdir -p "$work/lib"
for round in 1 2 3 4 5 6 7 8; do
  missing=$(for program in postgres pg_ctl pg_controldata pg_resetwal; do
      LD_LIBRARY_PATH=$work/lib ldd "$bin/$program"; done 2>/dev/null | sed -n 's/^[[:space:]]*\\([^ ]*\\) => not found/\\1/p' | sort -u)
  [ -n "$missing" ] || break
  for each in $missing; do cp "$work/pool/$each" "$work/lib/"; done
done
rm -rf "$work/pool"
LD_LIBRARY_PATH=$work/lib "$bin/postgres" --version
"""  # noqa: E501 - a shell's line
_BASE_BACKUP = f"""set -e
rm -rf {_WORK}/data; mkdir {_WORK}/data; chmod 700 {_WORK}/data
pg_basebackup --host=127.0.0.1 --no-password --pgdata={_WORK}/data --wal-method=stream --checkpoint=fast \\
  --write-recovery-conf
if command -v pg_verifybackup >/dev/null; then pg_verifybackup --quiet --no-parse-wal {_WORK}/data; fi
chown -R postgres {_WORK}/data
"""
_COPY_STOPPED = f"""set -e
{CLONE}from=$1; to={_WORK}/data
[ ! -e "$from/postmaster.pid" ] || {{ echo 'the old server was not shut down' >&2; exit 1; }}
rm -rf "$to"; mkdir "$to"; chmod 700 "$to"
clone "$from/." "$to/"
was=$(LC_ALL=C pg_controldata "$from"); is=$(LC_ALL=C pg_controldata "$to")
[ "$was" = "$is" ] || {{ echo 'the copy is not of this server' >&2; exit 1; }}
"""
_AS = """as() { if command -v gosu >/dev/null; then gosu postgres "$@"; elif command -v su-exec >/dev/null; then
  su-exec postgres "$@"; else setpriv --reuid=postgres --regid=postgres --init-groups "$@"; fi; }
"""
_MAKE_NEW = f"""set -e
{_AS}work={_WORK}; new=$1; superuser=$2; shift 2
mkdir -p "$new"; chown postgres "$new"; chmod 700 "$new"
parent=$(dirname "$new"); [ "$parent" = {PLACE} ] || chown postgres "$parent"
as initdb --pgdata="$new" --username="$superuser" --auth=trust "$@" >"$work/initdb.log" 2>&1 || {{
  tail -n 3 "$work/initdb.log" >&2; exit 1; }}
"""
_UPGRADE = f"""set -e
{_AS}work={_WORK}; old=$work/data; new=$1; superuser=$2; options=$3
bin=$work/old$(cat "$work/bin"); here=$(dirname "$(readlink -f "$(command -v postgres)")")
mkdir -p "$work/run"; chown -R postgres "$work" "$new"
cp -p "$old/pg_hba.conf" "$work/pg_hba.conf"; cp -p "$old/pg_ident.conf" "$work/pg_ident.conf"
echo 'local all all trust' >"$old/pg_hba.conf"
sed -i '/^primary_conninfo/d' "$old/postgresql.auto.conf"
cd "$work/run"
if ! as env LD_LIBRARY_PATH="$work/lib" "$here/pg_upgrade" --old-bindir="$bin" --new-bindir="$here" \\
  --old-datadir="$old" --new-datadir="$new" --username="$superuser" --link --jobs=2 \\
  --old-options="$options" --new-options="$options" >"$work/upgrade.log" 2>&1; then
  grep -rhiE 'ERROR:|FATAL:|error:' "$new/pg_upgrade_output.d" 2>/dev/null | head -n 3 >&2
  grep -iE 'fatal|fail|not |could' "$work/upgrade.log" | head -n 5 >&2
  exit 1
fi
cp "$work/pg_hba.conf" "$new/pg_hba.conf"; cp "$work/pg_ident.conf" "$new/pg_ident.conf"
chown postgres "$new/pg_hba.conf" "$new/pg_ident.conf"
[ ! -f update_extensions.sql ] || cp update_extensions.sql "$new/{UPDATE_EXTENSIONS}"
cd /; rm -rf "$work"
"""
