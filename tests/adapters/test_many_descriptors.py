"""A process with many files open reads and writes dumps as ever: `select.select` takes no descriptor above 1023."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.descriptors import readable, writable
from avnwizard.adapters.postgres import PostgresDatabase
from tests.adapters.postgres_filled import filled
from tests.adapters.postgres_server import LocalServer

_MANY = 1100


@pytest.fixture
def crowd() -> Iterator[None]:
    """So many files are open that whatever is opened next has a number above 1023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * _MANY), hard))
    with contextlib.ExitStack() as held:
        for _ in range(_MANY):
            held.enter_context(Path(os.devnull).open("rb"))
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("crowd")
def test_a_pipe_with_a_high_number() -> None:
    """It is ready when it has something, when it has room, and at its end."""
    source, sink = os.pipe()
    try:
        assert source >= _MANY
        assert not readable(source)
        assert writable(sink)
        os.write(sink, b"dump")
        assert readable(source, 5.0)
        assert os.read(source, 16) == b"dump"
        os.close(sink)
        assert readable(source)
    finally:
        os.close(source)


@pytest.mark.usefixtures("crowd")
def test_a_dump_that_is_read_back(server: LocalServer, tmp_path: Path) -> None:
    """Every pipe of it has a high number."""
    filled(server)
    database = PostgresDatabase(server)
    with database.moments(["shop"]) as (moment,):
        database.dump(moment, tmp_path / "shop.dump", lambda _done, _total: None)
    database.read_back(tmp_path / "shop.dump")
