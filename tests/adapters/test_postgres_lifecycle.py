"""Databases that are renamed, dropped, closed to everybody, or templates of others."""

from pathlib import Path
from typing import Any, cast

import pytest

from avnwizard.adapters.postgres import PostgresDatabase, lifecycle
from avnwizard.errors import HostError
from tests.adapters.postgres_filled import dumped, filled
from tests.adapters.postgres_server import LocalServer


class _Connection:
    """Waits for the database to be free for ever; the operator does not."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def execute(self, statement: Any, _values: object = None) -> "_Connection":
        self.said.append(statement if isinstance(statement, str) else statement.as_string(None))
        if "RENAME" in self.said[-1]:
            raise KeyboardInterrupt
        return self

    def fetchone(self) -> object:
        if "datconnlimit" in self.said[-1]:
            return None
        return None if self.said.count(self.said[-1]) % 2 == 0 else (1,)


def test_ctrl_c_leaves_the_database_open() -> None:
    """Who stops a restore while the swap waits must not leave the live database closed to new connections."""
    connection = _Connection()
    with pytest.raises(KeyboardInterrupt):
        lifecycle.rename(cast("Any", connection), "shop", "shop kept")
    allowed = [said for said in connection.said if "ALLOW_CONNECTIONS" in said]
    assert allowed == [f'ALTER DATABASE "shop" WITH ALLOW_CONNECTIONS {said}' for said in ("false", "true")]


@pytest.mark.parametrize(
    ("closing", "mend"),
    [
        ('ALTER DATABASE "sh""op" ALLOW_CONNECTIONS false', 'ALTER DATABASE "sh""op" ALLOW_CONNECTIONS true'),
        ("UPDATE pg_database SET datconnlimit = -2 WHERE datname LIKE 'sh%'", 'DROP DATABASE "sh""op"'),
    ],
)
def test_a_database_that_nobody_can_read_is_named(server: LocalServer, closing: str, mend: str) -> None:
    """It would be missing from the snapshot: refused, with the statement that mends it; that done, it works."""
    database = PostgresDatabase(server)
    database.create('sh"op', owner="clerk")
    server.sql("postgres", f"{closing};")
    with pytest.raises(HostError) as raised, database.moments(['sh"op', "postgres"]):
        pass
    assert '"sh""op"' in raised.value.message
    assert raised.value.hint.endswith(f"{mend};")
    server.sql("postgres", f"{mend};")
    with database.moments([one.name for one in database.databases()]) as moments:
        assert moments


def test_the_rest_of_a_drop_is_set_aside_and_dropped(server: LocalServer) -> None:
    """What a crash in mid-DROP leaves can be neither opened nor altered, but renamed and dropped."""
    database = PostgresDatabase(server)
    for name in ("shop", "scratch"):
        database.create(name, owner="clerk")
        server.sql("postgres", f"UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{name}';")
    database.rename("shop", "shop kept")
    database.drop("shop kept")
    database.drop("scratch")
    assert not database.exists("shop kept")
    assert not database.exists("scratch")


def test_a_template_is_a_database_too(server: LocalServer, tmp_path: Path) -> None:
    """One that the operator made others from is dumped, and is a template again; it is dropped like any other."""
    database = filled(server, "mould")
    server.sql("postgres", "ALTER DATABASE mould IS_TEMPLATE true;")
    assert "mould" in [one.name for one in database.databases()]
    then = dumped(database, "mould", tmp_path / "mould.dump")
    database.drop("mould")
    database.create("mould", owner="clerk", like=then.properties)
    database.restore(tmp_path / "mould.dump", "mould", lambda _done, _total: None)
    with database.moments(["mould"]) as (moment,):
        assert moment.contents() == then
    assert then.properties.template
    assert not {"template0", "template1"} & {one.name for one in database.databases()}
