"""A release on a real API server with a real Helm, and no node: history, cure, rollback by number, refusals."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.kubernetes_node import running_node
from tests.flows.cli import Said, avnwizard, in_a_session
from tests.flows.kubernetes_crds import definition
from tests.lab.kube.node import Node
from tests.lab.kube.release import LabRelease

pytestmark = [pytest.mark.kube, pytest.mark.xdist_group("kube")]
_NUMBERS = iter(range(30180, 30200))


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The API server, up."""
    yield from running_node(pods=False)


@pytest.fixture
def release(node: Node, tmp_path: Path) -> Iterator[LabRelease]:
    """The example chart at 1.5.0 without pods, installed by hand."""
    port = next(_NUMBERS)
    made = LabRelease(node, tmp_path, f"id-{port}-{os.getpid()}", port)
    yield made.make(pods=False)
    made.remove()


def _say(release: LabRelease, *words: str) -> Said:
    return avnwizard(*words, "--stack", release.checkout, env=release.env)


def _tag(release: LabRelease) -> str:
    """What the service in the cluster was rendered with."""
    path = "jsonpath={.metadata.annotations.tag}"
    return release.node.kubectl("get", "service", "gateway", "-n", release.namespace, "-o", path)


def test_up_and_down_again(release: LabRelease) -> None:
    """Checked, planned, upgraded and taken back to revision 1; the report says from what to what."""
    checked = _say(release, "kubernetes", "check", "--json")
    assert checked.code == 0, checked.err
    assert {one["level"] for one in checked.data} == {"ok"}
    release.chart("1.6.0")
    plan = _say(release, "kubernetes", "plan", "--json")
    assert plan.code == 0, plan.err
    assert [(one["name"], one["what"]) for one in plan.data["changes"]] == [("gateway", "changed")]
    assert plan.data["dry_run"] == "server"
    done = _say(release, "kubernetes", "upgrade", "--yes")
    assert done.code == 0, done.err
    assert _tag(release) == "1.6.0"
    assert release.history()[-1]["description"].startswith("avnwizard run ")
    report = _say(release, "report")
    assert "chart: avnology-1.5.0 to avnology-1.6.0" in report.out
    back = _say(release, "rollback", "--yes")
    assert back.code == 0, back.err
    assert _tag(release) == "1.5.0"
    assert [(one["status"], one["description"]) for one in release.history()][-1] == ("deployed", "Rollback to 1")
    leases = release.node.kubectl("get", "leases", "-n", release.namespace, "-o", "name")
    assert leases == ""


def test_helm_and_the_run_are_killed(release: LabRelease) -> None:
    """A hook that never ends: Helm waits, both are killed. The check names the cure, the rollback is one."""
    release.chart("1.6.0", pods=True, migrate="nowhere:1")
    started = in_a_session("kubernetes", "upgrade", "--yes", "--stack", release.checkout, env=release.env)
    release.kill_in_the_middle("run", "helm")
    started.wait(60)
    assert release.history()[-1]["status"] == "pending-upgrade"
    check = _say(release, "kubernetes", "check", "--json")
    assert check.code == 3
    said = next(one for one in check.data if one["check"] == "release")
    assert "Revision 1 (avnology-1.5.0) was the last to be deployed" in said["message"]
    back = _say(release, "rollback", "--yes")
    assert back.code == 0, back.err
    assert [(one["status"], one["description"]) for one in release.history()][-1] == ("deployed", "Rollback to 1")
    assert _tag(release) == "1.5.0"


def test_helm_alone_is_killed(release: LabRelease) -> None:
    """The run says that nothing was put back, and ends; its rollback cures the release."""
    release.chart("1.6.0", pods=True, migrate="nowhere:1")
    started = in_a_session("kubernetes", "upgrade", "--yes", "--stack", release.checkout, env=release.env)
    release.kill_in_the_middle("helm")
    assert started.wait(60) == 4
    assert release.history()[-1]["status"] == "pending-upgrade"
    assert "The old revision was not put back by Helm" in _say(release, "report").out
    assert _say(release, "rollback", "--yes").code == 0
    assert [(one["status"], one["description"]) for one in release.history()][-1] == ("deployed", "Rollback to 1")


