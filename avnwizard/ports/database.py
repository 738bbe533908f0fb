"""The stack's Postgres server."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from avnwizard.domain.host import DatabaseFacts, ServerFacts
from avnwizard.domain.migrations import TableSize
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.domain.postgres.database import DatabaseContents, DatabaseProperties, FileFacts
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.postgres.writes import WriteCounters
from avnwizard.ports.migrations import Migrations
from avnwizard.ports.progress import Progress
from avnwizard.ports.roles import Roles
from avnwizard.ports.sealed_rows import SealedRows


@dataclass(frozen=True)
class ContainerCommand:
    """A tool in a container of an engine on this host.

    Attributes:
        engine_socket: the engine's.
        container: id or name.
        tool: the argv there.
        variables: its environment, on top of the container's.
    """

    engine_socket: Path
    container: str
    tool: tuple[str, ...]
    variables: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class ToolCommand:
    """A client tool of the server's, stdin and stdout attached.

    Attributes:
        argv: runs it from here.
        environment: what the argv needs on top of this process's own; secrets travel there, never in argv.
        container: what to ask the engine itself for, where it is on this host: the tool in its container.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    container: ContainerCommand | None = None


class PostgresAccess(Protocol):
    """How the Postgres server of this stack is reached; the adapter for `Database` is built on it."""

    def connection(self, database: str) -> dict[str, str]:
        """Psycopg's connection keywords (host, port, user, password, dbname). Never to be logged."""

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """How to run a client tool of the server's own version (`pg_dump -Fc …`), or `sh`, which finds those tools.

        The tool is pointed at the server as its superuser.
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

    @property
    def counters(self) -> WriteCounters:
        """What had been written when the moment came, or a little earlier, as `Database.write_counters` reports."""

    def contents(self) -> DatabaseContents:
        """Exact rows, schema fingerprint, extensions and properties of that moment."""

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""

    def cancel(self) -> None:
        """End `contents` and a dump of this early, from another thread."""


class Database(Protocol):
    """The stack's Postgres server, spoken to directly, never through PgBouncer."""

    def server(self) -> ServerFacts:
        """Version and data directory."""

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """Every database by name, those that avnwizard keeps aside included, PostgreSQL's own templates not."""

    def fingerprint(self, database: str) -> str:
        """A hash over the schema (tables, columns, types, constraints, indexes, views, functions, sequences)."""

    def look(self, databases: Sequence[str]) -> dict[str, tuple[str, WriteCounters]]:
        """`fingerprint` of each, and after all of those `write_counters` of each: cheaper than one by one."""

    def stale_collations(self) -> tuple[StaleDatabase, ...]:
        """The databases in which another library than the server has now put text in order, templates too."""

    def renew_collations(self, database: str) -> int:
        """Make the indexes of those again, then refresh the recorded versions; how many indexes. Repeatable."""

    def row_counts(self, database: str) -> dict[str, int]:
        """Exact rows per table ("schema.table")."""

    def table_sizes(self, database: str) -> dict[str, TableSize]:
        """Bytes with TOAST but without indexes, estimated rows and columns per table ("schema.table")."""

    def write_counters(self, database: str) -> WriteCounters:
        """Rows inserted, updated and deleted per table ("schema.table") since the server began to count."""

    def dump_globals(self, to: Path) -> FileFacts:
        """`pg_dumpall --globals-only` into a new 0600 file (it holds password hashes)."""

    def globals_changes(self, dump: Path) -> GlobalsChange:
        """How roles, memberships and other globals differ from what `dump_globals` wrote; no secret in it."""

    def repair_globals(self, dump: Path, *, only_missing: bool = False) -> GlobalsChange:
        """Put roles (passwords as hashes), settings and memberships back; new roles are reported and left.

        With `only_missing` only the roles that are gone are made, with their settings, memberships and grants; `left`
        is then what of that the server refused.
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

    def proving_bytes(self) -> int | None:
        """Space left where a dump is restored to prove it; None where that cannot be seen, or is no place for it."""

    def may_create(self) -> bool:
        """Whether databases may be made here: without that nothing can be put back."""

    def create(self, database: str, *, owner: str, like: str | DatabaseProperties = "") -> None:
        """An empty database (template0), with another's encoding, locale, grants and settings: no dump holds them."""

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""

    def rename(self, old: str, new: str) -> None:
        """End the connections to a database and rename it."""

    def drop(self, database: str) -> None:
        """End the connections and drop; no error when it is gone."""

    def sealed_rows(self, database: str) -> SealedRows:
        """What a service keeps in one database under its secrets."""

    def migrations(self, database: str) -> Migrations:
        """What avnwizard runs itself of a release's migrations, in one database."""

    def roles(self) -> Roles:
        """The login roles and their passwords."""
