"""A Helm upgrade that migrates a real PostgreSQL, taken back: where the schema moved, the data is the snapshot's."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from avnwizard.adapters.kubernetes.no_compose import NoCompose
from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.config_snapshot import SnapshotSection
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.engine import step
from avnwizard.flows.host import Host
from tests.adapters.postgres_server import LocalServer, running
from tests.flows.kubernetes_world import KubeTestWorld, make_world, objects
from tests.flows.test_kubernetes_crashes import KubeProcess

_SECTION = KubernetesSection(release="id", context="lab", postgres="app=postgres")


class _Killed(BaseException):
    """The process is gone."""


class _World(KubeTestWorld):
    """A world with a database beside it."""

    server: LocalServer

    def host(self, home: Path, section: KubernetesSection | None = None) -> Host:
        """With the way to it."""
        made = super().host(home, section or _SECTION)
        stack = cast("Any", NoCompose("id", self.directory))
        return replace(
            made,
            config=replace(made.config, snapshot=SnapshotSection(proof="read back")),
            stack=stack,
            choice=DatabaseChoice("postgres"),
            reach=lambda _service: PostgresDatabase(self.server),
        )


@pytest.fixture(scope="module")
def postgres() -> Iterator[LocalServer]:
    """A server of one version."""
    yield from running("pginstall18")


@pytest.fixture
def world(tmp_path: Path, postgres: LocalServer) -> Iterator[_World]:
    """Version 2.0.0 lies in the checkout; its hook adds a column and a row."""
    made = make_world(tmp_path / "checkout")
    world = _World(made.directory, made.release, made.clock)
    world.server = postgres
    postgres.sql("postgres", "DROP DATABASE IF EXISTS app", "CREATE DATABASE app", "CREATE DATABASE other")
    postgres.sql("app", "CREATE TABLE users (id int PRIMARY KEY)", "INSERT INTO users VALUES (1), (2)")
    postgres.sql("other", "CREATE TABLE notes (id int PRIMARY KEY)", "INSERT INTO notes VALUES (1)")
    world.next("2.0.0", objects("2.0.0", migrates=True))

    def migrate(_job: str) -> None:
        postgres.sql("app", "ALTER TABLE users ADD IF NOT EXISTS email text", "INSERT INTO users VALUES (3)")
        postgres.sql("other", "INSERT INTO notes VALUES (2)")

    world.release.on_hook = migrate
    yield world
    names = [one.name for one in PostgresDatabase(postgres).databases() if one.name != "postgres"]
    for name in names:
        PostgresDatabase(postgres).drop(name)


def _rows(world: _World, database: str) -> dict[str, int]:
    return PostgresDatabase(world.server).row_counts(database)


def test_the_schema_that_moved_goes_back_and_the_other_stays(world: _World, tmp_path: Path) -> None:
    """The migrated database is the snapshot's, the other keeps its new row; the gateway was at nothing meanwhile."""
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    assert process.carry() == "done", process.journal.run(process.run).message
    assert _rows(world, "app") == {"public.users": 3}
    world.release.ending = 3
    pods: dict[str, int] = {}

    def look(name: str) -> None:
        pods[name] = world.release.scaled.get(("Deployment", "gateway"), 2) + world.release.ending

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(step, "fault_point", look)
        assert process.back() == "done", process.journal.run("20261128-110000-bb").message
    assert _rows(world, "app") == {"public.users": 2}
    assert _rows(world, "other") == {"public.notes": 2}
    swaps = [name for name in pods if name.startswith("swap:")]
    assert swaps
    assert {pods[name] for name in swaps} == {0}
    assert world.release.scaled == {}
    assert world.release.history[-1].description == "Rollback to 1"


def test_without_a_migration_no_database_goes_back(world: _World, tmp_path: Path) -> None:
    """Rows that were written since stay, and nothing is scaled down."""
    world.release.on_hook = lambda _job: world.server.sql("app", "INSERT INTO users VALUES (9)")
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    assert process.carry() == "done"
    assert process.back() == "done"
    assert _rows(world, "app") == {"public.users": 3}


@pytest.mark.parametrize("begins", ["stop:", "swap:"])
def test_the_way_back_is_killed(world: _World, tmp_path: Path, begins: str) -> None:
    """Between scaling down and up: a new process goes on, and the databases are swapped once."""
    process = KubeProcess(world, tmp_path / "home")
    process.order()
    assert process.carry() == "done"

    def passed(name: str) -> None:
        if name.startswith(begins) and name.endswith(":after"):
            raise _Killed

    with pytest.MonkeyPatch.context() as patched, contextlib.suppress(_Killed):
        patched.setattr(step, "fault_point", passed)
        process.back()
    again = KubeProcess(world, tmp_path / "home")
    assert again.back() == "done", again.journal.run("20261128-110000-bb").message
    assert _rows(world, "app") == {"public.users": 2}
    assert world.release.scaled == {}
