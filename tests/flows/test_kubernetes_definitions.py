"""Definitions that Helm never upgrades, on the simulated cluster; and how often a chart is rendered."""

from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.config_kubernetes import KubernetesSection
from avnwizard.domain.kubernetes.manifest import parse
from avnwizard.domain.kubernetes.orders import ChartOrder
from avnwizard.errors import RefusedError
from avnwizard.flows.kubernetes.checking import check_release
from avnwizard.flows.kubernetes.drafting import draft
from avnwizard.flows.kubernetes.plan import KubePlan, from_json, to_json
from avnwizard.flows.kubernetes.planning import plan_upgrade, require_possible
from avnwizard.flows.kubernetes.preparing import prepare_release
from avnwizard.flows.kubernetes.shown import lines_of
from avnwizard.practice.kubernetes.cluster import PracticeChart
from tests.flows.kubernetes_crds import definition
from tests.flows.kubernetes_tags import git, tagged_world
from tests.flows.kubernetes_world import KubeTestWorld, make_world, objects

_ROUTE = "{apiVersion: lab.test/v1, kind: Route, metadata: {name: a}}"
_SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: hydra}, stringData: {system: x}}"


@pytest.fixture
def world(tmp_path: Path) -> KubeTestWorld:
    """A release at 1.5.0, whose next chart has a definition in its crds folder."""
    made = make_world(tmp_path / "checkout")
    folder = made.directory / "chart/crds"
    folder.mkdir()
    (folder / "routes.yaml").write_text(definition("v1", "v2"))
    return made


def _told(world: KubeTestWorld, home: Path) -> tuple[KubePlan, str]:
    host = world.host(home)
    plan = plan_upgrade(host)
    return plan, "\n".join(text for text, _ in lines_of(host, plan))


def test_one_that_differs_is_said_with_what_applies_it(world: KubeTestWorld, tmp_path: Path) -> None:
    """The versions of both, what may be stored, the command; applied by hand, there is no word more."""
    live = parse(definition("v1beta1", "v1", stored=("v1beta1", "v1")), source="t")[0]
    world.release.definitions = {live.name: live}
    plan, told = _told(world, tmp_path / "home")
    assert "CustomResourceDefinition/routes.lab.test; the cluster serves v1beta1, v1, the chart v1, v2" in told
    assert "may be stored as v1beta1" in told
    assert f"helm show crds {world.chart} | kubectl --context lab apply --server-side" in told
    assert from_json(to_json(plan)) == plan
    require_possible(plan)
    world.release.definitions = {live.name: parse(definition("v1", "v2"), source="t")[0]}
    assert "CustomResourceDefinition" not in _told(world, tmp_path / "home")[1]


def test_one_that_is_missing_stops_where_the_manifest_needs_it(world: KubeTestWorld, tmp_path: Path) -> None:
    """Helm would fail in the middle: objects of a kind that nobody knows."""
    plan, told = _told(world, tmp_path / "home")
    assert "not in the cluster: CustomResourceDefinition/routes.lab.test" in told
    require_possible(plan)
    world.next("1.6.0", (*objects("1.6.0"), *parse(_ROUTE, source="t")))
    plan, _ = _told(world, tmp_path / "home")
    with pytest.raises(RefusedError, match=r"has no CustomResourceDefinition/routes\.lab\.test") as refused:
        require_possible(plan)
    assert "helm show crds" in refused.value.hint


@pytest.mark.parametrize(("policy", "stops"), [("", True), ("keep", False)])
def test_one_that_the_upgrade_deletes_stops(world: KubeTestWorld, tmp_path: Path, policy: str, stops: bool) -> None:
    """With it go all objects of its kind; annotated in the cluster, Helm leaves it."""
    live = parse(definition("v1", "v2", policy=policy), source="t")[0]
    world.release.definitions = {live.name: live}
    world.release.brought[1] = (*objects("1.5.0"), live)
    plan, _ = _told(world, tmp_path / "home")
    assert bool(plan.stops) is stops
    if stops:
        with pytest.raises(RefusedError, match="every object of its kind") as refused:
            require_possible(plan)
        assert "annotate CustomResourceDefinition/routes.lab.test helm.sh/resource-policy=keep" in refused.value.hint


def test_those_of_a_tag_are_taken_from_the_tag(tmp_path: Path) -> None:
    """The checkout holds the old chart until the run: the command unpacks the new one."""
    world = tagged_world(tmp_path / "checkout")
    git(world.directory, "checkout", "-q", "v2.0.0")
    folder = world.directory / "chart/crds"
    folder.mkdir()
    (folder / "routes.yaml").write_text(definition("v1"))
    git(world.directory, "add", "chart")
    git(world.directory, "commit", "-q", "-m", "definitions")
    git(world.directory, "tag", "-f", "v2.0.0")
    git(world.directory, "checkout", "-q", "v1.5.0")
    host = world.host(tmp_path / "home")
    found = draft(host, "v2.0.0")
    plan = prepare_release(host, found, Answers().accepting(found.decisions(Answers()))).plan
    assert [one.what for one in plan.crds] == ["missing"]
    assert f"git -C {world.directory} archive v2.0.0 chart" in plan.crds_command
    assert 'helm show crds "$d"/chart | kubectl' in plan.crds_command


@pytest.mark.parametrize(("secret", "values", "times"), [(False, False, 1), (True, False, 2), (False, True, 2)])
def test_a_check_renders_no_more_often_than_it_needs(
    world: KubeTestWorld, tmp_path: Path, secret: bool, values: bool, times: int
) -> None:
    """Again where a secret may be random, and without values where parts belong together."""
    rendered: list[ChartOrder] = []
    spec = "spec: {template: {spec: {containers: [{image: 'h:1'}]}}}"
    hydra = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: hydra}}, {spec}}}"
    more = [*parse(hydra, source="t"), *(parse(_SECRET, source="t") if secret else ())]

    def read(order: ChartOrder) -> PracticeChart:
        rendered.append(order)
        return PracticeChart("id", "2", "2", lambda: (*objects("2"), *more))

    del world.release.charts[world.chart]
    world.release.read = read
    (world.directory / "own.yaml").write_text("a: 1\n")
    section = KubernetesSection(release="id", context="lab", values=("own.yaml",) if values else ())
    check_release(world.host(tmp_path / "home", section))
    assert len(rendered) == times
