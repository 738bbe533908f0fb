"""A database of one server piped into another of a newer major: summed up equal, and each change is seen."""

from collections.abc import Iterator

import pytest

from avnwizard.adapters.postgres import PostgresDatabase, properties
from avnwizard.adapters.postgres.contents import server_sum
from avnwizard.adapters.postgres.looking import look
from avnwizard.adapters.postgres.piping import pipe
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.postgres import server_commands as commands
from avnwizard.domain.postgres.contents import ServerSum, differences
from avnwizard.domain.postgres.major import stops
from avnwizard.errors import HostError
from tests.adapters.postgres_filled import filled
from tests.adapters.postgres_server import LocalServer, running


@pytest.fixture(scope="module")
def old() -> Iterator[LocalServer]:
    """PostgreSQL 16 with a database of nearly everything."""
    for server in running("pginstall"):
        server.sql("postgres", "CREATE ROLE clerk LOGIN PASSWORD 'x'", 'CREATE ROLE "o\'dd" IN ROLE clerk')
        filled(server)
        server.sql("shop", 'GRANT SELECT (name) ON people TO "o\'dd"', "CREATE UNLOGGED TABLE quick AS SELECT 1 AS i")
        yield server


@pytest.fixture(scope="module")
def new(old: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """PostgreSQL 18 with what was piped out of the old server."""
    dump = tmp_path_factory.mktemp("globals") / "globals.sql"
    for server in running("pginstall18"):
        PostgresDatabase(old).dump_globals(dump)
        assert PostgresDatabase(server).repair_globals(dump).left == ()
        with session(old, "postgres") as connection:
            like = properties.read(connection, "shop")
        PostgresDatabase(server).create("shop", owner="clerk", like=like)
        pipe(old, commands.dump_all("shop"), server, commands.restore("shop"), lambda _done, _total: None)
        yield server


@pytest.fixture(scope="module")
def before(old: LocalServer) -> ServerSum:
    """The old server, summed up."""
    return server_sum(old)


def test_equal_after_the_pipe(before: ServerSum, new: LocalServer) -> None:
    """Rows by checksum, sequences, large objects, grants, roles with their hashes: all the same in 16 and 18."""
    after = server_sum(new)
    assert differences(before, after) == ()
    assert (before.major, after.major) == (16, 18)
    assert before.databases["shop"].tables["public.people"][0] == 5000
    assert before.databases["shop"].large_objects[0] == 1


@pytest.mark.parametrize(
    ("change", "back", "named"),
    [
        ("UPDATE people SET age = 77 WHERE id = 9", "UPDATE people SET age = 9 WHERE id = 9", "table public.people"),
        ("INSERT INTO quick VALUES (2)", "DELETE FROM quick WHERE i = 2", "table public.quick"),
        ("SELECT nextval('people_id_seq')", "SELECT setval('people_id_seq', 5000)", "sequence public.people_id_seq"),
        ("SELECT lo_put(4711, 5, '\\x01')", "SELECT lo_put(4711, 5, '\\xff')", "large objects"),
        ("ALTER TABLE events OWNER TO clerk", "ALTER TABLE events OWNER TO avnology", "owners or grants"),
        ("REVOKE SELECT (name) ON people FROM \"o'dd\"", "GRANT SELECT (name) ON people TO \"o'dd\"", "grants"),
        ("CREATE INDEX extra ON people (age)", "DROP INDEX extra", "schema"),
        ("ALTER DATABASE shop SET work_mem = '9MB'", "ALTER DATABASE shop RESET work_mem", "settings"),
        ("ALTER DATABASE shop CONNECTION LIMIT 5", "ALTER DATABASE shop CONNECTION LIMIT -1", "limits"),
        ("REVOKE clerk FROM \"o'dd\"", "GRANT clerk TO \"o'dd\"", "memberships"),
        ("ALTER ROLE clerk NOLOGIN", "ALTER ROLE clerk LOGIN", "role clerk"),
        ("CREATE ROLE late", "DROP ROLE late", "role late was not there before"),
    ],
)  # fmt: skip
def test_each_difference_is_seen(before: ServerSum, new: LocalServer, change: str, back: str, named: str) -> None:
    """One change on the new server is one sentence about it."""
    new.sql("shop", change)
    try:
        found = differences(before, server_sum(new))
        assert found
        assert all(named in line for line in found), found
    finally:
        new.sql("shop", back)


def test_a_password_that_was_changed_is_seen_and_not_told(before: ServerSum, new: LocalServer) -> None:
    """The hash is part of a role's sum; neither it nor the password is in what is said."""
    new.sql("postgres", "ALTER ROLE \"o'dd\" PASSWORD 'secret word'")
    try:
        assert differences(before, server_sum(new)) == ("role o'dd differs",)
    finally:
        new.sql("postgres", 'ALTER ROLE "o\'dd" PASSWORD NULL')


def test_a_pipe_is_broken_by_either_end(old: LocalServer, new: LocalServer) -> None:
    """A database that is not there, and one that is not empty: both are errors, and nothing is half restored."""
    nothing = "no such database"
    with pytest.raises(HostError, match=nothing):
        pipe(old, commands.dump_all(nothing), new, commands.restore("postgres"), lambda _done, _total: None)
    before = server_sum(new)
    with pytest.raises(HostError, match="already exists"):
        pipe(old, commands.dump_all("shop"), new, commands.restore("shop"), lambda _done, _total: None)
    assert differences(before, server_sum(new)) == ()


def test_what_stands_in_the_way_is_found(old: LocalServer) -> None:
    """A slot, an object in template1; unlogged tables and extensions are told of each database."""
    assert stops(look(old)) == ()
    old.sql("postgres", "SELECT pg_create_physical_replication_slot('left_behind')")
    old.sql("template1", "CREATE TABLE forgotten ()")
    try:
        found = look(old)
        assert (found.slots, found.template_objects) == (("left_behind",), ("public.forgotten",))
        assert [what.partition(":")[2] for what, _ in stops(found)] == [" left_behind.", " public.forgotten."]
    finally:
        old.sql("template1", "DROP TABLE forgotten")
        old.sql("postgres", "SELECT pg_drop_replication_slot('left_behind')")
    shop = next(one for one in found.databases if one.name == "shop")
    assert shop.unlogged == ("public.quick",)
    assert (found.superuser, found.major, found.checksums) == ("avnology", 16, False)
