"""The Postgres adapter on real servers, 16 and 18: odd names, big objects, dumps that are not whole."""

import os
import signal
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from avnwizard.adapters import durable
from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.errors import HostError
from avnwizard.ports import ToolCommand
from tests.adapters.postgres_filled import dumped, filled
from tests.adapters.postgres_server import PASSWORD, SUPERUSER, LocalServer

ODD = ["shop", "a=b", "Söme \"odd\" 'name'", "postgres://x", "-d", "%s {}", "back\\slash"]


def _quiet(done: int, total: int | None) -> None:
    """No progress wanted."""


def test_server_and_databases(server: LocalServer) -> None:
    """Version, data folder, and the databases with owner and size, odd names in bytewise order."""
    database = PostgresDatabase(server)
    facts = database.server()
    assert facts.major in {16, 18}
    assert facts.version.startswith(f"{facts.major}.")
    assert facts.data_directory == str(server.folder / "data")
    for name in ODD:
        assert not database.exists(name)
        database.create(name, owner="clerk")
        assert database.exists(name)
    found = database.databases()
    assert [f.name for f in found] == sorted([*ODD, "postgres"])
    assert {f.owner for f in found} == {"clerk", SUPERUSER}
    assert all(f.size_bytes > 1_000_000 for f in found)


