"""What logical replication leaves out, carried while nobody writes: sequences, large objects and more."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, LiteralString

from avnwizard.adapters.postgres.session import session
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_CHUNK = 1 << 20
_SEQUENCES: LiteralString = """
  SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""
_UNLOGGED: LiteralString = """
  SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE relkind = 'r' AND relpersistence = 'u'"""
_VIEWS: LiteralString = """
  SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE relkind = 'm' AND relispopulated ORDER BY c.oid"""
_OBJECTS: LiteralString = "SELECT oid::bigint, pg_get_userbyid(lomowner) FROM pg_largeobject_metadata ORDER BY oid"
_GRANTS: LiteralString = """
  SELECT m.oid::bigint, CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END, x.privilege_type,
    x.is_grantable
  FROM pg_largeobject_metadata m, aclexplode(lomacl) x WHERE x.grantee <> lomowner ORDER BY m.oid"""


def carry(old: PostgresAccess, new: PostgresAccess, database: str) -> None:
    """All of it, for one database; begun again, it comes out the same."""
    with session(old, database) as was, session(new, database) as now:
        now.execute("SET session_replication_role = replica")
        _sequences(was, now)
        with now.transaction():
            _large_objects(was, now)
        for schema, table in was.execute(_UNLOGGED).fetchall():
            with now.transaction():
                _rows(was, now, str(schema), str(table))
        _views(was, now)


def _sequences(was: "Connection", now: "Connection") -> None:
    from psycopg import sql

    for schema, name in was.execute(_SEQUENCES).fetchall():
        key = sql.Identifier(str(schema), str(name))
        value, called = was.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(key)).fetchall()[0]
        now.execute("SELECT setval(%s::regclass, %s, %s)", [key.as_string(now), value, called])


def _large_objects(was: "Connection", now: "Connection") -> None:
    from psycopg import sql

    now.execute("SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
    for number, owner in was.execute(_OBJECTS).fetchall():
        now.execute("SELECT lo_create(%s::bigint::oid)", [number])
        for at, chunk in _contents(was, number):
            now.execute("SELECT lo_put(%s::bigint::oid, %s, %s)", [number, at, chunk])
        key = sql.SQL(str(int(number)))
        now.execute(sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(key, sql.Identifier(str(owner))))
    for number, whom, privilege, grantable in was.execute(_GRANTS).fetchall():
        if privilege not in {"SELECT", "UPDATE"}:
            raise HostError(f"A large object has the unknown privilege {privilege!r}.", "Use another way.")
        grant = sql.SQL("GRANT " + privilege + " ON LARGE OBJECT {} TO {}" + (" WITH GRANT OPTION" * grantable))
        role = sql.SQL("PUBLIC") if whom is None else sql.Identifier(str(whom))
        now.execute(grant.format(sql.SQL(str(int(number))), role))


def _contents(was: "Connection", number: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    while chunk := bytes(
        was.execute("SELECT lo_get(%s::bigint::oid, %s, %s)", [number, at, _CHUNK]).fetchall()[0][0]
    ):
        yield at, chunk
        at += len(chunk)


def _rows(was: "Connection", now: "Connection", schema: str, table: str) -> None:
    from psycopg import sql

    key = sql.Identifier(schema, table)
    now.execute(sql.SQL("TRUNCATE {}").format(key))
    with (
        was.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(key)) as reading,
        now.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(key)) as writing,
    ):
        for block in reading:
            writing.write(block)


def _views(was: "Connection", now: "Connection") -> None:
    """Those that were filled are; one may read another, so whatever fails is tried again after the rest."""
    from psycopg import DatabaseError, sql

    left = [(str(a), str(b)) for a, b in was.execute(_VIEWS).fetchall()]
    while left:
        failed: list[tuple[str, str]] = []
        last: DatabaseError | None = None
        for schema, name in left:
            try:
                now.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(schema, name)))
            except DatabaseError as error:
                if now.closed:
                    raise
                failed.append((schema, name))
                last = error
        if last is not None and len(failed) == len(left):
            raise last
        left = failed
