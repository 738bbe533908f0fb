"""Rows held at one moment of a real server: what is written, rewritten or dropped meanwhile does not deceive."""

import contextlib
from collections.abc import Iterator

import pytest

from avnwizard.adapters.postgres.contents import server_sum
from avnwizard.adapters.postgres.held_rows import DatabaseRows
from avnwizard.adapters.postgres.session import session
from avnwizard.domain.postgres.rows import Rows, compare_rows
from tests.adapters.postgres_server import LocalServer

_NAME = "held 'rows"


@pytest.fixture
def server(postgres: LocalServer) -> Iterator[LocalServer]:
    """A server with a database of four tables."""
    postgres.sql("postgres", f'CREATE DATABASE "{_NAME}"')
    postgres.sql(
        _NAME,
        *(
            f"CREATE TABLE {name} AS SELECT generate_series(1, 100) i"
            for name in ("quiet", "busy", "rewritten", "gone")
        ),
        "SELECT lo_from_bytea(4711, 'large')",
    )
    try:
        yield postgres
    finally:
        postgres.sql("postgres", f'DROP DATABASE "{_NAME}" WITH (FORCE)')


def _held(server: LocalServer) -> Rows:
    held = DatabaseRows.hold(server)
    with contextlib.closing(contextlib.ExitStack()) as end:
        end.callback(held.release)
        return held.sums(lambda _done, _total: None)


def test_rows_of_the_moment(server: LocalServer) -> None:
    """Writes since are not seen; a rewritten or dropped table is unknown, never empty; nobody has to wait."""
    before, held = _held(server), DatabaseRows.hold(server)
    server.sql(
        _NAME,
        "INSERT INTO busy VALUES (0)",
        "DELETE FROM busy WHERE i = 1",
        "ALTER TABLE rewritten ALTER i TYPE bigint",
        "DROP TABLE gone",
        "SELECT lo_unlink(4711)",
    )
    now = held.sums(lambda _done, _total: None)
    assert now[_NAME] == {**before[_NAME], "public.rewritten": None, "public.gone": None}
    assert before[_NAME]["large objects"] != (0, "0 ")
    with session(server, _NAME) as other:
        other.execute("SET lock_timeout = '1s'")
        other.execute("ALTER TABLE public.quiet ADD j int")  # read, and let go of again
    held.release()
    held.release()
    found = compare_rows(before, now, at_the_switch=True)
    assert (found.wrong, found.open) == ((), (f"{_NAME}: public.gone", f"{_NAME}: public.rewritten"))
    later = compare_rows(before, _held(server), at_the_switch=True)
    assert f"{_NAME}: public.busy" in later.wrong
    assert f"{_NAME}: public.busy" in compare_rows(before, _held(server), at_the_switch=False).open


def test_an_outline_reads_no_row(server: LocalServer) -> None:
    """It stays as it is while rows come, and differs once a table has another file."""
    first = server_sum(server, "outline")
    server.sql(_NAME, "INSERT INTO busy SELECT generate_series(1, 1000)")
    assert server_sum(server, "outline") == first
    server.sql(_NAME, "TRUNCATE busy")
    changed = server_sum(server, "outline").databases[_NAME].tables
    assert {name for name, what in first.databases[_NAME].tables.items() if changed[name] != what} == {"public.busy"}
