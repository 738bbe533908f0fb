"""Finds indexes whose order another library defined, and makes them again; then the recorded versions are refreshed.

In this order: the recorded version is the only trace that an index is wrong (PostgreSQL's documentation of ALTER
COLLATION). PostgreSQL records a database's version from 15 on, and a collation's from 10 on.
"""

from functools import partial
from typing import TYPE_CHECKING, Any, LiteralString

from avnwizard.adapters.postgres.session import asked, session
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_SINCE = 150_000
_DEFAULT = 100
"""The OID of the collation "default", which is the database's own (pg_collation.dat)."""
_DATABASES: LiteralString = 'SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname COLLATE "C"'
_OWN: LiteralString = """
  SELECT coalesce(datcollversion, ''), coalesce(pg_database_collation_actual_version(oid), '') FROM pg_database
  WHERE datname = current_database() AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)"""
_OTHERS: LiteralString = """
  SELECT c.oid, n.nspname, c.collname, coalesce(collversion, ''), coalesce(pg_collation_actual_version(c.oid), '')
  FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
  WHERE c.oid <> 100 AND collversion IS DISTINCT FROM pg_collation_actual_version(c.oid)
    AND (EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_collation'::regclass AND refobjid = c.oid)
      OR EXISTS (SELECT FROM pg_index WHERE c.oid = ANY (indcollation::oid[])))"""
_INDEXES: LiteralString = """
  SELECT n.nspname, i.relname FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
  WHERE i.relkind = 'i' AND i.relpersistence <> 't' AND (
    x.indcollation::oid[] && %(oids)s::oid[]
    OR (100 = ANY (%(oids)s::oid[]) AND i.oid >= 16384 AND (x.indexprs IS NOT NULL OR x.indpred IS NOT NULL))
    OR EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = i.oid
               AND refclassid = 'pg_collation'::regclass AND refobjid = ANY (%(oids)s::oid[])))
  ORDER BY pg_relation_size(i.oid)"""
"""What an expression or a condition compares by the database's own collation is recorded nowhere: all count."""
_RANGES: LiteralString = """
  SELECT n.nspname || '.' || c.relname FROM pg_partitioned_table p
  JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE p.partstrat = 'r' AND p.partcollation::oid[] && %(oids)s::oid[]"""


def stale(access: PostgresAccess) -> tuple[StaleDatabase, ...]:
    """The databases in which something is in another order than the server's library has, templates too."""
    with session(access, "postgres") as connection:
        names = [str(name) for (name,) in connection.execute(_DATABASES).fetchall()]
    found = []
    for name in names:
        with session(access, name) as connection:
            found += asked(name, partial(_stale, name), connection)
    return tuple(found)


def renew(access: PostgresAccess, database: str) -> int:
    """Make the indexes again, then refresh the recorded versions; how many indexes. Repeatable.

    While an index is made again its table takes no writes: the old order would let duplicates in meanwhile.
    """
    from psycopg import sql

    with session(access, database) as connection:
        own, others = _differing(connection)
        indexes = _of(connection, _INDEXES, own, others)
        for schema, name in indexes:
            connection.execute(sql.SQL("REINDEX INDEX {}").format(sql.Identifier(str(schema), str(name))))
        for _, schema, name, *_versions in others:
            at = sql.Identifier(str(schema), str(name))
            connection.execute(sql.SQL("ALTER COLLATION {} REFRESH VERSION").format(at))
        if own:
            at = sql.Identifier(database)
            connection.execute(sql.SQL("ALTER DATABASE {} REFRESH COLLATION VERSION").format(at))
    return len(indexes)


def _stale(name: str, connection: "Connection") -> list[StaleDatabase]:
    own, others = _differing(connection)
    versions = [*own, *((was, now) for *_, was, now in others)]
    if not versions:
        return []
    ranges = tuple(str(row[0]) for row in _of(connection, _RANGES, own, others))
    was, now = versions[0]
    return [StaleDatabase(name, str(was), str(now), len(_of(connection, _INDEXES, own, others)), ranges)]


def _differing(connection: "Connection") -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """(the database's own collation, the others that something uses)."""
    own = connection.execute(_OWN).fetchall() if connection.info.server_version >= _SINCE else []
    return own, connection.execute(_OTHERS).fetchall()


def _of(
    connection: "Connection", query: LiteralString, own: list[tuple[Any, ...]], others: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    oids = [*([_DEFAULT] if own else []), *(int(oid) for oid, *_ in others)]
    return connection.execute(query, {"oids": oids}).fetchall()