@pytest.mark.parametrize("name", ODD)
def test_dump_and_restore_into_another_name(server: LocalServer, tmp_path: Path, name: str) -> None:
    """Rows, schema, owners and large objects come back, whatever the databases are called."""
    database = filled(server, name)
    dump = tmp_path / "shop.dump"
    seen: list[tuple[int, int | None]] = []
    was = dumped(database, name, dump, lambda done, total: seen.append((done, total)))
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    size = dump.stat().st_size
    assert seen
    assert all(total and done <= total for done, total in seen)
    assert list(tmp_path.iterdir()) == [dump]
    database.read_back(dump)
    other = f"{name} 2"
    database.create(other, owner="clerk")
    database.restore(dump, other, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (size, size)
    counts = database.row_counts(name)
    assert counts == {"public.people": 5000, "public.events_1": 7, "odd schema.Odd.Table": 0}
    assert database.row_counts(other) == counts == was.rows
    assert database.fingerprint(other) == database.fingerprint(name) == was.fingerprint
    with psycopg.connect(**server.connection(other)) as connection:  # type: ignore[arg-type]  # strings
        row = connection.execute(
            "SELECT (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'people'), length(lo_get(4711)),"
            " (SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'people')"
        ).fetchone()
    assert row == ("clerk", 100_000, True)


def test_truncated_dump_is_found(server: LocalServer, tmp_path: Path) -> None:
    """A dump that lacks its end, by half or by a few bytes, does not pass; nor does garbage or an empty file."""
    database = filled(server)
    dump = tmp_path / "shop.dump"
    dumped(database, "shop", dump)
    data = dump.read_bytes()
    for cut in (0, 100, len(data) // 2, len(data) - 200, len(data) - 3):
        dump.write_bytes(data[:cut])
        with pytest.raises(HostError) as raised:
            database.read_back(dump)
        assert raised.value.hint
    dump.write_bytes(b"not a dump at all" * 1000)
    with pytest.raises(HostError):
        database.read_back(dump)


def test_compression(server: LocalServer, tmp_path: Path) -> None:
    """The dump says which compression it has: zstd where the client was built with it, else gzip."""
    database = filled(server)
    dump = tmp_path / "shop.dump"
    dumped(database, "shop", dump)
    call = server.command(["pg_restore", "--list", str(dump)])
    listed = subprocess.run(call.argv, check=True, capture_output=True, text=True).stdout
    assert "Compression: zstd" in listed or "Compression: gzip" in listed


def test_globals_hold_roles(server: LocalServer, tmp_path: Path) -> None:
    """Roles with their password hashes, in a private file."""
    to = tmp_path / "globals.sql"
    PostgresDatabase(server).dump_globals(to)
    assert "CREATE ROLE clerk" in to.read_text()
    assert "SCRAM-SHA-256" in to.read_text()
    assert stat.S_IMODE(to.stat().st_mode) == 0o600


def test_rename_and_drop_under_load(server: LocalServer) -> None:
    """Open connections are ended; afterwards the database is open again under the new name."""
    database = filled(server)
    keywords = server.connection("shop")
    with psycopg.connect(**keywords) as busy:  # type: ignore[arg-type]  # strings
        busy.execute("SELECT 1")
        database.rename("shop", "shop kept")
        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT 1")
    assert database.row_counts("shop kept")["public.people"] == 5000
    database.rename("shop", "shop kept")
    with pytest.raises(HostError, match="no database"):
        database.rename("nothing", "else")
    database.create("shop", owner="clerk")
    with pytest.raises(HostError, match="exists already"):
        database.rename("shop", "shop kept")
    with psycopg.connect(**keywords, autocommit=True) as busy:  # type: ignore[arg-type]  # strings
        busy.execute("SELECT 1")
        database.drop("shop")
        database.drop("shop")
    assert not database.exists("shop")


def test_database_that_stays_in_use_is_left_open(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be renamed in time is an error, and its connections are allowed again."""
    monkeypatch.setattr("avnwizard.adapters.postgres.lifecycle.ATTEMPTS", 2)
    monkeypatch.setattr("avnwizard.adapters.postgres.lifecycle.PAUSE_S", 0.05)
    database = filled(server)
    with psycopg.connect(**server.connection("shop"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        connection.execute("CREATE SUBSCRIPTION busy CONNECTION '' PUBLICATION none WITH (connect = false)")
    with pytest.raises(HostError, match="stayed in use"):
        database.drop("shop")
    with psycopg.connect(**server.connection("shop"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        connection.execute("ALTER SUBSCRIPTION busy SET (slot_name = NONE)")
        connection.execute("DROP SUBSCRIPTION busy")
    assert database.row_counts("shop")["public.people"] == 5000


def test_killed_dump_leaves_no_dump(server: LocalServer, tmp_path: Path) -> None:
    """After kill -9 in the middle there is no file of the dump's name, and a second attempt succeeds."""
    database, dump = filled(server), tmp_path / "shop.dump"
    child = os.fork()
    if child == 0:
        durable.os.fsync = lambda _handle: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[attr-defined]
        dumped(database, "shop", dump)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["shop.dump.part"]
    dumped(database, "shop", dump)
    database.read_back(dump)
    assert list(tmp_path.iterdir()) == [dump]


def test_errors_are_ours_and_hold_no_secret(server: LocalServer, tmp_path: Path) -> None:
    """A missing database, a wrong password and a failing tool: one sentence each, no password, no half file."""

    class Locked:
        def connection(self, database: str) -> dict[str, str]:
            return {**server.connection(database), "password": "wrong-" + PASSWORD}

        def command(self, tool: Sequence[str]) -> ToolCommand:
            call = server.command(tool)
            return replace(call, environment={**call.environment, "PGPASSWORD": "wrong-" + PASSWORD})

        def free_bytes(self, folder: str) -> int | None:
            return server.free_bytes(folder)

    database, locked = PostgresDatabase(server), PostgresDatabase(Locked())
    target = tmp_path / "x.dump"
    for attempt in (
        lambda: database.row_counts("nothing"),
        lambda: dumped(database, "nothing", target),
        lambda: dumped(database, "postgres", tmp_path / "no" / "folder"),
        locked.server,
        lambda: locked.dump_globals(target),
        lambda: database.restore(target, "postgres", _quiet),
        lambda: database.create("x", owner="nobody-such"),
    ):
        with pytest.raises(HostError) as raised:
            attempt()
        assert PASSWORD not in raised.value.message
    assert list(tmp_path.iterdir()) == []


def test_restore_stops_at_the_first_error(server: LocalServer, tmp_path: Path) -> None:
    """A database that is not empty is not restored into; rows are not quoted in the message."""
    database = filled(server)
    dump = tmp_path / "shop.dump"
    dumped(database, "shop", dump)
    with pytest.raises(HostError, match="already exists"):
        database.restore(dump, "shop", _quiet)


def test_operators_pg_variables_do_not_interfere(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PGOPTIONS, PGSERVICE and the like in the operator's shell reach neither psycopg nor the tools."""
    for name, value in {"PGHOST": "nowhere", "PGOPTIONS": "-c nonsense=1", "PGSSLMODE": "verify-full"}.items():
        monkeypatch.setenv(name, value)
    database = PostgresDatabase(server)
    assert database.exists("postgres")
    database.dump_globals(tmp_path / "globals.sql")
