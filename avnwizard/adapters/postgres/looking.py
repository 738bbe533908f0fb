"""What a server holds and is used for, as far as a new major concerns it."""

from typing import TYPE_CHECKING, Any, LiteralString

from avnwizard.adapters.postgres import catalog, properties
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.postgres.major import DatabaseLook, ServerLook
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_SERVER: LiteralString = """
  SELECT current_setting('server_version'), current_setting('server_version_num')::int, rolname,
    current_setting('data_checksums') = 'on',
    (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
    current_setting('wal_level') <> 'minimal' AND current_setting('max_wal_senders')::int >= 2,
    current_setting('wal_level')
  FROM pg_authid WHERE oid = 10"""
_DATABASES: LiteralString = """
  SELECT datname, pg_get_userbyid(datdba), pg_database_size(oid), coalesce(to_jsonb(d)->>'datcollversion', '')
  FROM pg_database d
  WHERE datname NOT IN ('template0', 'template1') ORDER BY datname COLLATE "C" """
_SUBSCRIPTIONS: LiteralString = """
  SELECT datname || '.' || subname FROM pg_subscription JOIN pg_database d ON d.oid = subdbid"""
_REPLICAS: LiteralString = """
  SELECT concat_ws(' ', application_name, 'from', host(client_addr)) FROM pg_stat_replication
  WHERE application_name NOT LIKE 'avnwizard%' AND application_name <> 'pg_basebackup'"""
_USER_RELATIONS: LiteralString = """
  SELECT n.nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE c.oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_'"""
_UNLOGGED: LiteralString = """
  SELECT n.nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relpersistence = 'u' AND relkind = 'r'"""
_KEYLESS: LiteralString = """
  SELECT n.nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE relkind IN ('r', 'p') AND relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)"""
_FIRING: LiteralString = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('A', 'R') AND NOT tgisinternal"
_ODD_OPTIONS: LiteralString = """
  SELECT DISTINCT split_part(o, '=', 1) FROM pg_attribute, unnest(attoptions) o
  WHERE split_part(o, '=', 1) NOT IN ('n_distinct', 'n_distinct_inherited')"""
"""Columns have no other options (PostgreSQL 9.0 to 18, reloptions.c)."""
_SETTINGS: LiteralString = """
  SELECT DISTINCT ON (name) name, setting FROM pg_file_settings WHERE error IS NULL ORDER BY name, seqno DESC"""
_STRANGERS: LiteralString = """
  SELECT concat_ws(' ', NULLIF(application_name, ''), 'as', usename, 'on', datname, 'from', host(client_addr))
  FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
    AND application_name NOT LIKE 'avnwizard%'"""


def look(access: PostgresAccess) -> ServerLook:
    """Ask the server; nothing is changed."""
    with session(access, "postgres") as connection:
        version, number, superuser, checksums, segment, streams, level = connection.execute(_SERVER).fetchall()[0]
        rows = connection.execute(_DATABASES).fetchall()
        base = properties.read(connection, "postgres")
        facts = {name: properties.read(connection, str(name)) for name, *_ in rows}
        slots = _column(connection, "SELECT slot_name FROM pg_replication_slots WHERE NOT temporary")
        replicas = _column(connection, _REPLICAS)
        prepared = _column(connection, "SELECT gid FROM pg_prepared_xacts")
        subscriptions = _column(connection, _SUBSCRIPTIONS)
        tablespaces = _column(connection, "SELECT spcname FROM pg_tablespace WHERE spcname !~ '^pg_'")
        settings = {str(name): str(value) for name, value in connection.execute(_SETTINGS).fetchall()}
    databases, publications, odd = [], [], set[str]()
    for name, owner, size, collation in rows:
        with session(access, str(name)) as connection:
            extensions = catalog.extensions(connection)
            unlogged = _column(connection, _UNLOGGED)
            odd |= {*_column(connection, _ODD_OPTIONS)}
            publications += [f"{name}.{each}" for each in _column(connection, "SELECT pubname FROM pg_publication")]
            keyless, firing = _column(connection, _KEYLESS), _column(connection, _FIRING)
            (objects,) = connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchall()[0]
        databases.append(
            DatabaseLook(
                str(name), str(owner), int(size), extensions, facts[name].provider, unlogged,
                keyless, firing, int(objects), str(collation),
            )
        )  # fmt: skip
    with session(access, "template1") as connection:
        template = _column(connection, _USER_RELATIONS)
    locale = [f"--encoding={base.encoding}", f"--lc-collate={base.collate}", f"--lc-ctype={base.ctype}"]
    if base.provider != "c":
        kind, word = ("icu", "icu-locale") if base.provider == "i" else ("builtin", "builtin-locale")
        locale += [f"--locale-provider={kind}", f"--{word}={base.locale}"]
    return ServerLook(
        version=str(version).split()[0],
        major=int(number) // 10000,
        superuser=str(superuser),
        databases=tuple(databases),
        slots=slots,
        replicas=replicas,
        prepared=prepared,
        subscriptions=subscriptions,
        publications=tuple(publications),
        template_objects=template,
        tablespaces=tablespaces,
        settings=settings,
        checksums=bool(checksums),
        streams=bool(streams),
        wal_level=str(level),
        wal_segment_bytes=int(segment),
        locale=tuple(locale),
        odd_options=tuple(sorted(odd)),
    )


def strangers(access: PostgresAccess) -> tuple[str, ...]:
    """Who is connected, apart from avnwizard."""
    with session(access, "postgres") as connection:
        return _column(connection, _STRANGERS)


def _column(connection: "Connection", query: LiteralString) -> tuple[str, ...]:
    return tuple(sorted(str(row[0]) for row in connection.execute(query).fetchall()))
