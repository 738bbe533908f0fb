"""Sums up a server for the proof that another one holds the same: read-only, one moment for each database."""

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, LiteralString

from avnwizard.adapters.postgres import catalog, properties
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.postgres.contents import DatabaseSum, Depth, ServerSum
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_AT_ONCE = 4
DATABASES: LiteralString = (
    "SELECT datname, pg_get_userbyid(datdba) FROM pg_database"
    " WHERE datallowconn AND datname NOT IN ('template0', 'template1') ORDER BY datname COLLATE \"C\""
)
_ROLES: LiteralString = """
  SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
    rolconnlimit, rolpassword, rolvaliduntil,
    (SELECT array_agg(setting ORDER BY setting COLLATE "C") FROM pg_db_role_setting s, unnest(setconfig) setting
     WHERE setrole = r.oid AND setdatabase = 0),
    shobj_description(r.oid, 'pg_authid')
  FROM pg_authid r WHERE rolname !~ '^pg_'"""
_MEMBERS: LiteralString = """
  SELECT pg_get_userbyid(roleid), pg_get_userbyid(member), to_jsonb(m)->>'admin_option', to_jsonb(m)->>'set_option',
    to_jsonb(m)->>'inherit_option' FROM pg_auth_members m"""
_SEQUENCES: LiteralString = """
  SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""
_LARGE_OBJECTS: LiteralString = """
  SELECT (SELECT count(*) FROM pg_largeobject_metadata),
    (SELECT coalesce(sum(hashtextextended(loid || ':' || pageno || ':' || md5(data), 0)::numeric), 0)::text
     FROM pg_largeobject) || ' ' ||
    (SELECT coalesce(string_agg(concat_ws(' ', oid, pg_get_userbyid(lomowner), lomacl), '|' ORDER BY oid), '')
     FROM pg_largeobject_metadata)"""
_LARGE_OBJECT_GRANTS: LiteralString = """
  SELECT count(*),
    coalesce(string_agg(concat_ws(' ', oid, pg_get_userbyid(lomowner), lomacl), '|' ORDER BY oid), '')
  FROM pg_largeobject_metadata"""
_FILES: LiteralString = """
  SELECT n.nspname, c.relname, pg_relation_filenode(c.oid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r'"""
_OWNERSHIP: LiteralString = """
  WITH mine AS (SELECT * FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
  owned(kind, place, name, owner, acl) AS (
    SELECT 'schema', nspname::text, '', nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM mine
    UNION ALL
    SELECT 'relation', nspname, relname::text, relowner,
      coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner))
    FROM pg_class JOIN mine ON mine.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT 'column', nspname, relname || '.' || attname, relowner, attacl
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN mine ON mine.oid = relnamespace
    WHERE attacl IS NOT NULL
    UNION ALL
    SELECT 'function', nspname, proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', proowner,
      coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc p JOIN mine ON mine.oid = pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend
                      WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
    UNION ALL
    SELECT 'default', coalesce(nspname, ''), defaclobjtype::text, defaclrole, defaclacl
    FROM pg_default_acl LEFT JOIN mine ON mine.oid = defaclnamespace
  )
  SELECT kind, place, name, pg_get_userbyid(owner),
    (SELECT array_agg(said ORDER BY said COLLATE "C") FROM (
       SELECT concat_ws(' ', pg_get_userbyid(x.grantor),
         CASE x.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable)
       FROM aclexplode(acl) x WHERE x.privilege_type <> 'MAINTAIN') found(said))
  FROM owned"""
"""Grants in one order, the defaults spelled out; without MAINTAIN, which 17 added to what owners have."""
_STEADY: tuple[LiteralString, ...] = (
    "SET DateStyle = 'ISO, YMD'",
    "SET IntervalStyle = 'postgres'",
    "SET TimeZone = 'UTC'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
    "SET row_security = off",
)


def server_sum(access: PostgresAccess, depth: Depth = "rows") -> ServerSum:
    """Everything.

    Args:
        depth: in an "outline" a table is known by the number of its file, which pg_upgrade keeps from PostgreSQL 15
            on. Only with "rows" are the contents of tables and large objects read.
    """
    with session(access, "postgres") as connection:
        version, number, folder = connection.execute(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
            " current_setting('data_directory')"
        ).fetchall()[0]
        roles = {str(row[0]): _hash(row) for row in connection.execute(_ROLES).fetchall()}
        members = frozenset(tuple(map(str, row)) for row in connection.execute(_MEMBERS).fetchall())
        databases = [(str(name), str(owner)) for name, owner in connection.execute(DATABASES).fetchall()]
        known = {name: properties.read(connection, name) for name, _ in databases}

    def summed(database: tuple[str, str]) -> DatabaseSum:
        name, owner = database
        with session(access, name) as connection, catalog.one_moment(connection):
            steady(connection)
            return DatabaseSum(
                owner=owner,
                properties=known[name],
                schema=catalog.fingerprint(connection),
                tables=_TABLES[depth](connection),
                sequences=_sequences(connection),
                large_objects=large_objects(connection) if depth == "rows" else _grants_of_large_objects(connection),
                ownership=_ownership(connection),
                extensions=tuple(extension for extension, _ in catalog.extensions(connection)),
            )

    with ThreadPoolExecutor(_AT_ONCE) as pool:  # the stack may be away meanwhile
        found = dict(zip([name for name, _ in databases], pool.map(summed, databases), strict=True))
    return ServerSum(str(version).split()[0], int(number) // 10000, str(folder), roles, members, found)


def steady(connection: "Connection") -> None:
    """Have values written alike by every server."""
    for statement in _STEADY:
        connection.execute(statement)


def _tables(connection: "Connection") -> Mapping[str, tuple[int, str]]:
    return {f"{schema}.{table}": sum_of(connection, schema, table) for schema, table in catalog.tables(connection)}


def sum_of(connection: "Connection", schema: str, table: str) -> tuple[int, str]:
    """(rows, checksum over the rows whatever their order)."""
    from psycopg import sql

    query = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM ONLY {} t"
    ).format(sql.Identifier(schema, table))
    rows, total = connection.execute(query).fetchall()[0]
    return int(rows), str(total)


def _files(connection: "Connection") -> Mapping[str, tuple[int, str]]:
    found = {(str(a), str(b)): str(file) for a, b, file in connection.execute(_FILES).fetchall()}
    return {f"{schema}.{table}": (0, found[schema, table]) for schema, table in catalog.tables(connection)}


def _counts(connection: "Connection") -> Mapping[str, tuple[int, str]]:
    return {name: (rows, "") for name, rows in catalog.row_counts(connection).items()}


_TABLES: dict[Depth, Callable[["Connection"], Mapping[str, tuple[int, str]]]] = {
    "outline": _files,
    "counts": _counts,
    "rows": _tables,
}


def _sequences(connection: "Connection") -> Mapping[str, tuple[int | None, bool]]:
    from psycopg import sql

    found: dict[str, tuple[int | None, bool]] = {}
    for schema, name in connection.execute(_SEQUENCES).fetchall():
        query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(str(schema), str(name)))
        value, called = connection.execute(query).fetchall()[0]
        found[f"{schema}.{name}"] = (int(value), bool(called))
    return found


def large_objects(connection: "Connection") -> tuple[int, str]:
    """(how many, checksum over contents, owners and grants)."""
    count, total = connection.execute(_LARGE_OBJECTS).fetchall()[0]
    return int(count), str(total)


def _grants_of_large_objects(connection: "Connection") -> tuple[int, str]:
    count, said = connection.execute(_LARGE_OBJECT_GRANTS).fetchall()[0]
    return int(count), _hash(said)


def _ownership(connection: "Connection") -> str:
    return _hash(sorted(_hash(row) for row in connection.execute(_OWNERSHIP).fetchall()))


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()
