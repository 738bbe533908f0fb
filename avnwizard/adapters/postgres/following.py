"""One server follows another by logical replication: publications, subscriptions, slots; and what these leave out."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, LiteralString

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import required
from avnwizard.adapters.postgres import unreplicated
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.adapters.postgres.session import session
from avnwizard.domain import commands
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.following import PUBLICATION, SLOTS, Following, FollowOrder, wanted_settings
from avnwizard.errors import HostError

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

    Connection = psycopg.Connection[tuple[Any, ...]]

_PASSFILE = "/tmp/avnwizard-follow"  # noqa: S108 - within a helper container, for its server alone
_DROP_S, _POLL_S = 60.0, 0.2
_KEYLESS: LiteralString = """
  SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND c.relreplident = 'd'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)"""
_OWN_FILE: LiteralString = """
  SELECT name, setting FROM pg_file_settings WHERE error IS NULL AND name = ANY(%s)
    AND sourcefile LIKE '%%postgresql.auto.conf'"""
_LAG: LiteralString = """
  SELECT count(*) FILTER (WHERE active),
    coalesce(greatest(max(pg_wal_lsn_diff(coalesce(%s::pg_lsn, pg_current_wal_lsn()), confirmed_flush_lsn)), 0), 0),
    coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)
  FROM pg_replication_slots WHERE starts_with(slot_name, %s) AND slot_type = 'logical'"""
_TABLES: LiteralString = "SELECT count(*), count(*) FILTER (WHERE srsubstate = 'r') FROM pg_subscription_rel"
_ROWS: LiteralString = "SELECT coalesce(sum(tuples_processed), 0) FROM pg_stat_progress_copy WHERE datname = %s"
_WRITTEN: LiteralString = "SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database WHERE datname = ANY(%s)"
_ERRORS: LiteralString = """
  SELECT coalesce(sum(apply_error_count), 0), coalesce(sum(sync_error_count), 0) FROM pg_stat_subscription_stats"""


_NEXT: LiteralString = """
  SELECT coalesce((SELECT f.setting FROM pg_file_settings f WHERE f.name = s.name ORDER BY f.seqno DESC LIMIT 1),
    s.boot_val) FROM pg_settings s WHERE s.name = %s"""
_NOW: LiteralString = "SELECT setting FROM pg_settings WHERE name = %s"
_OURS: LiteralString = """
  SELECT subname FROM pg_subscription WHERE starts_with(subname, %s)
    AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_KEPT: LiteralString = """
  SELECT count(*), coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::bigint
  FROM pg_replication_slots WHERE starts_with(slot_name, %s)"""


