"""Logins, locks and killed runs on a real cluster with pods. By path: it takes minutes."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from avnwizard.domain.kubernetes.access import needed
from avnwizard.domain.kubernetes.manifest import parse
from avnwizard.domain.kubernetes.states import Access
from tests.engine.kubernetes_node import running_node
from tests.flows.cli import Said, avnwizard, in_a_session
from tests.lab.kube.node import Node
from tests.lab.kube.release import LabRelease

pytestmark = [pytest.mark.kube, pytest.mark.xdist_group("kube")]
_NUMBERS = iter(range(30480, 30500))
_LEASE = """\
{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "avnwizard-id"},
 "spec": {"holderIdentity": "20260101-000000-aa@elsewhere", "leaseDurationSeconds": 3600,
          "renewTime": "2099-01-01T00:00:00.000000Z"}}"""


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The cluster, up."""
    yield from running_node(pods=True)


@pytest.fixture
def release(node: Node, tmp_path: Path) -> Iterator[LabRelease]:
    """The example chart at 1.5.0, installed by hand; 1.6.0 lies in the checkout."""
    port = next(_NUMBERS)
    made = LabRelease(node, tmp_path, f"id-{port}-{os.getpid()}", port)
    made.make(preStop=0)
    made.chart("1.6.0")
    yield made
    made.remove()


def _say(release: LabRelease, *words: str) -> Said:
    return avnwizard(*words, "--stack", release.checkout, env=release.env)


def _grant(release: LabRelease, allowed: Sequence[Access]) -> None:
    """Give the login `limited` exactly these rights, in the release's namespace."""
    rules = [
        {
            "verbs": [one.verb],
            "apiGroups": [one.group],
            "resources": [f"{one.resource}/{one.subresource}" if one.subresource else one.resource],
        }
        for one in allowed
    ]
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": "operator"}, "rules": rules}
    binding = {
        "apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": {"name": "operator"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "operator"},
        "subjects": [{"kind": "User", "name": "limited"}],
    }  # fmt: skip
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": [role, binding]})
    release.node.kubectl("apply", "-n", release.namespace, "-f", "-", feed=listed)


def test_the_rights_that_the_plan_asks_for_are_enough(release: LabRelease) -> None:
    """With those alone the release is checked, upgraded and taken back; with one less the upgrade is refused."""
    chart = ["template", "id", "chart", "--values", "values.yaml", "--is-upgrade"]
    allowed = needed(parse(release.helm(*chart), source="the chart"))
    release.configure(context="limited", timeout_s=60)
    _grant(release, allowed[:-1])
    refused = _say(release, "kubernetes", "upgrade", "--yes")
    assert (refused.code, allowed[-1].shown in refused.err) == (3, True), refused.err
    _grant(release, allowed)
    checked = _say(release, "kubernetes", "check", "--json")
    assert checked.code == 0, checked.err
    done = _say(release, "kubernetes", "upgrade", "--yes")
    assert done.code == 0, done.err
    assert release.answer() == "1.6.0"
    back = _say(release, "rollback", "--yes")
    assert back.code == 0, back.err
    assert release.answer() == "1.5.0"


def test_a_run_alone_is_killed(release: LabRelease) -> None:
    """Helm works on; the resumed run waits for it, and finds its own revision."""
    started = in_a_session("kubernetes", "upgrade", "--yes", "--stack", release.checkout, env=release.env)
    release.kill_in_the_middle("run")
    started.wait(60)
    resumed = _say(release, "resume")
    assert resumed.code == 0, resumed.err
    assert release.answer() == "1.6.0"
    assert [one["status"] for one in release.history()] == ["superseded", "deployed"]


def test_an_operator_on_another_host_has_the_lease(release: LabRelease) -> None:
    """Nothing is changed until it is free; then the run goes on."""
    release.node.kubectl("create", "-n", release.namespace, "-f", "-", feed=_LEASE)
    refused = _say(release, "kubernetes", "upgrade", "--yes")
    assert refused.code == 4, refused.err
    assert "20260101-000000-aa@elsewhere is changing this release" in refused.err
    assert len(release.history()) == 1
    release.node.kubectl("delete", "lease", "avnwizard-id", "-n", release.namespace)
    assert _say(release, "resume").code == 0
    assert release.answer() == "1.6.0"
