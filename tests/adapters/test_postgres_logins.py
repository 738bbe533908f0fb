"""A role's password is replaced, and a twin stands in for the role meanwhile, on real PostgreSQL servers."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.adapters.postgres.logins import PostgresRoles
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError
from tests.adapters.postgres_server import LocalServer

ROLE, TWIN = 'shop\'s "role"', "shop__rotating"
OLD, NEW = Secret("the-first-password"), Secret("the-second-password")


@pytest.fixture
def server(postgres: LocalServer) -> Iterator[LocalServer]:
    """With a role that has settings, and a database of its own."""
    with _lobby(postgres) as connection:
        _clear(connection)
        connection.execute(f"CREATE ROLE {_quoted(ROLE)} LOGIN PASSWORD '{OLD.reveal()}'")
        connection.execute(f"CREATE DATABASE shop OWNER {_quoted(ROLE)}")
        connection.execute(
            f"REVOKE CONNECT ON DATABASE shop FROM PUBLIC; ALTER ROLE {_quoted(ROLE)} SET my.x = 'it''s'"
        )
        connection.execute(f'ALTER ROLE {_quoted(ROLE)} IN DATABASE shop SET search_path = shop, "b c"')
    yield postgres
    with _lobby(postgres) as connection:
        _clear(connection)


def _lobby(server: LocalServer) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(**server.connection("postgres"), autocommit=True)  # type: ignore[arg-type]  # text


def _clear(connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
    connection.execute("DROP DATABASE IF EXISTS shop")
    connection.execute(f"DROP ROLE IF EXISTS {TWIN}")
    connection.execute(f"DROP ROLE IF EXISTS {_quoted(ROLE)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sign_in(server: LocalServer, user: str, password: Secret) -> "psycopg.Connection[tuple[Any, ...]]":
    keywords = {**server.connection("shop"), "user": user, "password": password.reveal()}
    return psycopg.connect(**keywords, autocommit=True)  # type: ignore[arg-type]  # text


def test_a_password_is_replaced_and_known(server: LocalServer) -> None:
    """By what the server keeps: no other fits, and a session that is open goes on."""
    roles = PostgresDatabase(server).roles()
    assert (roles.holds(ROLE, OLD), roles.holds(ROLE, NEW)) == (True, False)
    with _sign_in(server, ROLE, OLD) as before:
        roles.set_password(ROLE, NEW)
        assert before.execute("SELECT current_user").fetchone() == (ROLE,)
        found = roles.facts(ROLE)
        assert found is not None
        assert (found.sessions, found.is_ours, found.replicates) == (1, False, False)
    assert (roles.holds(ROLE, OLD), roles.holds(ROLE, NEW)) == (False, True)
    assert roles.facts("nobody") is None
    assert not roles.holds("nobody", OLD)


def test_md5_stays_md5(server: LocalServer) -> None:
    """A client that is too old for SCRAM can still sign in."""
    with _lobby(server) as connection:
        connection.execute("SET password_encryption = md5")
        connection.execute(f"ALTER ROLE {_quoted(ROLE)} PASSWORD '{OLD.reveal()}'")
    roles = PostgresDatabase(server).roles()
    assert roles.holds(ROLE, OLD)
    roles.set_password(ROLE, NEW)
    assert (roles.holds(ROLE, OLD), roles.holds(ROLE, NEW)) == (False, True)
    with _lobby(server) as connection:
        row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (ROLE,)).fetchone()
    assert row is not None
    assert row[0].startswith("md5")


def test_the_twin_is_the_role(server: LocalServer) -> None:
    """It may what the role may, has its settings, and what it makes is the role's; made twice, dropped twice."""
    roles = PostgresDatabase(server).roles()
    for _ in range(2):
        roles.make_twin(ROLE, TWIN, OLD)
    roles.require_sign_in(TWIN, OLD, "shop")
    with _sign_in(server, TWIN, OLD) as twin:
        asked = "SELECT session_user, current_user, current_setting('my.x'), current_setting('search_path')"
        assert twin.execute(asked).fetchone() == (TWIN, ROLE, "it's", 'shop, "b c"')
        twin.execute("CREATE SCHEMA shop; CREATE TABLE shop.made (id int)")
        twin.execute("SET SESSION AUTHORIZATION DEFAULT; CREATE TABLE shop.own (id int)")
    roles.drop_twin(ROLE, TWIN)
    roles.drop_twin(ROLE, TWIN)
    with _sign_in(server, ROLE, OLD) as shop:
        owners = shop.execute("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'shop' ORDER BY 1")
        assert owners.fetchall() == [("made", ROLE), ("own", ROLE)]
    assert roles.facts(TWIN) is None


def test_what_cannot_sign_in_is_said(server: LocalServer) -> None:
    """The server's own words, and no password in them."""
    roles = PostgresRoles(server)
    roles.make_twin(ROLE, TWIN, OLD)
    roles.set_password(TWIN, NEW)
    with _lobby(server) as connection:
        connection.execute(f"ALTER ROLE {TWIN} NOLOGIN")
    with pytest.raises(HostError, match="not permitted to log in") as failed:
        roles.require_sign_in(TWIN, NEW, "shop")
    assert NEW.reveal() not in f"{failed.value.message}{failed.value.hint}{failed.getrepr()}"


def test_the_servers_log_has_no_password(server: LocalServer) -> None:
    """Even where it logs every statement."""
    with _lobby(server) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
    try:
        roles = PostgresRoles(server)
        roles.make_twin(ROLE, TWIN, NEW)
        roles.set_password(ROLE, NEW)
    finally:
        with _lobby(server) as connection:
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
    written = b"".join(one.read_bytes() for one in server.folder.rglob("*log") if one.is_file())
    assert b"CREATE ROLE" not in written
    assert b"pg_reload_conf" in written
    assert NEW.reveal().encode() not in written
    assert b"PASSWORD 'SCRAM" not in written