class Followers:
    """Has servers follow others.

    Args:
        cli: runs docker.
        access: reaches a server by its container.
    """

    def __init__(self, cli: DockerCli, access: Callable[[str], ContainerPostgresAccess]) -> None:
        self._cli, self._access = cli, access

    def wanted(self, container: str, databases: int) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        """(what must be set in a server so that it can be followed, what `postgresql.auto.conf` says of that now)."""
        return self._wanted(container, databases, _NOW)

    def wanted_next(self, container: str, databases: int) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        """The same of what counts from the server's next start on, as its files say, not its command line."""
        return self._wanted(container, databases, _NEXT)

    def _wanted(
        self, container: str, databases: int, query: LiteralString
    ) -> tuple[Mapping[str, str], Mapping[str, str | None]]:
        with session(self._access(container), "postgres") as connection:
            level = str(connection.execute(query, ["wal_level"]).fetchall()[0][0])
            wanted = {} if level == "logical" else {"wal_level": "logical"}
            for name, least in wanted_settings(databases).items():
                if int(connection.execute(query, [name]).fetchall()[0][0]) < least:
                    wanted[name] = str(least)
            known = dict(connection.execute(_OWN_FILE, [list(wanted)]).fetchall())
        return wanted, {name: known.get(name) for name in wanted}

    def set(self, container: str, settings: Mapping[str, str | None]) -> None:
        """Set or reset (None) what counts from the server's next start on."""
        from psycopg import sql

        with session(self._access(container), "postgres") as connection:
            for name, value in settings.items():
                key = sql.Identifier(name)
                if value is None:
                    connection.execute(sql.SQL("ALTER SYSTEM RESET {}").format(key))
                else:
                    connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(key, sql.Literal(value)))

    def keyless(self, container: str, databases: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
        """(database, schema, table) of tables with neither a primary key nor a replica identity."""
        found = []
        for database in databases:
            with session(self._access(container), database) as connection:
                found += [(database, str(a), str(b)) for a, b in connection.execute(_KEYLESS).fetchall()]
        return tuple(sorted(found))

    def publish(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]]) -> None:
        """First whole rows as the identity of tables without a key, or their UPDATE would fail; then publications."""
        for database in order.databases:
            with session(self._access(order.old), database) as connection:
                _identify(connection, [(a, b) for name, a, b in keyless if name == database], "FULL")
                connection.execute(f"CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES")

    def subscribe(self, order: FollowOrder) -> None:
        """Have the new server copy every table of the old, and follow it; the password stays out of its catalog."""
        from psycopg import sql

        self._introduce(order)
        for database in order.databases:
            with session(self._access(order.old), database) as connection:
                published = connection.execute(
                    "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = %s", [PUBLICATION]
                ).fetchall()
            with session(self._access(order.new), database) as connection:
                names = [sql.Identifier(str(a), str(b)) for a, b in published]
                if names:  # an extension's own rows come with it, and would stand in the way of the copy
                    connection.execute("SET session_replication_role = replica")
                    connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))
                _subscribe(connection, _name(connection), self._where(order, database), sql.SQL(""))

    def reserve(self, order: FollowOrder) -> None:
        """Have the old server keep all that is written from now on for the new one, which may `follow` later."""
        for database in order.databases:
            with session(self._access(order.old), database) as connection:
                connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [_name(connection)])

    def follow(self, order: FollowOrder) -> None:
        """Have the new server follow from where `reserve` was; it must hold what the old one held then."""
        from psycopg import sql

        self._introduce(order)
        for database in order.databases:
            with session(self._access(order.old), database) as connection:
                slot = _name(connection)
            with session(self._access(order.new), database) as connection:
                if not connection.execute(_OURS, [SLOTS]).fetchall():
                    how = sql.SQL(" WITH (create_slot = false, copy_data = false, slot_name = {})")
                    _subscribe(connection, slot, self._where(order, database), how.format(sql.Literal(slot)))

    def kept(self, container: str) -> tuple[int, int]:
        """(how many slots a server has for another one to follow it, bytes of WAL that it keeps for them)."""
        with session(self._access(container), "postgres") as connection:
            many, held = connection.execute(_KEPT, [SLOTS]).fetchall()[0]
        return int(many), int(held)

    def _introduce(self, order: FollowOrder) -> None:
        """Leave the old server's password where the new one's workers find it."""
        _, password = self._access(order.old).credentials()
        secret = password.reveal().replace("\\", "\\\\").replace(":", "\\:")
        script = f"umask 077; cat >{_PASSFILE}; chown postgres {_PASSFILE}"
        argv = ("docker", "exec", "-i", "-u", "0", order.new, "sh", "-c", script)
        self._cli.run(argv, stdin=f"*:*:*:*:{secret}\n".encode())

    def _where(self, order: FollowOrder, database: str) -> str:
        """How the new server reaches a database of the old one, without a secret."""
        host = str(required(self._cli, order.old)["Name"]).removeprefix("/")
        user, _ = self._access(order.old).credentials()
        where = f"{commands.conninfo(database)} host={_quoted(host)} port=5432 user={_quoted(user)}"
        return f"{where} passfile={_PASSFILE} connect_timeout=10"

    def position(self, container: str) -> str:
        """The end of what a server has written, as a number of its WAL."""
        with session(self._access(container), "postgres") as connection:
            return str(connection.execute("SELECT pg_current_wal_insert_lsn()").fetchall()[0][0])

    def progress(self, order: FollowOrder, until: str = "") -> Following:
        """How far it is, or was when the old server had come to a position."""
        tables = copied = rows = errors = 0
        for database in order.databases:
            with session(self._access(order.new), database) as connection:
                here, ready = connection.execute(_TABLES).fetchall()[0]
                rows += int(connection.execute(_ROWS, [database]).fetchall()[0][0])
            tables, copied = tables + int(here), copied + int(ready)
        with session(self._access(order.new), "postgres") as connection:
            written = connection.execute(_WRITTEN, [list(order.databases)]).fetchall()[0][0]
            errors = sum(map(int, connection.execute(_ERRORS).fetchall()[0]))
        with session(self._access(order.old), "postgres") as connection:
            active, lag, held = connection.execute(_LAG, [until or None, SLOTS]).fetchall()[0]
        behind = int(lag) if int(active) >= len(order.databases) else None
        trouble = "its log says why a change could not be applied" if errors else ""
        return Following(tables, copied, rows, behind, int(held), trouble, int(written))

    def unfollow(self, order: FollowOrder, keyless: Sequence[tuple[str, str, str]], *, new: bool) -> None:
        """Leave nothing of it on the old server: no publication, no slot, no identity; nor on the new where it runs.

        No error for what is gone already.
        """
        if new:
            for database in order.databases:
                self._unsubscribe(order.new, database)
        with session(self._access(order.old), "postgres") as connection:
            _drop_slots(connection)
            there = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
        for database in order.databases:
            if database in there:
                with session(self._access(order.old), database) as connection:
                    connection.execute(f"DROP PUBLICATION IF EXISTS {PUBLICATION}")
                    _identify(connection, [(a, b) for name, a, b in keyless if name == database], "DEFAULT")

    def carry(self, order: FollowOrder, database: str) -> None:
        """What replication leaves out, while nobody writes."""
        unreplicated.carry(self._access(order.old), self._access(order.new), database)

    def _unsubscribe(self, container: str, database: str) -> None:
        """Without its slot, which the old server may hold for a worker that is just being ended."""
        from psycopg import sql

        with session(self._access(container), "postgres") as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchall():
                return
        with session(self._access(container), database) as connection:
            for (name,) in connection.execute(_OURS, [SLOTS]).fetchall():
                key = sql.Identifier(str(name))
                connection.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(key))
                connection.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(key))
                connection.execute(sql.SQL("DROP SUBSCRIPTION {}").format(key))


