"""Manifests compared object by object, and read with care."""

import pytest

from avnwizard.domain.kubernetes.access import IN_A_POD, needed, plural, scaling
from avnwizard.domain.kubernetes.manifest import compare, images, made_again, parse
from avnwizard.domain.kubernetes.states import Access
from avnwizard.errors import RefusedError
from tests.flows.kubernetes_world import objects

_SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: keys, annotations: {"helm.sh/hook": "%s"}}
data: {system: %s, fixed: Zm9v}
"""


def test_a_new_image_replaces_pods_and_is_named() -> None:
    """The path goes by the container's name; the service, which is as it was, is left out."""
    (change,) = compare(objects("1.5.0"), objects("1.6.0"))
    assert (change.shown, change.what, change.replaces_pods) == ("Deployment/gateway", "changed", True)
    assert [(one.path, one.old, one.new) for one in change.fields] == [
        ("spec.template.spec.containers.[app].image", "gateway:1.5.0", "gateway:1.6.0")
    ]


def test_replicas_replace_no_pods() -> None:
    """What lies outside the pod template changes without a roll."""
    old, new = (
        parse(
            f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{replicas: {n}}}}}", source="t"
        )
        for n in (1, 2)
    )
    (change,) = compare(old, new)
    assert not change.replaces_pods


def test_the_charts_version_alone_is_no_change_but_rolls_where_it_is_in_the_template() -> None:
    """Its label on an object is left out; on the pods it replaces them, and that is said."""
    text = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: a, labels: {{helm.sh/chart: id-{0}}}}}
spec: {{template: {{metadata: {{labels: {1}}}}}}}
"""
    assert compare(*(parse(text.format(n, "{}"), source="t") for n in (1, 2))) == ()
    (change,) = compare(*(parse(text.format(n, f"{{helm.sh/chart: id-{n}}}"), source="t") for n in (1, 2)))
    assert (change.fields, change.replaces_pods) == ((), True)


def test_no_secret_is_shown() -> None:
    """Neither of a Secret nor of a variable whose name says what it is, nor in a URL."""
    secret = compare(*(parse(_SECRET % ("", value), source="t") for value in ("b2xk", "bmV3")))
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, env: [%s]}]}}"
    pairs = ("{name: DB_PASSWORD, value: %s}", "{name: DSN, value: 'postgres://u:%s@db/x'}")
    texts = [repr(secret)]
    texts += [
        repr(compare(*(parse(pod % (one % value), source="t") for value in ("oldpw1", "newpw2")))) for one in pairs
    ]
    for text in texts:
        assert "***" in text
        assert not any(value in text for value in ("b2xk", "bmV3", "oldpw1", "newpw2"))


def test_added_and_removed_objects() -> None:
    """Each is one line."""
    found = compare(objects("1")[:1], objects("1")[1:])
    assert {(one.shown, one.what) for one in found} == {
        ("Deployment/gateway", "removed"),
        ("Service/gateway", "added"),
    }


@pytest.mark.parametrize(("hook", "found"), [("", 1), ("pre-install,pre-upgrade", 1), ("pre-install", 0)])
def test_a_secret_that_is_made_up_at_each_rendering(hook: str, found: int) -> None:
    """Where an upgrade brings it; the key that differs is named, not its value."""
    first, second = (parse(_SECRET % (hook, value), source="t") for value in ("YQ==", "Yg=="))
    made = made_again(first, second)
    assert len(made) == found
    assert all(one == "Secret/keys: system" for one in made)
    assert made_again(first, first) == ()


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "just words",
        "{kind: Service}",
        "{kind: [1], metadata: {name: x}}",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)),
        "!!python/object/apply:os.system [ls]",
    ],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    """Not YAML, no object, without a name, endless by aliases, or asking for code."""
    with pytest.raises(RefusedError) as refused:
        parse(text, source="The chart")
    assert "The chart" in refused.value.message


def test_lists_and_empty_documents() -> None:
    """A `List` holds its members; nothing between two separators is nothing."""
    text = "---\n---\n{kind: List, items: [{kind: Service, metadata: {name: a}}]}\n---\n"
    assert [one.shown for one in parse(text, source="t")] == ["Service/a"]


def test_images_of_all_pods() -> None:
    """Init containers and cron jobs too."""
    text = """
kind: CronJob
metadata: {name: c}
spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{image: "i:1"}], containers: [{image: "m:1"}]}}}}}
"""
    assert images(parse(text, source="t")) == {"CronJob/c": ("i:1", "m:1")}


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("Deployment", "deployments"), ("Ingress", "ingresses"), ("NetworkPolicy", "networkpolicies"),
        ("Endpoints", "endpoints"), ("Gateway", "gateways"), ("PodDisruptionBudget", "poddisruptionbudgets"),
    ],
)  # fmt: skip
def test_resources_by_kind(kind: str, resource: str) -> None:
    """As Kubernetes forms the plural."""
    assert plural(kind) == resource


def test_rights_for_every_kind_and_for_helms_own_secrets() -> None:
    """Each once."""
    found = needed(objects("1", migrates=True))
    assert {Access("patch", "deployments", "apps"), Access("create", "jobs", "batch")} <= set(found)
    assert Access("update", "secrets") in found
    assert len(found) == len(set(found))
    assert Access("patch", "deployments", "apps").shown == "patch deployments.apps"


def test_rights_for_databases_and_for_what_writes_to_them() -> None:
    """A rollback that swaps databases scales by a resource of its own, for which a role needs a word of its own."""
    assert [one.shown for one in scaling([("Deployment", "a"), ("Deployment", "b"), ("StatefulSet", "c")])] == [
        "patch deployments.apps/scale",
        "patch statefulsets.apps/scale",
    ]
    assert [one.shown for one in IN_A_POD] == ["create pods/exec", "create pods/portforward"]
