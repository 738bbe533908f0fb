"""The schema of a database as text that two equal schemas share: no OID, no position, no value, no owner.

Definitions come from PostgreSQL's own deparsing functions (16 and 18 tried) under an empty search_path.
"""

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, LiteralString

from avnwizard.domain.migrations import TableSize
from avnwizard.domain.postgres.writes import TableCount, WriteCounters

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_LOOKS, _PAUSE_S = 25, 1.0
_SETTINGS: tuple[LiteralString, ...] = (
    "SET search_path = ''",
    "SET quote_all_identifiers = off",
    "SET DateStyle = 'ISO, YMD'",
    "SET IntervalStyle = 'postgres'",
    "SET TimeZone = 'UTC'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
)
_NAMESPACES: LiteralString = r"""
  mine AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
  member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
  rel AS (
    SELECT c.*, n.nspname FROM pg_class c JOIN mine n ON n.oid = c.relnamespace
    WHERE ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM member)
  )
"""
_QUERIES: dict[str, LiteralString] = {
    "schema": "SELECT nspname FROM mine",
    "extension": "SELECT extname FROM pg_extension",
    "relation": """
      SELECT nspname, relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity,
        pg_get_expr(relpartbound, oid), CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) END,
        (SELECT array_agg(o ORDER BY o COLLATE "C") FROM unnest(reloptions) o),
        (SELECT array_agg(inhparent::regclass::text ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = rel.oid),
        CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END
      FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')""",
    "column": """
      SELECT nspname, relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
        pg_get_expr(adbin, adrelid), (SELECT collname FROM pg_collation k WHERE k.oid = attcollation)
      FROM rel JOIN pg_attribute ON attrelid = rel.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f', 'c')""",
    "constraint": """
      SELECT conrelid::regclass::text, format_type(NULLIF(contypid, 0), NULL), contype, conname, convalidated,
        pg_get_constraintdef(k.oid)
      FROM pg_constraint k JOIN mine ON mine.oid = connamespace
      WHERE contype <> 'n' AND (conrelid = 0 OR conrelid IN (SELECT oid FROM rel))""",
    "index": "SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index WHERE indrelid IN (SELECT oid FROM rel)",
    "sequence": """
      SELECT nspname, relname, format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle
      FROM pg_sequence JOIN rel ON rel.oid = seqrelid""",
    "function": """
      SELECT nspname, proname, pg_get_function_identity_arguments(p.oid), prokind,
        CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END
      FROM pg_proc p JOIN mine ON mine.oid = pronamespace
      WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM member)""",
    "trigger": """
      SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger
      WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM rel)""",
    "rule": """
      SELECT pg_get_ruledef(oid), ev_enabled FROM pg_rewrite
      WHERE rulename <> '_RETURN' AND ev_class IN (SELECT oid FROM rel)""",
    "policy": """
      SELECT polrelid::regclass::text, polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid),
        pg_get_expr(polwithcheck, polrelid),
        (SELECT array_agg(COALESCE(rolname, 'public') ORDER BY rolname COLLATE "C")
         FROM unnest(polroles) r LEFT JOIN pg_roles ON pg_roles.oid = r)
      FROM pg_policy WHERE polrelid IN (SELECT oid FROM rel)""",
    "type": """
      SELECT nspname, typname, typtype, format_type(NULLIF(typbasetype, 0), typtypmod), typnotnull, typdefault,
        (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
        (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid)
      FROM pg_type t JOIN mine ON mine.oid = typnamespace
      WHERE typtype IN ('e', 'd', 'r') AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM member)""",
}
_CAST = re.compile(
    r"::(?:character varying|text|bpchar|character|numeric|integer|bigint)(?:\(\d+\))?(?:\[\])?|[()\s]"
)


def fingerprint(connection: "psycopg.Connection[tuple[Any, ...]]") -> str:
    """A SHA-256 over the schema of the connected database, equal after a dump and a restore."""
    digest = hashlib.sha256()
    with one_moment(connection):
        for kind, rows in _described(connection):
            digest.update(json.dumps([kind, rows]).encode())
    return digest.hexdigest()


def fingerprint_giving_way(connection: "psycopg.Connection[tuple[Any, ...]]") -> str:
    """As `fingerprint`, but never long in the way of who alters tables, such as a migration at a service's start.

    To describe a view locks its tables until all is described: two that want them in different orders deadlock, and
    after `deadlock_timeout` (1 s) the server ends one of them. A look that waits gives up sooner, and tries again.

    Raises:
        psycopg.errors.LockNotAvailable: it was in vain for half a minute.
    """
    from psycopg import errors

    connection.execute("SET lock_timeout = '300ms'")
    for _ in range(_LOOKS - 1):
        try:
            return fingerprint(connection)
        except errors.LockNotAvailable:
            time.sleep(_PAUSE_S)
    return fingerprint(connection)


@contextlib.contextmanager
def one_moment(connection: "psycopg.Connection[tuple[Any, ...]]") -> "Iterator[None]":
    """A transaction that sees the database as of one moment; within another such, that one's moment."""
    from psycopg.pq import TransactionStatus

    begun = connection.info.transaction_status != TransactionStatus.IDLE
    with connection.transaction():
        if not begun:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def row_counts(connection: "psycopg.Connection[tuple[Any, ...]]") -> dict[str, int]:
    """Exact rows per table ("schema.table"), all as of one moment; partitions count, their parents do not."""
    from psycopg import sql

    counts: dict[str, int] = {}
    with one_moment(connection):
        for schema, table in tables(connection):
            query = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, table))
            row = connection.execute(query).fetchone()
            assert row is not None
            counts[f"{schema}.{table}"] = int(row[0])
    return counts


