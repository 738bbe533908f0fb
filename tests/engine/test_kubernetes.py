"""A Helm release on a real cluster: upgraded, taken back, left pending, refused; skipped where none was built."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from tests.adapters.postgres_server import PASSWORD, SUPERUSER, LocalServer, running
from tests.engine.kubernetes_node import running_node
from tests.flows.cli import avnwizard, in_a_session
from tests.lab.kube.node import HOST, Node
from tests.lab.kube.release import Asking, LabRelease

pytestmark = [pytest.mark.kube, pytest.mark.xdist_group("kube")]
_NUMBERS = iter(range(30080, 30100))


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The cluster, up; the tests skip where its programs were not built."""
    yield from running_node(pods=True)


@pytest.fixture
def release(node: Node, tmp_path: Path) -> Iterator[LabRelease]:
    """The example chart at 1.5.0, installed by hand."""
    port = next(_NUMBERS)
    found = LabRelease(node, tmp_path, f"id-{port}-{os.getpid()}", port)
    yield found
    found.remove()


def test_up_and_down_again_under_requests(release: LabRelease) -> None:
    """The plan says that no request is lost, and none of 100 a second is; the way back leads to revision 1."""
    release.make(preStop=5)
    assert avnwizard("kubernetes", "check", "--stack", release.checkout, env=release.env).code == 0
    release.chart("1.6.0")
    plan = avnwizard("kubernetes", "plan", "--json", "--stack", release.checkout, env=release.env)
    assert plan.code == 0, plan.err
    assert [(one["shown"], one["losses"]) for one in plan.data["rolls"]] == [("Deployment/gateway", [])]
    with Asking(release.port, 100) as asked:
        done = avnwizard("kubernetes", "upgrade", "--yes", "--stack", release.checkout, env=release.env)
        assert done.code == 0, done.err
        assert release.answer() == "1.6.0"
        back = avnwizard("rollback", "--yes", "--stack", release.checkout, env=release.env)
        assert back.code == 0, back.err
    assert release.answer() == "1.5.0"
    print(f"answers: {asked.answers}")
    assert set(asked.answers) == {"1.5.0", "1.6.0"}, asked.answers
    assert [one["description"] for one in release.history()][-1] == "Rollback to 1"


def test_what_does_not_come_up(release: LabRelease) -> None:
    """A broken image and a failing hook: the old pods serve, and the log says why; afterwards it is upgraded."""
    release.make(preStop=0)
    release.configure(timeout_s=20)
    release.chart("1.6.0", tag="broken")
    plan = avnwizard("kubernetes", "plan", "--json", "--stack", release.checkout, env=release.env)
    assert "preStop waits not at all" in plan.data["rolls"][0]["losses"][0]
    failed = avnwizard("kubernetes", "upgrade", "--yes", "--stack", release.checkout, env=release.env)
    assert failed.code == 4, failed.err
    assert "the old pods serve" in failed.err
    assert "no such secret: SECRETS_SYSTEM" in failed.err + failed.out
    assert release.answer() == "1.5.0"
    assert avnwizard("rollback", "--yes", "--stack", release.checkout, env=release.env).code == 0
    release.chart("1.6.0", migrate="migrate:broken")
    failed = avnwizard("kubernetes", "upgrade", "--yes", "--stack", release.checkout, env=release.env)
    assert failed.code == 4, failed.err
    assert release.answer() == "1.5.0"


def test_helm_and_the_run_are_killed(release: LabRelease) -> None:
    """The release stays pending, the check names the cure, and resume brings the new pods."""
    release.make(preStop=0)
    release.chart("1.6.0")
    started = in_a_session("kubernetes", "upgrade", "--yes", "--stack", release.checkout, env=release.env)
    release.kill_in_the_middle("run", "helm")
    started.wait(60)
    assert release.history()[-1]["status"] == "pending-upgrade"
    check = avnwizard("kubernetes", "check", "--json", "--stack", release.checkout, env=release.env)
    assert check.code == 3
    said = next(one for one in check.data if one["check"] == "release")
    assert "Revision 1 (avnology-1.5.0) was the last to be deployed" in said["message"]
    resumed = avnwizard("resume", "--stack", release.checkout, env=release.env)
    assert resumed.code == 0, resumed.err
    assert release.answer() == "1.6.0"
    assert [one["status"] for one in release.history()][-1] == "deployed"


def test_a_major_with_migrations_goes_back_with_its_database(release: LabRelease, tmp_path: Path) -> None:
    """v2.0.0 by tag: its hook changes a database outside, which goes back while the gateway has no pods."""
    with contextmanager(running)("pginstall18", listen=HOST) as server:
        _up_and_back(release, server, tmp_path)


def _up_and_back(release: LabRelease, server: LocalServer, folder: Path) -> None:
    server.sql("postgres", "CREATE DATABASE app")
    server.sql("app", "CREATE TABLE users (id int PRIMARY KEY)", "INSERT INTO users VALUES (1), (2)")
    (folder / "password").write_text(PASSWORD)
    release.make(preStop=5)
    release.chart("2.0.0")
    release.commit("v2.0.0")
    release.git("checkout", "-q", "v1.5.0")
    dsn = f"postgresql://{SUPERUSER}@{HOST}/app?sslmode=disable"
    release.configure(timeout_s=60, text=f'[postgres]\ndsn = "{dsn}"\npassword_file = "{folder / "password"}"\n')
    env = {**release.env, "PATH": f"{server.programs}:{release.env['PATH']}"}
    migrating = threading.Thread(target=_migrate, args=(release, server))
    migrating.start()
    done = avnwizard("kubernetes", "upgrade", "--to", "v2.0.0", "--yes", "--stack", release.checkout, env=env)
    migrating.join()
    assert done.code == 0, done.err
    rows = PostgresDatabase(server)
    assert (release.answer(), rows.row_counts("app")) == ("2.0.0", {"public.users": 3})
    pods: list[int] = []
    looking = threading.Event()
    look = threading.Thread(target=_look, args=(release, looking, pods))
    look.start()
    back = avnwizard("rollback", "--yes", "--stack", release.checkout, env=env)
    looking.set()
    look.join()
    assert back.code == 0, back.err
    assert (release.answer(), rows.row_counts("app")) == ("1.5.0", {"public.users": 2})
    assert release.git("describe", "--tags") == "v1.5.0"
    assert 0 in pods
    print(f"pods while the database went back: {pods}")


def _migrate(release: LabRelease, server: LocalServer) -> None:
    """What the hook's job stands for: the schema moves once the job is there."""
    if release.wait_for("job", "migrate"):
        server.sql("app", "ALTER TABLE users ADD email text", "INSERT INTO users VALUES (3)")


def _look(release: LabRelease, stop: threading.Event, pods: list[int]) -> None:
    """How many pods of the gateway there are, as it changes."""
    while not stop.wait(0.3):
        words = ("get", "pods", "-l", "app=gateway", "-n", release.namespace, "-o", "name")
        found = len(release.node.kubectl(*words, check=False).split())
        if pods[-1:] != [found]:
            pods.append(found)