def _name(connection: "Connection") -> str:
    """Of the slot and the subscription of the database that a connection is to."""
    query = "SELECT oid FROM pg_database WHERE datname = current_database()"
    return f"{SLOTS}{connection.execute(query).fetchall()[0][0]}"


def _subscribe(connection: "Connection", name: str, where: str, how: "sql.Composable") -> None:
    from psycopg import sql

    command = sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {}").format(
        sql.Identifier(name), sql.Literal(where), sql.Identifier(PUBLICATION)
    )
    connection.execute(sql.Composed([command, how]))


def _drop_slots(connection: "Connection") -> None:
    """Those of ours, also of tables that were being copied; a worker that still reads from one is ended."""
    from psycopg import DatabaseError

    query = (
        "SELECT slot_name, active_pid FROM pg_replication_slots WHERE starts_with(slot_name, %s) OR slot_name ~ %s"
    )
    deadline = time.monotonic() + _DROP_S
    while found := connection.execute(query, [SLOTS, r"^pg_\d+_sync_\d+_\d+$"]).fetchall():
        for name, pid in found:
            try:
                if pid is not None:
                    connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
                connection.execute("SELECT pg_drop_replication_slot(%s)", [name])
            except DatabaseError:
                if connection.closed or time.monotonic() >= deadline:
                    shown = printable(str(name), limit=63)
                    raise HostError(
                        f"The replication slot {shown} of the old server cannot be dropped, and keeps its WAL.",
                        f"SELECT pg_drop_replication_slot('{shown}') there, then resume.",
                    ) from None
                time.sleep(_POLL_S)


def _identify(connection: "Connection", tables: Sequence[tuple[str, str]], identity: LiteralString) -> None:
    """Set the replica identity of tables that are still there."""
    from psycopg import sql

    for schema, table in tables:
        there = connection.execute("SELECT to_regclass(%s)", [f'"{_doubled(schema)}"."{_doubled(table)}"']).fetchall()
        if there[0][0] is not None:
            name = sql.Identifier(schema, table)
            connection.execute(sql.SQL("ALTER TABLE {} REPLICA IDENTITY " + identity).format(name))


def _doubled(name: str) -> str:
    return name.replace('"', '""')


def _quoted(value: str) -> str:
    """A value of a connection string (libpq, 34.1.1)."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
