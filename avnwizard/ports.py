"""What the flows need of the world, as Protocols; adapters and the practice host stand behind them.

Every method raises `avnwizard.errors.HostError` (message, hint, no secret in either) when the world refuses.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from avnwizard.domain.cluster_globals import GlobalsChange
from avnwizard.domain.database import DatabaseContents, DatabaseProperties, FileFacts
from avnwizard.domain.host import (
    ComposeModel,
    ComposeProject,
    Container,
    DatabaseFacts,
    EngineFacts,
    Head,
    Image,
    Merge,
    RepoState,
    ServerFacts,
    TagRef,
)
from avnwizard.domain.probing import Outcome, Route
from avnwizard.domain.writes import WriteCounters

Progress = Callable[[int, int | None], None]
"""(bytes done, bytes in all or None where unknown)."""


class Clock(Protocol):
    """Time, so that the practice host can run faster than the world."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Files(Protocol):
    """The host's file system, for the few things where a failure must be orderly."""

    def read(self, path: Path) -> bytes:
        """The whole file."""

    def write(self, path: Path, data: bytes, *, mode: int = 0o600) -> None:
        """Replace atomically: temporary name beside it, fsync of file and folder, rename."""

    def mode(self, path: Path) -> int:
        """Permission bits; `HostError` when there is no such file."""

    def free_bytes(self, folder: Path) -> int:
        """Space left for this user on the file system that holds `folder` (or its nearest existing parent)."""

    def exists(self, path: Path) -> bool:
        """Whether there is a file or folder of that name."""

    def list(self, folder: Path) -> tuple[Path, ...]:
        """What lies in a folder, by name; () when there is no such folder."""

    def make(self, folder: Path) -> None:
        """A folder (0700) with those above it; no error when it is there."""

    def measure(self, path: Path, tell: Callable[[int], None] = ...) -> FileFacts:
        """Size and checksum of a file, read from the disk; `tell` hears the bytes read so far."""

    def publish(self, folder: Path, final: Path) -> None:
        """Give a whole folder its final name, durably: it and its parent are fsynced."""

    def remove(self, path: Path) -> None:
        """Remove a file, or a folder with all that is in it; no error when it is gone."""


class Repo(Protocol):
    """The operator's git checkout."""

    @property
    def directory(self) -> Path:
        """Top of the work tree."""

    @property
    def git_dir(self) -> Path:
        """The `.git` folder."""

    def head(self) -> Head:
        """Where the checkout stands."""

    def state(self) -> RepoState:
        """Local edits, operations in progress, shallow or not."""

    def tags(self) -> tuple[TagRef, ...]:
        """Every local tag."""

    def remote_tag(self, tag: str) -> str:
        """The commit that the remote has for the tag, "" if it has no such tag; `HostError` when unreachable."""

    def fetch(self) -> None:
        """`git fetch --tags`; never moves or deletes a tag that is here."""

    def read(self, ref: str, path: str) -> bytes | None:
        """A file at a ref without checking it out; None when it is not there."""

    def list(self, ref: str, folder: str) -> tuple[str, ...]:
        """Files below a folder at a ref, as paths from the top, sorted."""

    def merge(self, path: str, target: str) -> Merge:
        """Three-way merge of one edited file: base HEAD, ours the work tree, theirs the target ref."""

    def diff(self) -> bytes:
        """The operator's local edits as a patch (`git diff HEAD --binary`)."""

    def checkout(self, ref: str, *, branch: str = "", contents: Mapping[str, bytes | None]) -> None:
        """Move the work tree to `ref`, then write `contents` over it (None removes).

        Edits of tracked files not named in `contents` are dropped: callers save them first. Untracked and ignored
        files stay. With `branch`, HEAD is left on that branch (which must point at `ref`), else detached.
        """

    def matches(self, ref: str, *, contents: Mapping[str, bytes | None]) -> bool:
        """True when HEAD is at `ref` and the work tree differs from it by exactly `contents`."""


