"""Plans of a Helm upgrade on the simulated cluster: what is said beforehand, and what stops."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.kubernetes.manifest import parse
from avnwizard.domain.kubernetes.orders import ChartOrder
from avnwizard.errors import RefusedError
from avnwizard.flows.kubernetes.checking import check_release
from avnwizard.flows.kubernetes.plan import from_json, to_json
from avnwizard.flows.kubernetes.planning import plan_upgrade, require_possible
from avnwizard.practice.kubernetes.cluster import PracticeChart
from tests.flows.kubernetes_world import KubeTestWorld, make_world, objects

_HYDRA = (
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: hydra}, "
    "spec: {template: {spec: {containers: [{name: h, image: 'hydra:%s'}]}}}}"
)
_SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: hydra}, stringData: {system: '%s'}}"


@pytest.fixture
def world(tmp_path: Path) -> KubeTestWorld:
    """A release at 1.5.0."""
    return make_world(tmp_path / "checkout")


def test_the_plan_says_what_changes_and_goes_through_json(world: KubeTestWorld, tmp_path: Path) -> None:
    """Object by object, with the hook and what a roll loses: nothing."""
    plan = plan_upgrade(world.host(tmp_path / "home"))
    assert (plan.revision, plan.chart_old, plan.chart_new) == (1, "id-1.5.0", "id-1.6.0")
    assert [(one.shown, one.losses) for one in plan.rolls] == [("Deployment/gateway", ())]
    assert plan.hooks == ("pre-upgrade: Job/migrate",)
    assert (plan.stops, plan.dry_run) == ((), "server")
    assert from_json(to_json(plan)) == plan
    require_possible(plan)


def test_old_pods_end_by_the_old_manifest(world: KubeTestWorld, tmp_path: Path) -> None:
    """A preStop that only the new chart has does not help in this upgrade, and the plan says so."""
    world.release.brought[1] = objects("1.5.0", waits=False)
    plan = plan_upgrade(world.host(tmp_path / "home"))
    assert "preStop waits not at all" in plan.rolls[0].losses[0]


def test_a_secret_that_every_upgrade_makes_again_stops(world: KubeTestWorld, tmp_path: Path) -> None:
    """As ory/hydra does it; the value is not in the plan."""
    numbers = itertools.count(111_111)
    world.release.charts[world.chart] = PracticeChart(
        "id", "2", "2", lambda: (*objects("2"), *parse(_SECRET % f"pw{next(numbers)}", source="t"))
    )
    plan = plan_upgrade(world.host(tmp_path / "home"))
    with pytest.raises(RefusedError, match="Secret/hydra"):
        require_possible(plan)
    assert "pw111" not in to_json(plan)


def test_a_check_says_beforehand_what_the_chart_would_do(world: KubeTestWorld, tmp_path: Path) -> None:
    """A secret made up at random stops; an image of Ory's that only the operator's values name is out of step."""
    numbers = itertools.count(1)
    world.release.charts[world.chart] = PracticeChart(
        "id", "2", "2", lambda: (*objects("2"), *parse(_SECRET % f"pw{next(numbers)}", source="t"))
    )
    found = [one for one in check_release(world.host(tmp_path / "home")) if one.check == "secrets"]
    assert [one.level for one in found] == ["stop"]
    assert "Secret/hydra: system" in found[0].message
    (world.directory / "own.yaml").write_text("hydra: {tag: v2.2.0}\n")

    def read(order: ChartOrder) -> PracticeChart:
        text = _HYDRA % ("v2.2.0" if order.values else "v2.3.0")
        return PracticeChart("id", "2", "2", lambda: parse(text, source="t"))

    del world.release.charts[world.chart]
    world.release.read = read
    section = KubernetesSection(release="id", context="lab", values=("own.yaml",))
    apart = [one for one in check_release(world.host(tmp_path / "home", section)) if one.check == "lockstep"]
    assert "Deployment/hydra runs hydra:v2.2.0 by your values; the chart pins hydra:v2.3.0" in apart[0].message


def test_a_pending_release_stops_unless_its_cure_is_asked_for(world: KubeTestWorld, tmp_path: Path) -> None:
    """The message names the revision by number."""
    chart = world.release.charts[world.chart]
    world.release.add(chart, chart.render())
    host = world.host(tmp_path / "home")
    with pytest.raises(RefusedError, match=r"Revision 1 \(id-1.5.0\) was the last to be deployed"):
        require_possible(plan_upgrade(host))
    assert plan_upgrade(host, cure=True).cures
    assert {one.check: one.level for one in check_release(host)}["release"] == "stop"


def test_rights_that_are_missing_stop(world: KubeTestWorld, tmp_path: Path) -> None:
    """They are named as `kubectl auth can-i` takes them."""
    world.release.denied = {"patch deployments.apps"}
    host = world.host(tmp_path / "home")
    with pytest.raises(RefusedError, match=r"patch deployments\.apps"):
        require_possible(plan_upgrade(host))
    assert {one.check: one.level for one in check_release(host)}["rights"] == "stop"


def test_rights_without_which_nothing_can_be_looked_at(world: KubeTestWorld, tmp_path: Path) -> None:
    """Helm keeps its history in secrets: without them there is one clear word, and no question more."""
    world.release.denied = {"list secrets"}
    host = world.host(tmp_path / "home")
    with pytest.raises(RefusedError, match="list secrets"):
        plan_upgrade(host)
    assert [one.check for one in check_release(host)] == ["tools", "rights"]


def test_what_was_changed_by_hand_is_named(world: KubeTestWorld, tmp_path: Path) -> None:
    """In the plan and in the check."""
    world.release.changed_by_hand = {"Service/gateway"}
    host = world.host(tmp_path / "home")
    assert any("Service/gateway" in note for note in plan_upgrade(host).notes)
    assert {one.check: one.level for one in check_release(host)}["drift"] == "warn"


def test_without_a_dry_run_by_the_cluster_the_chart_renders_alone(world: KubeTestWorld, tmp_path: Path) -> None:
    """The plan says so."""
    world.release.server_dry_run = False
    plan = plan_upgrade(world.host(tmp_path / "home"))
    assert plan.dry_run == "client"
    assert any("without the cluster" in note for note in plan.notes)


def test_a_check_of_a_release_in_order(world: KubeTestWorld, tmp_path: Path) -> None:
    """Nothing stops, and nothing but the missing budget is worth a word."""
    found = check_release(world.host(tmp_path / "home"))
    assert {(one.check, one.level) for one in found if one.level != "ok"} == {("budget", "warn")}
    world.release.never_ready = {"gateway:1.5.0"}
    assert ("pods", "stop") in {(one.check, one.level) for one in check_release(world.host(tmp_path / "home"))}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"release": "id", "chart": "nowhere"}, "no chart in"),
        ({"release": "id", "values": ("none.yaml",)}, "no values file"),
        ({"release": ""}, "names no Helm release"),
    ],
)
def test_what_is_not_there_is_refused(
    world: KubeTestWorld, tmp_path: Path, section: dict[str, Any], words: str
) -> None:
    """One error, with the place."""
    with pytest.raises(RefusedError, match=words):
        plan_upgrade(world.host(tmp_path / "home", KubernetesSection(**section)))


def test_a_release_that_is_not_installed(world: KubeTestWorld, tmp_path: Path) -> None:
    """The first install is by hand."""
    world.release.history.clear()
    with pytest.raises(RefusedError, match="no release id in default"):
        plan_upgrade(world.host(tmp_path / "home"))
    assert check_release(world.host(tmp_path / "home"))[-1].level == "stop"


@pytest.mark.parametrize(
    "section",
    [
        {"release": "Upper"}, {"release": "x" * 54}, {"namespace": ""}, {"chart": ""}, {"chart": "--post-renderer"},
        {"values": ("-f",)}, {"chart": "https://u:hunter22secret@charts.example/c.tgz"}, {"context": "a\nb"},
    ],
)  # fmt: skip
def test_settings_that_cannot_be(section: dict[str, Any]) -> None:
    """Each is refused when the file is read, by its key."""
    with pytest.raises(ValueError, match=next(iter(section))):
        KubernetesSection(**section)
