"""A database in a pod of the release: snapshotted, restored by a rollback and by hand. By path: it takes minutes."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.kubernetes_node import running_node
from tests.flows.cli import avnwizard
from tests.lab.kube.node import Node
from tests.lab.kube.postgres import load_postgres
from tests.lab.kube.release import LabRelease

pytestmark = [pytest.mark.kube, pytest.mark.xdist_group("kube")]
_PORT = 30280


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The cluster, up, with the lab's Postgres among its images."""
    for found in running_node(pods=True):
        load_postgres(found)
        yield found


@pytest.fixture
def release(node: Node, tmp_path: Path) -> Iterator[LabRelease]:
    """The example chart at 1.5.0 with its own Postgres; v2.0.0 is a tag."""
    made = LabRelease(node, tmp_path, f"id-{_PORT}-{os.getpid()}", _PORT)
    made.make(preStop=5, postgres=True)
    made.chart("2.0.0")
    made.commit("v2.0.0")
    made.git("checkout", "-q", "v1.5.0")
    made.configure(timeout_s=90, postgres="app=postgres")
    yield made
    made.remove()


def _sql(release: LabRelease, *statements: str) -> str:
    """What psql in the pod says."""
    words = ("exec", "-n", release.namespace, "postgres-0", "--", "psql", "-U", "app", "-tA")
    return release.node.kubectl(*words, *(word for one in statements for word in ("-c", one))).strip()


def test_a_database_in_a_pod_goes_back(release: LabRelease) -> None:
    """The hook's migration is undone by the rollback; afterwards a snapshot is restored by hand."""
    _sql(release, "CREATE TABLE users (id int PRIMARY KEY)", "INSERT INTO users VALUES (1), (2)")
    migrating = threading.Thread(target=_migrate, args=(release,))
    migrating.start()
    done = _say(release, "kubernetes", "upgrade", "--to", "v2.0.0", "--yes")
    migrating.join()
    assert done == ""
    assert release.answer() == "2.0.0"
    assert _sql(release, "SELECT id, email IS NULL FROM users ORDER BY id") == "1|t\n2|t\n3|t"
    assert _say(release, "rollback", "--yes") == ""
    assert release.answer() == "1.5.0"
    assert _sql(release, "SELECT * FROM users ORDER BY id") == "1\n2"
    assert _sql(release, "SELECT count(*) FROM pg_database WHERE datname LIKE 'app%'") == "2"
    _by_hand(release)


def _by_hand(release: LabRelease) -> None:
    """A snapshot is taken and verified, a row deleted, and put back by the restore while the pods go on."""
    assert _say(release, "snapshot", "create") == ""
    listed = avnwizard("snapshot", "list", "--json", "--stack", release.checkout, env=release.env)
    newest = str(listed.data[0]["name"])
    _sql(release, "DELETE FROM users WHERE id = 2")
    assert _say(release, "snapshot", "verify", newest) == ""
    assert _say(release, "snapshot", "restore", newest, "--yes") == ""
    assert _sql(release, "SELECT * FROM users ORDER BY id") == "1\n2"
    assert release.answer() == "1.5.0"


def _say(release: LabRelease, *words: str) -> str:
    """What went wrong, "" for nothing."""
    done = avnwizard(*words, "--stack", release.checkout, env=release.env)
    return "" if done.code == 0 else f"{done.code}: {done.err}"


def _migrate(release: LabRelease) -> None:
    """What the hook's job stands for: the schema moves once the job is there."""
    if release.wait_for("job", "migrate"):
        _sql(release, "ALTER TABLE users ADD email text", "INSERT INTO users VALUES (3)")
