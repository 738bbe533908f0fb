"""Definitions of a chart's crds folder against what the cluster has, and those that an upgrade would delete."""

import pytest

from avnwizard.domain.kubernetes.crds import CrdChange, compare_crds, deleted_with_objects
from avnwizard.domain.kubernetes.manifest import KubeObject, compare, parse
from tests.flows.kubernetes_crds import definition

_ROUTE = "{apiVersion: lab.test/v1, kind: Route, metadata: {name: a}}"


def _crd(*versions: str, stored: tuple[str, ...] = ()) -> KubeObject:
    return parse(definition(*versions, stored=stored), source="the test")[0]


@pytest.mark.parametrize("manifest", ["", _ROUTE, _ROUTE.replace("lab.test/v1", "other.test/v1")])
def test_one_that_the_cluster_lacks_is_needed_where_the_manifest_has_its_kind(manifest: str) -> None:
    """The same kind of another group is another kind."""
    (found,) = compare_crds(
        [_crd("v1")], [], ["CustomResourceDefinition/routes.lab.test"], parse(manifest, source="")
    )
    assert (found.what, found.served_new) == ("missing", ("v1",))
    assert found.needed == (manifest == _ROUTE)


def test_one_that_differs_says_the_versions_and_what_may_still_be_stored() -> None:
    """The API server refuses a definition without a version in which objects may be stored."""
    live = _crd("v1alpha1", "v1", stored=("v1alpha1", "v1"))
    (found,) = compare_crds([_crd("v1", "v2")], [live], ["CustomResourceDefinition/routes.lab.test"], [])
    assert found == CrdChange("routes.lab.test", "changed", ("v1alpha1", "v1"), ("v1", "v2"), ("v1alpha1",), False)


def test_one_that_the_cluster_has_as_it_is_needs_no_word() -> None:
    """What its own comparison does not name is the same."""
    assert compare_crds([_crd("v1")], [_crd("v1")], ["Service/routes.lab.test"], []) == ()


@pytest.mark.parametrize(
    "text", ["{spec: 1}", "{spec: {versions: x, names: [], group: 1}}", "{spec: {versions: [1]}}"]
)
def test_a_definition_that_is_none_breaks_nothing(text: str) -> None:
    """A chart is somebody else's text."""
    odd = parse(f"{{kind: CustomResourceDefinition, metadata: {{name: x}}, {text[1:]}", source="the test")
    assert [one.what for one in compare_crds(odd, [], [], odd)] == ["missing"]
    assert [one.what for one in compare_crds(odd, odd, [odd[0].shown], odd)] == ["changed"]


@pytest.mark.parametrize(("policy", "expected"), [("", ("routes.lab.test",)), ("keep", ()), ("Keep ", ())])
def test_one_that_an_upgrade_removes_takes_its_objects_along(policy: str, expected: tuple[str, ...]) -> None:
    """Unless its object in the cluster is annotated, which is where Helm looks."""
    old = _crd("v1")
    live = parse(definition("v1", policy=policy), source="the test")
    assert deleted_with_objects(compare([old], []), live) == expected
    assert deleted_with_objects(compare([old], []), []) == ()
    assert deleted_with_objects(compare([old], [old]), live) == ()
