"""Indexes whose order another library defined, on a real server: found, made again, and the versions refreshed."""

from collections.abc import Iterator

import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.postgres.collations import StaleDatabase
from tests.adapters.postgres_server import LocalServer

_NAME = 'old "library\'s"'
_TABLES = (
    'CREATE TABLE people (id int PRIMARY KEY, name text UNIQUE, code text COLLATE "C")',
    "CREATE INDEX by_code ON people (code)",
    'CREATE INDEX "some""body\'s" ON people (id) WHERE name > \'m\'',
    "CREATE TABLE parts (at text) PARTITION BY RANGE (at)",
)


@pytest.fixture
def server(postgres: LocalServer) -> Iterator[LocalServer]:
    """A server with a database whose recorded version is of another library."""
    with session(postgres, "postgres") as connection:
        versioned = connection.info.server_version >= 170_000
    how = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'" if versioned else "LC_COLLATE 'C' LC_CTYPE 'C'"
    quoted = '"' + _NAME.replace('"', '""') + '"'
    postgres.sql("postgres", f"CREATE DATABASE {quoted} TEMPLATE template0 ENCODING 'UTF8' {how}")
    postgres.sql(_NAME, *_TABLES)
    try:
        yield postgres
    finally:
        postgres.sql("postgres", f"DROP DATABASE {quoted} WITH (FORCE)")


def _record(server: LocalServer, version: str) -> None:
    with session(server, "postgres") as connection:
        connection.execute("UPDATE pg_database SET datcollversion = %s WHERE datname = %s", [version, _NAME])


def _files(server: LocalServer) -> dict[str, int]:
    with session(server, _NAME) as connection:
        query = "SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE relkind = 'i' AND oid >= 16384"
        return {str(name): int(file) for name, file in connection.execute(query).fetchall()}


def _versioned(server: LocalServer) -> bool:
    with session(server, _NAME) as connection:
        query = "SELECT datcollversion IS NOT NULL FROM pg_database WHERE datname = current_database()"
        return bool(connection.execute(query).fetchall()[0][0])


def test_only_what_the_library_orders_is_made_again(server: LocalServer) -> None:
    """A key of numbers, and text in byte order, stay as they are; afterwards nothing is stale."""
    database = PostgresDatabase(server)
    assert database.stale_collations() == ()
    if not _versioned(server):
        pytest.skip("this server has no collation with a version (a builtin one came with PostgreSQL 17)")
    _record(server, "0.9")
    assert database.stale_collations() == (StaleDatabase(_NAME, "0.9", "1", 2, ("public.parts",)),)
    before = _files(server)
    assert database.renew_collations(_NAME) == 2
    after = _files(server)
    assert {name for name, file in before.items() if after[name] != file} == {"people_name_key", "some\"body's"}
    assert database.stale_collations() == ()
    assert database.renew_collations(_NAME) == 0


def test_a_collation_of_its_own(server: LocalServer) -> None:
    """A column's own collation is looked at too, and one that nothing uses is not."""
    if not _versioned(server):
        pytest.skip("this server has no collation with a version (a builtin one came with PostgreSQL 17)")
    server.sql(
        _NAME,
        "CREATE COLLATION mine (provider = builtin, locale = 'C.UTF-8')",
        "CREATE COLLATION unused (provider = builtin, locale = 'C.UTF-8')",
        "CREATE INDEX by_mine ON people (code COLLATE mine)",
        "UPDATE pg_collation SET collversion = '0.8' WHERE collname IN ('mine', 'unused')",
    )
    database, before = PostgresDatabase(server), _files(server)
    (found,) = database.stale_collations()
    assert (found.was, found.now, found.indexes) == ("0.8", "1", 1)
    assert database.renew_collations(_NAME) == 1
    assert {name for name, file in _files(server).items() if before[name] != file} == {"by_mine"}
    assert database.stale_collations() == ()


def test_a_library_without_versions(server: LocalServer) -> None:
    """As from glibc to musl: it is named as another library, and the recorded version stays as the trace of it."""
    with session(server, "postgres") as connection:
        connection.execute(
            "UPDATE pg_database SET datcollversion = CASE WHEN datcollversion IS NULL THEN '2.36' END"
            " WHERE datname = %s",
            [_NAME],
        )
    (found,) = PostgresDatabase(server).stale_collations()
    assert found.is_another_library
    assert found.name == _NAME
    assert "without versions" in found.sentence