def test_definitions_that_helm_does_not_upgrade(release: LabRelease) -> None:
    """What the plan gives to apply is what the cluster then has; Helm's own hold on it is no hindrance."""
    folder = release.checkout / "chart/crds"
    folder.mkdir()
    (folder / "routes.yaml").write_text(definition("v1"))
    (folder.parent / "templates/route.yaml").write_text("{apiVersion: lab.test/v1, kind: Route, metadata: {name: a}}")
    release.chart("1.6.0")
    refused = _say(release, "kubernetes", "upgrade", "--yes")
    assert refused.code == 3
    assert "The cluster has no CustomResourceDefinition/routes.lab.test" in refused.err
    try:
        release.helm("install", "other", str(_with_definitions(release)))
        assert _planned(release) == []
        (folder / "routes.yaml").write_text(definition("v1", "v2"))
        (found,) = _planned(release)
        assert (found["what"], found["served_now"], found["served_new"]) == ("changed", ["v1"], ["v1", "v2"])
        command = _say(release, "kubernetes", "plan", "--json").data["crds_command"]
        subprocess.run(["sh", "-c", command], env=release.env, check=True, capture_output=True)
        assert _planned(release) == []
    finally:
        release.node.kubectl("delete", "customresourcedefinition", "routes.lab.test", "--ignore-not-found")


def _with_definitions(release: LabRelease) -> Path:
    """A chart of nothing but these definitions, by which Helm installs them."""
    chart = release.folder / "other"
    shutil.copytree(release.checkout / "chart/crds", chart / "crds")
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: other, version: 1.0.0}")
    return chart


def _planned(release: LabRelease) -> list[dict[str, Any]]:
    """The definitions of which the plan speaks."""
    plan = _say(release, "kubernetes", "plan", "--json")
    assert plan.code == 0, plan.err
    return list(plan.data["crds"])


def test_left_pending_by_hand(release: LabRelease) -> None:
    """An upgrade is refused with the cure, and `--cure` goes on from the revision that was deployed."""
    release.leave_pending()
    release.chart("1.6.0", pods=False)
    refused = _say(release, "kubernetes", "upgrade", "--yes")
    assert refused.code == 3
    assert "--cure" in refused.err
    cured = _say(release, "kubernetes", "upgrade", "--cure", "--yes")
    assert cured.code == 0, cured.err
    assert _tag(release) == "1.6.0"


def test_a_hook_that_never_ends(release: LabRelease) -> None:
    """Helm gives up after its time-out and puts the old revision back; the run says so and ends with 4."""
    release.configure(timeout_s=5)
    release.chart("1.6.0", pods=True, migrate="nowhere:1")
    failed = _say(release, "kubernetes", "upgrade", "--yes")
    assert failed.code == 4, failed.err
    assert "the old pods serve" in failed.err
    assert _tag(release) == "1.5.0"
    assert _say(release, "rollback", "--yes").code == 0
    assert release.history()[-1]["description"] == "Rollback to 1"


def test_what_is_refused(release: LabRelease) -> None:
    """A secret that every upgrade makes again, what somebody deployed meanwhile, and a login without rights."""
    release.chart("1.6.0", secret="")
    refused = _say(release, "kubernetes", "upgrade", "--yes")
    assert refused.code == 3
    assert "Secret/system: secret" in refused.err
    release.configure(context="limited")
    refused = _say(release, "kubernetes", "upgrade", "--yes")
    assert refused.code == 3
    assert "list secrets" in refused.err
    assert [one["status"] for one in release.history()] == ["deployed"]


def test_to_a_tag_whose_chart_renames_a_value(release: LabRelease, tmp_path: Path) -> None:
    """Asked by the answers file, written into the values, rendered by the cluster; the way back undoes all of it."""
    release.renames("1.6.0")
    before, answers = (release.checkout / "values.yaml").read_text(), str(tmp_path / "answers.toml")
    refused = _say(release, "kubernetes", "upgrade", "--to", "v1.6.0", "--yes")
    assert refused.code == 3
    assert "tag is now image.tag?" in refused.err
    assert _say(release, "kubernetes", "plan", "--to", "1.6.0", "--write-answers", answers).code == 0
    done = _say(release, "kubernetes", "upgrade", "--to", "v1.6.0", "--answers", answers, "--yes")
    assert done.code == 0, done.err
    after = (release.checkout / "values.yaml").read_text()
    assert "image:\n  tag: 1.5.0\n" in after
    assert (release.git("describe", "--tags"), release.history()[-1]["chart"]) == ("v1.6.0", "avnology-1.6.0")
    assert _tag(release) == "1.5.0"
    back = _say(release, "rollback", "--yes")
    assert back.code == 0, back.err
    assert (release.git("describe", "--tags"), release.history()[-1]["chart"]) == ("v1.5.0", "avnology-1.5.0")
    assert (release.checkout / "values.yaml").read_text() == before


def test_a_change_by_hand_is_named(release: LabRelease) -> None:
    """By the cluster's own comparison."""
    patch = '{"metadata": {"annotations": {"tag": "by-hand"}}}'
    release.node.kubectl("patch", "service", "gateway", "-n", release.namespace, "-p", patch)
    check = _say(release, "kubernetes", "check", "--json")
    assert [one["message"] for one in check.data if one["check"] == "drift"] == [
        "Service/gateway differs from what the release installed."
    ]
