"""The port `Database`."""

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from avnwizard.adapters.postgres import archive, catalog, collations, lifecycle, properties, roles
from avnwizard.adapters.postgres.logins import PostgresRoles
from avnwizard.adapters.postgres.meter import metered
from avnwizard.adapters.postgres.migrating import PostgresMigrations
from avnwizard.adapters.postgres.moment import HeldMoment, held
from avnwizard.adapters.postgres.read_back import NoToolsError, dump_read_back
from avnwizard.adapters.postgres.sealed_rows import PostgresSealedRows
from avnwizard.adapters.postgres.session import asked, session
from avnwizard.domain import commands
from avnwizard.domain.host import DatabaseFacts, ServerFacts
from avnwizard.domain.migrations import TableSize
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.domain.postgres.database import DatabaseContents, DatabaseProperties, FileFacts
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.postgres.writes import WriteCounters
from avnwizard.errors import HostError
from avnwizard.ports import Moment, PostgresAccess, Progress

_ZSTD_SINCE = 16
_NOT_RESTORED = "The database that was being restored is incomplete; the old one was not touched."


class PostgresDatabase:
    """A PostgreSQL server, reached by `access`.

    Args:
        access: how to connect and how to run the server's own client tools.
    """

    def __init__(self, access: PostgresAccess) -> None:
        self._access = access

    def server(self) -> ServerFacts:
        """Version and data directory."""
        with session(self._access, self._lobby()) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
                " current_setting('data_directory'),"
                " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                " ELSE pg_current_wal_flush_lsn() END::text"
            ).fetchone()
        assert row is not None
        version, number, folder, position = row
        return ServerFacts(str(version).split()[0], int(number) // 10000, str(folder), str(position))

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """Every database by name, templates too but for PostgreSQL's own and those that nobody may connect to."""
        query = (
            "SELECT datname, pg_get_userbyid(datdba), pg_database_size(oid) FROM pg_database"
            " WHERE NOT datistemplate OR (datallowconn AND datname NOT IN ('template0', 'template1'))"
            ' ORDER BY datname COLLATE "C"'
        )
        with session(self._access, self._lobby()) as connection:
            rows = connection.execute(query).fetchall()
        return tuple(DatabaseFacts(str(name), str(owner), int(size)) for name, owner, size in rows)

    def fingerprint(self, database: str) -> str:
        """A hash over the schema; data, owners and grants do not count, and a restored copy has the same."""
        with session(self._access, database) as connection:
            return catalog.fingerprint_giving_way(connection)

    def look(self, databases: Sequence[str]) -> dict[str, tuple[str, WriteCounters]]:
        """Each one's schema, then what was written to each: over one connection each, so the counts come together."""
        with contextlib.ExitStack() as stack:
            opened = {name: stack.enter_context(session(self._access, name)) for name in databases}
            schemas = {name: asked(name, catalog.fingerprint_giving_way, opened[name]) for name in databases}
            return {name: (schemas[name], asked(name, catalog.write_counters, opened[name])) for name in databases}

    def stale_collations(self) -> tuple[StaleDatabase, ...]:
        """The databases in which another library than the server has now put text in order, templates too."""
        return collations.stale(self._access)

    def renew_collations(self, database: str) -> int:
        """Make the indexes of those again, then refresh the recorded versions; how many indexes. Repeatable."""
        return collations.renew(self._access, database)

    def row_counts(self, database: str) -> dict[str, int]:
        """Exact rows per table ("schema.table"), as of one moment."""
        with session(self._access, database) as connection:
            return catalog.row_counts(connection)

    def table_sizes(self, database: str) -> dict[str, TableSize]:
        """Bytes with TOAST but without indexes, estimated rows and columns per table ("schema.table")."""
        with session(self._access, database) as connection:
            return catalog.table_sizes(connection)

    def write_counters(self, database: str) -> WriteCounters:
        """Rows inserted, updated and deleted per table ("schema.table"), as the server's statistics say."""
        with session(self._access, database) as connection:
            return catalog.write_counters(connection)

    def dump_globals(self, to: Path) -> FileFacts:
        """`pg_dumpall --globals-only` into a 0600 file (it holds password hashes)."""
        return archive.dump_to_file(self._access, commands.pg_dumpall_globals(), to, lambda _done, _total: None)

    def globals_changes(self, dump: Path) -> GlobalsChange:
        """How roles, memberships and other globals differ from what `dump_globals` wrote."""
        return roles.changes(self._access, dump)

    def repair_globals(self, dump: Path, *, only_missing: bool = False) -> GlobalsChange:
        """Put roles, their settings and memberships back in one transaction; new roles are reported and left."""
        with session(self._access, self._lobby()) as connection:
            return roles.put_back(self._access, connection, dump, only_missing=only_missing)

    def dump_rows(self, database: str, tables: Sequence[str], to: Path, progress: Progress) -> None:
        """`pg_dump -Fc --data-only` of some tables ("schema.table")."""
        with session(self._access, database) as connection:
            patterns = catalog.patterns(connection, tables)
        if not patterns:
            raise HostError(f"None of these tables is in {database}.", "Nothing was dumped.")
        archive.dump_to_file(self._access, commands.pg_dump_rows(database, patterns), to, progress)

    @contextlib.contextmanager
    def moments(self, databases: Sequence[str]) -> Iterator[tuple[HeldMoment, ...]]:
        """Hold databases as of now, all of one moment, for `dump`; let go of them at the end."""
        with session(self._access, self._lobby()) as connection:
            lifecycle.require_open(connection, databases)
        with held(self._access, databases) as moments:
            yield moments

    def dump(self, moment: Moment, to: Path, progress: Progress) -> tuple[FileFacts, DatabaseContents]:
        """`pg_dump -Fc` of that moment into a 0600 file, read back; compressed by zstd where it can, else by gzip.

        Rows are counted and the schema described in the same moment, meanwhile: they are exact.
        """
        with ThreadPoolExecutor(1) as beside:
            described = beside.submit(moment.contents)
            try:
                with metered(self._access, moment.database, progress):
                    written = self._dumped(moment, to)
            except BaseException:
                moment.cancel()
                raise
            return written, described.result()

    def _dumped(self, moment: Moment, to: Path) -> FileFacts:
        if moment.major >= _ZSTD_SINCE:
            try:
                return self._compressed(moment, to, "zstd:1")
            except HostError as error:
                if not archive.is_about_compression(error):
                    raise
        return self._compressed(moment, to, "1")

    def _compressed(self, moment: Moment, to: Path, compression: str) -> FileFacts:
        def go_on(_done: int, _total: int | None) -> None:
            if moment.cancelled:
                raise HostError(
                    f"The dump of {moment.database} was broken off.", "The dump that failed first names the reason."
                )

        tool = commands.pg_dump(moment.database, compression=compression, moment=moment.id)
        try:
            return dump_read_back(self._access, tool, to, go_on)
        except NoToolsError:
            written = archive.dump_to_file(self._access, tool, to, go_on)
            try:
                self.read_back(to)
            except BaseException:
                to.unlink(missing_ok=True)
                raise
            return written

    def read_back(self, dump: Path, progress: Progress = lambda _done, _total: None) -> None:
        """Read a dump to its end; `HostError` when it is not whole."""
        archive.feed_from_file(self._access, commands.pg_read_back(), dump, progress, hint=archive.NOT_WHOLE)

    def restore(self, dump: Path, database: str, progress: Progress, *, scratch: bool = False) -> None:
        """`pg_restore --exit-on-error` into an empty database, owners kept, then ANALYZE (not of a `scratch` one)."""
        tool = commands.pg_restore(database, scratch=scratch)
        archive.feed_from_file(self._access, tool, dump, progress, hint=_NOT_RESTORED)
        if not scratch:
            with session(self._access, database) as connection:
                connection.execute("ANALYZE")

    def free_bytes(self) -> int | None:
        """Space left where the server keeps its data; None where that cannot be seen."""
        return self._access.free_bytes(self.server().data_directory)

    def proving_bytes(self) -> int | None:
        """The same: a scratch database lies alongside the live ones."""
        return self.free_bytes()

    def may_create(self) -> bool:
        """Whether the role that connects may make databases."""
        with session(self._access, self._lobby()) as connection:
            query = "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            row = connection.execute(query).fetchone()
        return bool(row and row[0])

    def create(self, database: str, *, owner: str, like: str | DatabaseProperties = "") -> None:
        """An empty database (template0).

        With `like`, the encoding, locale, connection limit, comment, grants and settings of another database, or
        those written down, are given to it: a dump does not hold them.
        """
        from psycopg import sql

        command = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 {}")
        names = sql.Identifier(database), sql.Identifier(owner)
        with session(self._access, self._lobby(database)) as connection:
            known = properties.read(connection, like) if isinstance(like, str) and like else like or None
            options = properties.options(known) if isinstance(known, DatabaseProperties) else sql.SQL("")
            connection.execute(command.format(*names, options))
            if isinstance(known, DatabaseProperties):
                properties.apply(connection, known, database)

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""
        with session(self._access, self._lobby(database)) as connection:
            return lifecycle.exists(connection, database)

    def rename(self, old: str, new: str) -> None:
        """End the connections to a database and rename it; repeated after a crash it completes."""
        with session(self._access, self._lobby(old, new)) as connection:
            lifecycle.rename(connection, old, new)

    def drop(self, database: str) -> None:
        """End the connections and drop; no error when it is gone."""
        with session(self._access, self._lobby(database)) as connection:
            lifecycle.drop(connection, database)

    def roles(self) -> PostgresRoles:
        """The login roles and their passwords."""
        return PostgresRoles(self._access)

    def sealed_rows(self, database: str) -> PostgresSealedRows:
        """What a service keeps in one database under its secrets."""
        return PostgresSealedRows(self._access, database)

    def migrations(self, database: str) -> PostgresMigrations:
        """What avnwizard runs itself of a release's migrations, in one database."""
        return PostgresMigrations(self._access, database)

    def _lobby(self, *avoided: str) -> str:
        """A database to connect to that is not the one to be changed."""
        return "template1" if "postgres" in avoided else "postgres"
