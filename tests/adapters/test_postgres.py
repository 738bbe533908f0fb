"""The Postgres adapter on real servers, 16 and 18: odd names, big objects, dumps that are not whole."""

import os
import signal
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.errors import HostError
from tests.adapters.postgres_server import PASSWORD, SUPERUSER, LocalServer

ODD = ["shop", "a=b", "Söme \"odd\" 'name'", "postgres://x", "-d", "%s {}", "back\\slash"]
SCHEMA = (
    'CREATE SCHEMA "odd schema"',
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    """CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, name varchar(40) NOT NULL
       CHECK (name IN ('a', 'b') OR length(name) > 1), mood mood DEFAULT 'ok', age positive,
       twice int GENERATED ALWAYS AS (7 * 2) STORED, at timestamptz DEFAULT now())""",
    "ALTER TABLE people DROP COLUMN gone",
    """CREATE TABLE "odd schema"."Odd.Table" (person bigint REFERENCES people, status varchar CHECK
       (status IN ('on', 'off')), serial_no serial)""",
    "CREATE TABLE events (id int, at date NOT NULL) PARTITION BY RANGE (at)",
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "CREATE INDEX ON events (at)",
    "CREATE UNIQUE INDEX people_name ON people (lower(name)) WHERE mood IN ('ok')",
    "CREATE VIEW happy AS SELECT * FROM people WHERE name IN ('a', 'b')",
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM people",
    "CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER bumped BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION bump()",
    "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON people TO clerk USING (name = current_user)",
    "INSERT INTO people (name, age) SELECT 'name' || n, n FROM generate_series(1, 5000) n",
    "INSERT INTO events SELECT n, '2024-05-05' FROM generate_series(1, 7) n",
    "ALTER TABLE people OWNER TO clerk",
    "SELECT lo_from_bytea(4711, decode(repeat('00ff', 50000), 'hex'))",
)


@pytest.fixture
def server(postgres: LocalServer) -> Iterator[LocalServer]:
    """The server with the role `clerk`; databases that the test made are dropped afterwards."""
    postgres.sql(
        "postgres",
        "SELECT 'CREATE ROLE clerk' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE"
        " rolname = 'clerk') \\gexec\nSELECT 1 \\g /dev/null\n",
    )
    yield postgres
    database = PostgresDatabase(postgres)
    for facts in database.databases():
        if facts.name != "postgres":
            database.drop(facts.name)


