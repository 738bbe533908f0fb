"""A Helm upgrade that migrates a real PostgreSQL, taken back: where the schema moved, the data is the snapshot's."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.config_snapshot import SnapshotSection
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.engine import step
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.checking import check_release
from avnwizard.flows.kubernetes.flow import steps_of
from avnwizard.flows.kubernetes.planning import plan_upgrade, require_possible
from avnwizard.flows.restore.planning import plan_restore
from avnwizard.flows.run.launch import carry
from avnwizard.flows.run.orders import order_restore, order_snapshot
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.ports import Database
from tests.adapters.postgres_server import LocalServer, running
from tests.flows.kubernetes_world import KubeTestWorld, make_world, objects
from tests.flows.test_kubernetes_crashes import KubeProcess

_SECTION = KubernetesSection(release="id", context="lab", postgres="app=postgres")


class _Killed(BaseException):
    """The process is gone."""


class _World(KubeTestWorld):
    """A world with a database beside it."""

    server: LocalServer
    choice = DatabaseChoice("postgres")

    def host(self, home: Path, section: KubernetesSection | None = None) -> Host:
        """With the way to it."""
        made = super().host(home, section or _SECTION)
        return replace(
            made,
            config=replace(made.config, snapshot=SnapshotSection(proof="read back")),
            choice=self.choice,
        )

    def database(self) -> Database:
        """On the local server."""
        return PostgresDatabase(self.server)


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


def test_a_server_outside_the_cluster_goes_back_too(world: _World, tmp_path: Path) -> None:
    """`[postgres] dsn`: the plan's tools are this host's, and the migrated database is the snapshot's afterwards."""
    world.choice = DatabaseChoice(outside="db.example:5432")
    process = KubeProcess(world, tmp_path / "home")
    shown = [
        word for one in steps_of(process.host, plan_upgrade(process.host), "r") for word in one.describe().commands
    ]
    assert {command[0] for command in shown if "pg_dump" in command} == {"pg_dump"}
    process.order()
    assert process.carry() == "done", process.journal.run(process.run).message
    assert _rows(world, "app") == {"public.users": 3}
    assert process.back() == "done", process.journal.run("20261128-110000-bb").message
    assert _rows(world, "app") == {"public.users": 2}
    assert _rows(world, "other") == {"public.notes": 2}


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


def test_a_snapshot_by_hand_is_taken_and_restored(world: _World, tmp_path: Path) -> None:
    """The verbs `snapshot create` and `restore` run on a release: what ran is noted, the rows come back."""
    host = world.host(tmp_path / "home")
    plan = plan_snapshot(host, "v1.5.0")
    taken = order_snapshot(host, plan)
    assert carry(host, taken) == "done", host.journal().run(taken).message
    manifest = snapshots.load(host.files, plan.folder)
    assert (manifest.project, [(one.service, one.reference) for one in manifest.images]) == (
        "id",
        [("Deployment/gateway", "gateway:1.5.0")],
    )
    world.server.sql("app", "DELETE FROM users")
    order, _ = plan_restore(host, plan.folder, ("app",))
    assert not order.doubts
    back = order_restore(host, order)
    assert carry(host, back) == "done", host.journal().run(back).message
    assert _rows(world, "app") == {"public.users": 2}


def test_the_plan_shows_how_the_pod_is_reached(world: _World, tmp_path: Path) -> None:
    """No command of Docker is shown for a release: each tool runs by `kubectl exec` in the selected pod."""
    host = world.host(tmp_path / "home")
    steps = steps_of(host, plan_upgrade(host), "run")
    shown = [command for step in steps for command in step.describe().commands]
    dumps = [command for command in shown if "pg_dump" in command]
    assert dumps
    assert {command[:8] for command in dumps} == {
        ("kubectl", "--context", "lab", "--namespace", "default", "exec", "-i", "POD(app=postgres)")
    }
    assert not [command for command in shown if "docker" in command]


@pytest.mark.parametrize("right", ["create pods/exec", "create pods/portforward", "patch deployments.apps/scale"])
def test_a_right_that_the_way_back_needs_stops_beforehand(world: _World, tmp_path: Path, right: str) -> None:
    """Found only in the middle of a rollback, the databases would be half restored."""
    world.release.denied = {right}
    host = world.host(tmp_path / "home")
    with pytest.raises(RefusedError, match=right):
        require_possible(plan_upgrade(host))
    assert any(right in one.message for one in check_release(host) if one.check == "rights")
