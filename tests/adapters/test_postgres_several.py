"""Several servers behind one port, and a server outside: on real PostgreSQL servers of the wheel's."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.adapters.postgres.outside import OutsideDatabase
from avnwizard.adapters.postgres.outside_access import OutsidePostgresAccess
from avnwizard.adapters.postgres.several import SeveralServers
from avnwizard.adapters.postgres.tools import tool_environment
from avnwizard.domain.commands import PG_VARIABLES
from avnwizard.domain.postgres.names import beside, scratch, set_aside
from avnwizard.domain.postgres.outside import OutsideServer
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError
from tests.adapters.postgres_server import PASSWORD, SUPERUSER, LocalServer, running

_RUN = "20260101-000000-ab"


def _quiet(_done: int, _total: int | None) -> None:
    pass


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[LocalServer, LocalServer]]:
    """One of version 16 and one of version 18, each with a database `app` of its own."""
    for one in running("pginstall"):
        for two in running("pginstall18"):
            for server, word in ((one, "one"), (two, "two")):
                server.sql("postgres", "CREATE ROLE keeper", "CREATE DATABASE app")
                server.sql("app", f"CREATE TABLE t AS SELECT n, '{word}' AS word FROM generate_series(1, 5) n")
            yield one, two


def test_two_servers_of_one_name_of_database(servers: tuple[LocalServer, LocalServer], tmp_path: Path) -> None:
    """Dumped, proven, restored alongside and swapped, each on its own server; roles come back where they were."""
    ways = {label: PostgresDatabase(one) for label, one in zip(("a-db", "b-db"), servers, strict=True)}
    both = SeveralServers(ways)
    names = [one.name for one in both.databases() if one.name.endswith("/app")]
    assert names == ["a-db/app", "b-db/app"]
    assert [word in both.server().version for word in ("(a-db)", "(b-db)")] == [True, True]
    assert both.look(names)["b-db/app"][0] == ways["b-db"].fingerprint("app")
    with both.moments(names) as moments:
        assert [one.database for one in moments] == names
        dumps = {one.database: tmp_path / f"{number}.dump" for number, one in enumerate(moments)}
        rows = [both.dump(one, dumps[one.database], _quiet)[1].rows for one in moments]
    assert rows == [{"public.t": 5}, {"public.t": 5}]
    both.dump_globals(tmp_path / "globals.sql")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.dump", "1.dump", "globals.sql"]
    for name in names:
        both.read_back(dumps[name])
        both.create(beside(name, _RUN), owner=SUPERUSER, like=name)
        both.restore(dumps[name], beside(name, _RUN), _quiet)
        both.rename(name, set_aside(name, _RUN))
        both.rename(beside(name, _RUN), name)
        assert both.row_counts(name) == {"public.t": 5}
    assert ways["a-db"].row_counts("app") == {"public.t": 5}
    servers[1].sql("postgres", "DROP ROLE keeper")
    (gone,) = both.globals_changes(tmp_path / "globals.sql").repaired
    assert gone.startswith("b-db: role keeper ")
    both.repair_globals(tmp_path / "globals.sql")
    assert both.globals_changes(tmp_path / "globals.sql").repaired == ()
    for name in names:
        both.drop(set_aside(name, _RUN))
        assert not both.exists(set_aside(name, _RUN))
    with pytest.raises(HostError, match="names no server of this stack, which has 2"):
        both.exists("app")


def _outside(server: LocalServer, monkeypatch: pytest.MonkeyPatch, **more: str) -> OutsideDatabase:
    monkeypatch.setenv("PATH", f"{server.programs}:{os.environ['PATH']}")
    found = OutsideServer(str(server.folder), 5432, more.pop("user", SUPERUSER), ("app",), "prefer", **more)
    return OutsideDatabase(found, lambda: Secret(PASSWORD), lambda: 1 << 40, "no-such-container")


def test_a_server_outside(
    servers: tuple[LocalServer, LocalServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the stack's databases are seen, dumped and put back; its roles are written down and left alone."""
    server = servers[0]
    server.sql("postgres", "CREATE DATABASE neighbour")
    database = _outside(server, monkeypatch)
    assert [one.name for one in database.databases()] == ["app"]
    assert (database.free_bytes(), database.proving_bytes(), database.may_create()) == (None, None, True)
    with database.moments(["app"]) as moments:
        database.dump(moments[0], tmp_path / "app.dump", _quiet)
    database.dump_globals(tmp_path / "globals.sql")
    assert "CREATE ROLE keeper" in (tmp_path / "globals.sql").read_text()
    server.sql("postgres", "DROP ROLE keeper")
    assert database.repair_globals(tmp_path / "globals.sql").repaired == ()
    server.sql("postgres", "CREATE ROLE keeper")
    database.create(beside("app", _RUN), owner=SUPERUSER, like="app")
    database.restore(tmp_path / "app.dump", beside("app", _RUN), _quiet)
    database.rename("app", set_aside("app", _RUN))
    assert {one.name for one in database.databases()} == {set_aside("app", _RUN), beside("app", _RUN)}
    database.rename(beside("app", _RUN), "app")
    assert database.row_counts("app") == {"public.t": 5}
    database.drop(set_aside("app", _RUN))
    server.sql("postgres", "DROP DATABASE neighbour")