def _filled(server: LocalServer, name: str = "shop") -> PostgresDatabase:
    database = PostgresDatabase(server)
    database.create(name, owner="clerk")
    with psycopg.connect(**server.connection(name), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        for statement in SCHEMA:
            connection.execute(statement.encode())
    return database


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
    database = _filled(server, name)
    dump = tmp_path / "shop.dump"
    seen: list[tuple[int, int | None]] = []
    database.dump(name, dump, lambda done, total: seen.append((done, total)))
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    size = dump.stat().st_size
    assert (size, None) in seen
    assert list(tmp_path.iterdir()) == [dump]
    database.read_back(dump)
    other = f"{name} 2"
    database.create(other, owner="clerk")
    database.restore(dump, other, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (size, size)
    counts = database.row_counts(name)
    assert counts == {"public.people": 5000, "public.events_1": 7, "odd schema.Odd.Table": 0}
    assert database.row_counts(other) == counts
    assert database.fingerprint(other) == database.fingerprint(name)
    with psycopg.connect(**server.connection(other)) as connection:  # type: ignore[arg-type]  # strings
        row = connection.execute(
            "SELECT (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'people'), length(lo_get(4711)),"
            " (SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'people')"
        ).fetchone()
    assert row == ("clerk", 100_000, True)


CHANGES = [
    "ALTER TABLE people ADD extra int",
    "ALTER TABLE people DROP COLUMN mood CASCADE",
    'ALTER TABLE "odd schema"."Odd.Table" ALTER status TYPE varchar(41)',
    "ALTER TABLE people ALTER name DROP NOT NULL",
    "ALTER TABLE people ALTER mood SET DEFAULT 'sad'",
    "ALTER TABLE people RENAME name TO nom",
    "ALTER TABLE people DROP CONSTRAINT people_name_check",
    "DROP INDEX people_name",
    "CREATE OR REPLACE VIEW happy AS SELECT * FROM people WHERE name IN ('a', 'c')",
    "ALTER TYPE mood ADD VALUE 'glad'",
    "ALTER DOMAIN positive DROP CONSTRAINT positive_check",
    "CREATE OR REPLACE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP TRIGGER bumped ON people",
    "DROP POLICY own ON people",
    "CREATE SEQUENCE more",
    "DROP TABLE events_1",
    "CREATE SCHEMA empty",
    "CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING",
]


def test_fingerprint_is_the_schema_alone(server: LocalServer) -> None:
    """Data, sequence values, statistics and owners do not change it; every change of the schema does."""
    database = _filled(server)
    before = database.fingerprint("shop")
    server.sql(
        "shop", "INSERT INTO people (name) VALUES ('new')", "SELECT nextval('people_id_seq')", "VACUUM ANALYZE"
    )
    server.sql("shop", "ALTER TABLE people OWNER TO CURRENT_USER", "CREATE TEMP TABLE mine (n int)")
    assert database.fingerprint("shop") == before
    for change in CHANGES:
        with psycopg.connect(**server.connection("shop")) as connection:  # type: ignore[arg-type]  # strings
            connection.execute(change.encode())
        assert database.fingerprint("shop") != before, change
        database.drop("shop")
        assert _filled(server).fingerprint("shop") == before


def test_truncated_dump_is_found(server: LocalServer, tmp_path: Path) -> None:
    """A dump that lacks its end, by half or by a few bytes, does not pass; nor does garbage or an empty file."""
    database = _filled(server)
    dump = tmp_path / "shop.dump"
    database.dump("shop", dump, _quiet)
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
    database = _filled(server)
    dump = tmp_path / "shop.dump"
    database.dump("shop", dump, _quiet)
    argv, _ = server.command(["pg_restore", "--list", str(dump)])
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
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
    database = _filled(server)
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
    database = _filled(server)
    with psycopg.connect(**server.connection("postgres"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        connection.execute("ALTER DATABASE shop IS_TEMPLATE true")
        with pytest.raises(HostError):
            database.drop("shop")
        connection.execute("ALTER DATABASE shop IS_TEMPLATE false")
    assert database.row_counts("shop")["public.people"] == 5000


def test_properties_of_the_whole_database(server: LocalServer) -> None:
    """Encoding, locale, limit, grants and settings, which no dump holds, are those of the model."""
    database = PostgresDatabase(server)
    server.sql(
        "postgres",
        "CREATE DATABASE shop OWNER clerk TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
        "ALTER DATABASE shop CONNECTION LIMIT 7",
        "REVOKE CONNECT ON DATABASE shop FROM PUBLIC",
        "GRANT CREATE ON DATABASE shop TO pg_monitor WITH GRANT OPTION",
        'ALTER DATABASE shop SET search_path = "$user", "odd, ""schema", public',
        "ALTER DATABASE shop SET statement_timeout = '5s'",
        "ALTER DATABASE shop SET my.setting = 'it''s; odd'",
        "ALTER ROLE clerk IN DATABASE shop SET work_mem = '8MB'",
    )
    database.create("copy", owner="clerk", like="shop")
    query = """
        SELECT pg_encoding_to_char(encoding), datcollate, datconnlimit,
          (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a),
          (SELECT array_agg(setrole || ' ' || setconfig::text ORDER BY setrole) FROM pg_db_role_setting
           WHERE setdatabase = d.oid)
        FROM pg_database d WHERE datname = %s"""
    with psycopg.connect(**server.connection("postgres")) as connection:  # type: ignore[arg-type]  # strings
        shop, copy = (connection.execute(query, [name]).fetchone() for name in ("shop", "copy"))
    assert copy == shop
    assert shop is not None
    assert shop[:3] == ("LATIN1", "C", 7)
    with pytest.raises(HostError, match="no database"):
        database.create("copy 2", owner="clerk", like="nothing")


def test_killed_dump_leaves_no_dump(server: LocalServer, tmp_path: Path) -> None:
    """After kill -9 in the middle there is no file of the dump's name, and a second attempt succeeds."""
    database, dump = _filled(server), tmp_path / "shop.dump"
    child = os.fork()
    if child == 0:
        database.dump("shop", dump, lambda _done, _total: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["shop.dump.part"]
    database.dump("shop", dump, _quiet)
    database.read_back(dump)
    assert list(tmp_path.iterdir()) == [dump]


def test_errors_are_ours_and_hold_no_secret(server: LocalServer, tmp_path: Path) -> None:
    """A missing database, a wrong password and a failing tool: one sentence each, no password, no half file."""

    class Locked:
        def connection(self, database: str) -> dict[str, str]:
            return {**server.connection(database), "password": "wrong-" + PASSWORD}

        def command(self, tool: Sequence[str]) -> tuple[list[str], dict[str, str]]:
            argv, env = server.command(tool)
            return argv, {**env, "PGPASSWORD": "wrong-" + PASSWORD}

    database, locked = PostgresDatabase(server), PostgresDatabase(Locked())
    target = tmp_path / "x.dump"
    for attempt in (
        lambda: database.row_counts("nothing"),
        lambda: database.dump("nothing", target, _quiet),
        lambda: database.dump("postgres", tmp_path / "no" / "folder", _quiet),
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
    database = _filled(server)
    dump = tmp_path / "shop.dump"
    database.dump("shop", dump, _quiet)
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
