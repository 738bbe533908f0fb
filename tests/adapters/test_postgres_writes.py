"""Rows written, as the server's statistics count them: renamed tables, lost counts, a crash."""

import contextlib
import os
import signal
import time

import psycopg
import pytest
from pydantic import TypeAdapter

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.domain.going_back import things
from avnwizard.domain.postgres.writes import LARGE_OBJECTS, TableWrites, WriteCounters, Written, written_between
from avnwizard.errors import HostError
from tests.adapters.postgres_filled import filled
from tests.adapters.postgres_server import LocalServer

LIMIT_S = 60.0


def test_rows_written_between_two_looks(server: LocalServer) -> None:
    """Inserted, updated and deleted rows per table, of a table renamed in between and of a new one too."""
    database = filled(server)
    before = database.write_counters("shop")
    assert set(before.tables) == {"public.people", "public.events_1", "odd schema.Odd.Table", LARGE_OBJECTS}
    server.sql(
        "shop",
        "INSERT INTO people (name) SELECT 'more' || n FROM generate_series(1, 14) n",
        "UPDATE people SET age = 1 WHERE name LIKE 'more%'",
        "DELETE FROM events WHERE id <= 3",
        "ALTER TABLE people RENAME TO persons",
        'CREATE TABLE "it\'s new" AS SELECT 1 AS one',
    )
    found = written_between(before, database.write_counters("shop"))
    assert found.exact
    assert found.tables == (
        TableWrites("public.events_1", 0, 0, 3),
        TableWrites("public.it's new", 1, 0, 0),
        TableWrites("public.persons", 14, 14, 0),
    )
    adapter = TypeAdapter(WriteCounters)
    assert adapter.validate_json(adapter.dump_json(before)) == before


def test_what_is_not_counted_is_never_no_row(server: LocalServer) -> None:
    """H23: with track_counts off, for all, for a role or for the database, nobody knows what was written."""
    database = filled(server)
    for off, on in (
        ("ALTER SYSTEM SET track_counts = off", "ALTER SYSTEM RESET track_counts"),
        ("ALTER DATABASE shop SET track_counts = 'no'", "ALTER DATABASE shop RESET track_counts"),
        ("ALTER ROLE ALL SET track_counts = false", "ALTER ROLE ALL RESET track_counts"),
    ):
        server.sql("shop", off, "SELECT pg_reload_conf()")
        _until_setting(server, "off")
        before = database.write_counters("shop")
        server.sql("shop", "UPDATE people SET age = 4")
        found = written_between(before, database.write_counters("shop"))
        server.sql("shop", on, "SELECT pg_reload_conf()")
        _until_setting(server, "on")
        assert not found.exact, off
        assert things(found) == "rows that nobody counted"
    assert written_between(before, database.write_counters("shop")).exact is False


def _until_setting(server: LocalServer, wanted: str) -> None:
    """Wait until new sessions have a setting: the postmaster reads its file a moment after the call."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        with psycopg.connect(**server.connection("shop")) as connection:  # type: ignore[arg-type]  # strings
            if connection.execute("SHOW track_counts").fetchone() == (wanted,):
                return
        time.sleep(0.05)
    pytest.fail(f"track_counts is never {wanted}")


def test_large_objects_count(server: LocalServer) -> None:
    """What is written to large objects is lost by a restore like any row."""
    database = filled(server)
    before = database.write_counters("shop")
    server.sql("shop", "SELECT lo_from_bytea(0, repeat('x', 5000)::bytea)")
    found = written_between(before, database.write_counters("shop"))
    assert found == Written((TableWrites("pg_catalog.pg_largeobject", 3, 0, 0),))
    assert things(found) == "3 new pages of large objects"


def test_reset_counts_are_told_as_a_lower_bound(server: LocalServer) -> None:
    """After pg_stat_reset, or of one table alone, and when a table was dropped: "at least", never a wrong number."""
    database = filled(server)
    for lose in ("SELECT pg_stat_reset()", "SELECT pg_stat_reset_single_table_counters('people'::regclass)"):
        before = database.write_counters("shop")
        server.sql("shop", "UPDATE people SET age = 2 WHERE id <= 5")
        server.sql("shop", lose)
        server.sql("shop", "UPDATE people SET age = 3 WHERE id <= 2")
        found = written_between(before, database.write_counters("shop"))
        assert not found.exact, lose
        assert TableWrites("public.people", 0, 2, 0) in found.tables
    before = database.write_counters("shop")
    server.sql("shop", "DROP TABLE events_1")
    assert not written_between(before, database.write_counters("shop")).exact


def test_truncated_rows_are_told(server: LocalServer) -> None:
    """The server counts no row of a TRUNCATE: they are told as deleted, "at least"; a VACUUM FULL takes none."""
    database = filled(server)
    server.sql("shop", "CREATE TABLE carts AS SELECT generate_series(1, 40) AS n")
    before = database.write_counters("shop")
    server.sql("shop", "VACUUM FULL carts", "VACUUM FULL people")
    assert written_between(before, database.write_counters("shop")).tables == ()
    server.sql("shop", "TRUNCATE carts")
    server.sql("shop", "INSERT INTO carts VALUES (1), (2)")
    found = written_between(before, database.write_counters("shop"))
    assert found.tables == (TableWrites("public.carts", 2, 0, 40),)
    assert not found.exact


def test_a_crash_of_the_server_is_noticed(server: LocalServer) -> None:
    """A server that crashed dropped its counts; what it counted since is told, and that it may be more."""
    database = filled(server)
    before = database.write_counters("shop")
    with psycopg.connect(**server.connection("shop"), autocommit=True) as victim:  # type: ignore[arg-type]  # strings
        row = victim.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("SELECT 1")
    _await_another_epoch(database, before.epoch)
    server.sql("shop", "DELETE FROM people WHERE id <= 4")
    found = written_between(before, database.write_counters("shop"))
    assert not found.exact
    assert found.tables == (TableWrites("public.people", 0, 0, 4),)


def _await_another_epoch(database: PostgresDatabase, epoch: str) -> None:
    """Wait out the server's recovery; it may answer for a moment before it has noticed the crash."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(HostError):
            if database.write_counters("shop").epoch != epoch:
                return
        time.sleep(0.1)
    pytest.fail("the server did not come back with fresh counts")