class Stack(Protocol):
    """The Docker Engine and this Compose project."""

    @property
    def project(self) -> ComposeProject:
        """Which project, where, from which files."""

    def engine(self) -> EngineFacts:
        """The engine, or `HostError` when it does not answer."""

    def containers(self, service: str = "") -> tuple[Container, ...]:
        """Every container of the project, or of one service, stopped ones too."""

    def resolve(self, files: Sequence[Path] = (), env_file: Path | None = None) -> ComposeModel:
        """The model of the project's files, or of others with another env file, config hashes included.

        Relative paths in the files are always taken from the project directory.
        """

    def shadowed(self) -> tuple[str, ...]:
        """Variables that both this shell and the project's env file define, by name."""

    def image(self, reference: str) -> Image | None:
        """An image that is here (by tag, digest or id), or None."""

    def images(self, references: Sequence[str]) -> dict[str, Image]:
        """Those of several images that are here, by reference: one question for all."""

    def registry_digest(self, reference: str) -> str:
        """What the registry says the tag is now ("sha256:…"); "" where the registry cannot be asked."""

    def pull(self, reference: str, progress: Callable[[str], None]) -> Image:
        """Pull, telling lines of progress."""

    def keep(self, image_id: str, name: str) -> None:
        """Tag an image so that `docker image prune` spares it."""

    def release(self, name: str) -> None:
        """Remove a tag made by `keep`; no error when there is none."""

    def retag(self, image_id: str, reference: str) -> None:
        """Make a tag point at an image that is here (going back when the registry moved on or is gone)."""

    def up(self, service: str, *, scale: int | None = None, recreate: bool = True) -> None:
        """`compose up -d --no-deps --pull never`, with `--scale` and `--no-recreate` as asked."""

    def stop(self, container_id: str, *, grace_s: float) -> None:
        """Stop, waiting `grace_s` before it is killed; no error when it is gone."""

    def remove(self, container_id: str) -> None:
        """Remove a stopped container by id; no error when it is gone."""

    def mark(self, container_id: str, file: str, *, there: bool) -> None:
        """Make or remove an empty file in a running container; no error when the container is gone."""

    def start(self, container_id: str) -> None:
        """Start a stopped container as it is; no error when it runs."""

    def archive(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """A folder of a container, running or not, as a tar in a new 0600 file (`docker cp`), read whole again."""

    def unarchive(self, archive: Path, container_id: str, path: str, progress: Progress) -> None:
        """Unpack such a tar over a folder of a container; files that are only there stay."""

    def logs(self, container_id: str, *, lines: int) -> tuple[str, ...]:
        """The last lines of output, as they are (hostile); () when it is gone."""


class PostgresAccess(Protocol):
    """How the Postgres server of this stack is reached; the adapter for `Database` is built on it."""

    def connection(self, database: str) -> dict[str, str]:
        """Psycopg's connection keywords (host, port, user, password, dbname). Never to be logged."""

    def command(self, tool: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """The argv that runs a client tool of the server's own version (`pg_dump -Fc …`), stdin and stdout attached.

        The second part is the environment that the argv needs on top of this process's own (PGPASSWORD and the
        like): secrets travel there, never in argv. The tool is pointed at the server as its superuser.
        """

    def free_bytes(self, folder: str) -> int | None:
        """Space left on the file system of a folder of the server's; None where that cannot be seen."""


class Moment(Protocol):
    """One database held as of one moment (`Database.moments`)."""

    @property
    def database(self) -> str:
        """Its name."""

    @property
    def id(self) -> str:
        """The exported snapshot, for `pg_dump --snapshot`."""

    @property
    def major(self) -> int:
        """The server's major version."""

    def contents(self) -> DatabaseContents:
        """Exact rows, schema fingerprint, extensions and properties of that moment."""

    def cancel(self) -> None:
        """End `contents` early, from another thread."""


class Database(Protocol):
    """The stack's Postgres server, spoken to directly, never through PgBouncer."""

    def server(self) -> ServerFacts:
        """Version and data directory."""

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """Every database but the templates, those that avnwizard keeps aside included, by name."""

    def fingerprint(self, database: str) -> str:
        """A hash over the schema (tables, columns, types, constraints, indexes, views, functions, sequences)."""

    def row_counts(self, database: str) -> dict[str, int]:
        """Exact rows per table ("schema.table")."""

    def table_sizes(self, database: str) -> dict[str, tuple[int, int]]:
        """(bytes with TOAST but without indexes, estimated rows) per table ("schema.table")."""

    def write_counters(self, database: str) -> WriteCounters:
        """Rows inserted, updated and deleted per table ("schema.table") since the server began to count."""

    def dump_globals(self, to: Path) -> FileFacts:
        """`pg_dumpall --globals-only` into a new 0600 file (it holds password hashes)."""

    def globals_changes(self, dump: Path) -> GlobalsChange:
        """How roles, memberships and other globals differ from what `dump_globals` wrote; no secret in it."""

    def repair_globals(self, dump: Path, *, only_missing: bool = False) -> GlobalsChange:
        """Put roles (passwords as hashes), settings and memberships back; new roles are told and left.

        With `only_missing` only the roles that are gone are made.
        """

    def dump_rows(self, database: str, tables: Sequence[str], to: Path, progress: Progress) -> None:
        """`pg_dump -Fc --data-only` of some tables ("schema.table") into a new 0600 file, fsynced."""

    def moments(self, databases: Sequence[str]) -> AbstractContextManager[Sequence[Moment]]:
        """Hold databases as of now, all of one moment, until the end of the `with`."""

    def dump(self, moment: Moment, to: Path, progress: Progress) -> tuple[FileFacts, DatabaseContents]:
        """`pg_dump -Fc` of that moment into a new 0600 file: fsynced, read back whole, the file as the disk has it.

        Progress is in bytes of the tables as they lie on the server's disk.
        """

    def read_back(self, dump: Path, progress: Progress = ...) -> None:
        """Read a dump to its end (`pg_restore -f /dev/null`); `HostError` when it is not whole."""

    def restore(self, dump: Path, database: str, progress: Progress, *, scratch: bool = False) -> None:
        """`pg_restore --exit-on-error` into an empty database, then ANALYZE; `scratch`: it is dropped afterwards."""

    def free_bytes(self) -> int | None:
        """Space left where the server keeps its data; None where that cannot be seen."""

    def create(self, database: str, *, owner: str, like: str | DatabaseProperties = "") -> None:
        """An empty database (template0), with another's encoding, locale, grants and settings: no dump holds them."""

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""

    def rename(self, old: str, new: str) -> None:
        """End the connections to a database and rename it."""

    def drop(self, database: str) -> None:
        """End the connections and drop; no error when it is gone."""


class ProbeRun(Protocol):
    """A probe under way, beside the run."""

    @property
    def problem(self) -> str:
        """Why it ended by itself, "" while it has not."""

    def now(self) -> float:
        """The steady clock, in seconds, of the times that it tells."""

    def focus(self, service: str) -> None:
        """Ask this service's routes more often, as it is being rolled; "" for all alike."""

    def stop(self) -> None:
        """Send no more, and wait a few seconds for what is under way."""


class EdgeProbe(Protocol):
    """Asks the edge as users do. It never raises: what goes wrong is an outcome."""

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        """One GET for each route, all at once, within a few seconds."""

    def start(
        self, routes: Sequence[Route], *, rate: float, settled: Callable[[Route, Outcome, float, float], None]
    ) -> ProbeRun:
        """Send `rate` requests a second, each when it is due, whether or not the ones before were answered.

        Args:
            settled: told of each request, from the probe's own thread: when it was due, when it ended.
        """