def test_nothing_points_the_tools_elsewhere(
    servers: tuple[LocalServer, LocalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the operator's shell says of a server of its own does not count, and the password is no argument."""
    monkeypatch.setenv("PATH", f"{servers[0].programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    server = OutsideServer("db.example.com", 5432, "app", ("app",))
    call = OutsidePostgresAccess(server, lambda: Secret(PASSWORD), lambda: 16).command(["pg_dump", "x"])
    env = tool_environment(call)
    assert {name for name in env if name.startswith("PG")} == set(PG_VARIABLES)
    assert (env["PGHOST"], env["PGPASSWORD"], env["PGSSLMODE"]) == ("db.example.com", PASSWORD, "require")
    assert PASSWORD not in " ".join(call.argv)


def test_a_user_without_rights(
    servers: tuple[LocalServer, LocalServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A managed server's user sees no password hashes: the roles come without them; it may not make databases."""
    server = servers[0]
    server.sql("postgres", f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'")
    database = _outside(server, monkeypatch, user="plain")
    database.dump_globals(tmp_path / "globals.sql")
    assert "SCRAM" not in (tmp_path / "globals.sql").read_text()
    assert not database.may_create()
    server.sql("postgres", "DROP ROLE plain")


def test_tools_that_are_too_old(
    servers: tuple[LocalServer, LocalServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pg_dump of 16 cannot dump 18: said beforehand, with the way on; and where there is none at all."""
    database = _outside(servers[1], monkeypatch)
    monkeypatch.setenv("PATH", str(servers[0].programs))
    with pytest.raises(HostError, match="is of PostgreSQL 16: it cannot dump a server of 18") as raised:
        database.dump_globals(tmp_path / "globals.sql")
    assert 'client_image = "postgres:18"' in raised.value.hint
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(HostError, match="There is no pg_dump on this host"):
        database.dump_globals(tmp_path / "globals.sql")


def test_a_database_that_is_not_there(
    servers: tuple[LocalServer, LocalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong name in avnwizard.toml is one sentence, and what proves a dump is never looked for outside."""
    database = _outside(servers[0], monkeypatch)
    servers[0].sql("postgres", "ALTER DATABASE app RENAME TO other")
    with pytest.raises(HostError, match="There is no database 'app' at"):
        database.databases()
    servers[0].sql("postgres", "ALTER DATABASE other RENAME TO app")
    with pytest.raises(HostError):
        database.row_counts(scratch("app", _RUN))