def tables(connection: "psycopg.Connection[tuple[Any, ...]]") -> list[tuple[str, str]]:
    """(schema, name) of every table that holds rows, sorted; partitions count, their parents do not."""
    found = connection.execute(_with("SELECT nspname, relname FROM rel WHERE relkind = 'r'")).fetchall()
    return sorted((str(schema), str(table)) for schema, table in found)


_SIZES: LiteralString = """
    SELECT nspname, relname,
      CASE relkind WHEN 'r' THEN pg_table_size(rel.oid)
        ELSE (SELECT coalesce(sum(pg_table_size(relid)), 0) FROM pg_partition_tree(rel.oid) WHERE isleaf) END,
      GREATEST(reltuples, 0)::bigint,
      (SELECT json_object_agg(
          attname, typname || coalesce(substring(format_type(atttypid, atttypmod), '[(].*[)]'), ''))
        FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
        WHERE attrelid = rel.oid AND attnum > 0 AND NOT attisdropped)
    FROM rel WHERE relkind IN ('r', 'p')"""


def table_sizes(connection: "psycopg.Connection[tuple[Any, ...]]") -> dict[str, TableSize]:
    """pg_table_size, reltuples and columns per table; of a partitioned one the sizes of its partitions.

    reltuples is -1 before the first ANALYZE, given as 0.
    """
    found = connection.execute(_with(_SIZES)).fetchall()
    return {
        f"{schema}.{table}": TableSize(int(size), int(rows), columns or {})
        for schema, table, size, rows, columns in found
    }


def extensions(connection: "psycopg.Connection[tuple[Any, ...]]") -> tuple[tuple[str, str], ...]:
    """(name, version) of the connected database's extensions, by name."""
    query = 'SELECT extname, extversion FROM pg_extension ORDER BY extname COLLATE "C"'
    return tuple((str(name), str(version)) for name, version in connection.execute(query).fetchall())


_EPOCH = """
    SELECT CASE WHEN current_setting('track_counts')::boolean AND NOT EXISTS (
        SELECT FROM pg_db_role_setting, unnest(setconfig) AS one
        WHERE one ~* '^track_counts=(off|of|f|fa|fal|fals|false|n|no|0)$' AND setdatabase IN (0, pg_database.oid)
    ) THEN concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), oid,
        extract(epoch FROM pg_stat_get_db_stat_reset_time(oid)),
        (SELECT extract(epoch FROM stats_reset) FROM pg_stat_archiver))
    ELSE '' END FROM pg_database WHERE datname = current_database()"""
""""" where not every session's writes are counted: a superuser may turn that off, also for one role or database."""


def write_counters(connection: "psycopg.Connection[tuple[Any, ...]]") -> WriteCounters:
    """What was written to each table since the server began to count.

    The archiver's reset time stands for the server's: PostgreSQL stamps it again when it drops all counts after a
    crash (`pgstat_reset_after_failure`, 15 to 18; 14 and older do the same in their statistics collector).
    """
    row = connection.execute(_EPOCH).fetchone()
    assert row is not None
    found = connection.execute(
        _with(
            "SELECT nspname, rel.relname, oid::bigint, n_tup_ins, n_tup_upd, n_tup_del, relfilenode::bigint,"
            " n_live_tup FROM rel JOIN pg_stat_user_tables ON relid = oid WHERE relkind = 'r'"
        )
    ).fetchall()
    found += connection.execute(
        "SELECT schemaname, relname, relid::bigint, n_tup_ins, n_tup_upd, n_tup_del, 0, n_live_tup"
        " FROM pg_stat_sys_tables WHERE relid = 'pg_catalog.pg_largeobject'::regclass"
        " AND n_tup_ins + n_tup_upd + n_tup_del > 0"
    ).fetchall()
    tables = {f"{schema}.{table}": TableCount(*map(int, numbers)) for schema, table, *numbers in found}
    return WriteCounters(str(row[0]), tables)


def patterns(connection: "psycopg.Connection[tuple[Any, ...]]", tables: Sequence[str]) -> tuple[str, ...]:
    """Tables ("schema.table") as pg_dump's `--table` takes them: quoted, so that nothing in a name is a wildcard."""
    query = _with(
        """SELECT '"' || replace(nspname, '"', '""') || '"."' || replace(relname, '"', '""') || '"' FROM rel"""
        " WHERE relkind = 'r' AND nspname || '.' || relname = ANY(%s) ORDER BY oid"
    )
    return tuple(str(row[0]) for row in connection.execute(query, [list(tables)]).fetchall())


def _described(connection: "psycopg.Connection[tuple[Any, ...]]") -> "Iterator[tuple[str, list[str]]]":
    """(kind, its objects as text, sorted), all asked in one round trip: a schema is described often in a run."""
    cursor = connection.execute(";".join((*_SETTINGS, *map(_with, _QUERIES.values()))))
    for _ in _SETTINGS:
        cursor.nextset()
    for kind in _QUERIES:
        yield kind, sorted(json.dumps([_steady(value) for value in row], default=str) for row in cursor.fetchall())
        cursor.nextset()


def _steady(value: object) -> object:
    """`IN ('a', 'b')` over varchar is deparsed with its casts elsewhere once it was restored: ignore them there."""
    return _CAST.sub("", value) if isinstance(value, str) and "ARRAY[" in value else value


def _with(query: LiteralString) -> LiteralString:
    return "WITH " + _NAMESPACES + query
