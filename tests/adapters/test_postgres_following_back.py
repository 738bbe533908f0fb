"""An older server follows a newer one, as after a switch: PostgreSQL 16 follows 18, over real replication."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.postgres.contents import server_sum
from avnwizard.adapters.postgres.following import Followers
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.postgres.contents import differences, without_files
from avnwizard.domain.postgres.following import FollowOrder
from tests.adapters.postgres_server import PASSWORD, SUPERUSER, LocalServer, run_program, running

_ODD = "Keto's Store"
_ORDER = FollowOrder("new", "old", ("postgres", _ODD))
_SCHEMA = (
    "CREATE TABLE t (id bigserial PRIMARY KEY, word text)",
    "CREATE TABLE keyless (word text, number float8)",
    'CREATE UNLOGGED TABLE "un logged" (i int)',
    "CREATE SEQUENCE lonely INCREMENT 5",
    "INSERT INTO t (word) SELECT 'row ' || i FROM generate_series(1, 500) i",
    "INSERT INTO keyless SELECT 'k' || i, i / 3.0 FROM generate_series(1, 50) i",
)
_WRITES = (
    "INSERT INTO t (word) SELECT 'new ' || i FROM generate_series(1, 700) i",
    "UPDATE t SET word = 'changed' WHERE id % 7 = 0",
    "UPDATE keyless SET number = 7.5 WHERE word = 'k7'",
    "DELETE FROM keyless WHERE word = 'k9'",
    "SELECT setval('lonely', 4711, false)",
    "SELECT lo_from_bytea(77, 'large')",
    'INSERT INTO "un logged" SELECT generate_series(1, 30)',
)


class _Local(Followers):
    """Servers of this machine, which reach each other over their sockets."""

    def __init__(self, servers: dict[str, LocalServer]) -> None:
        super().__init__(DockerCli(), lambda name: servers[name])  # type: ignore[arg-type, return-value]  # the same port
        self._servers = servers

    def _introduce(self, order: FollowOrder) -> None:
        """The password is in `_where` here."""

    def _where(self, order: FollowOrder, database: str) -> str:
        name = database.replace("'", "\\'")
        folder = self._servers[order.old].folder
        return f"dbname='{name}' host={folder} user={SUPERUSER} password={PASSWORD}"


@pytest.fixture
def servers() -> Iterator[dict[str, LocalServer]]:
    """Both hold the same; the new one is 18."""
    old, new = running("pginstall"), running("pginstall18")
    try:
        found = {"old": next(old), "new": next(new)}
        for each in found.values():
            each.sql("postgres", f'CREATE DATABASE "{_ODD}"')
            for database in _ORDER.databases:
                each.sql(database, *_SCHEMA)
        yield found
    finally:
        for iterator in (old, new):
            iterator.close()  # type: ignore[attr-defined]  # a generator


def _start_again(server: LocalServer) -> None:
    run_program(server.programs, ["pg_ctl", "-D", server.folder / "data", "-w", "-m", "fast", "restart"])


def _caught_up(followers: Followers) -> bool:
    until, deadline = followers.position("new"), time.monotonic() + 60
    while time.monotonic() < deadline:
        found = followers.progress(_ORDER, until)
        if found.whole and not found.lag_bytes:
            return True
        time.sleep(0.2)
    return False


def _left(server: LocalServer, database: str) -> tuple[int, ...]:
    query = """SELECT (SELECT count(*) FROM pg_publication), (SELECT count(*) FROM pg_subscription),
        (SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_class WHERE relreplident = 'f')"""
    with session(server, database) as connection:
        return tuple(map(int, connection.execute(query).fetchall()[0]))


def test_what_is_written_meanwhile_is_taken_over(servers: dict[str, LocalServer]) -> None:
    """Also what was written before it began to follow; then nothing of it is left in either server."""
    followers, new, old = _Local(servers), servers["new"], servers["old"]
    wanted, before = followers.wanted_next("new", 2)
    assert (wanted, before) == ({"wal_level": "logical"}, {"wal_level": None})
    followers.set("new", wanted)
    assert followers.wanted("new", 2)[0] == wanted, "it counts from the next start on"
    assert followers.wanted_next("new", 2) == ({}, {})
    _start_again(new)
    assert followers.wanted("new", 2) == ({}, {})

    keyless = followers.keyless("new", _ORDER.databases)
    assert {table for _, _, table in keyless} == {"keyless"}
    followers.publish(_ORDER, keyless)
    followers.reserve(_ORDER)
    assert followers.kept("new")[0] == 2
    for database in _ORDER.databases:
        new.sql(database, *_WRITES)
    followers.follow(_ORDER)
    followers.follow(_ORDER)
    new.sql(_ODD, "INSERT INTO t (word) VALUES ('the last one')")
    assert _caught_up(followers)
    for database in _ORDER.databases:
        followers.carry(_ORDER, database)
    there, here = (replace(without_files(server_sum(one, "rows")), roles={}) for one in (new, old))
    assert differences(there, here) == (), "their superusers' passwords have salts of their own"
    with session(old, _ODD) as connection:
        assert connection.execute("SELECT count(*) FROM public.t WHERE word = 'the last one'").fetchall() == [(1,)]
        assert connection.execute("SELECT nextval('public.lonely')").fetchall() == [(4711,)]

    for again in (True, False):
        followers.unfollow(_ORDER, keyless, new=again)
    assert followers.kept("new") == (0, 0)
    assert [_left(one, name) for one in servers.values() for name in _ORDER.databases] == [(0, 0, 0, 0)] * 4
    followers.set("new", before)
    assert followers.wanted_next("new", 2)[0] == {"wal_level": "logical"}
