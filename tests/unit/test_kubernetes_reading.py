"""What kubectl prints, read: pods in trouble and pods that end, workloads in mid-roll, events, leases."""

import json

import pytest

from avnwizard.adapters.kubernetes import reading
from avnwizard.domain.kubernetes.states import PodState
from avnwizard.errors import HostError
from tests.flows.kubernetes_world import objects

_POD = {
    "metadata": {"name": "gateway-5f-x", "ownerReferences": [{"kind": "ReplicaSet", "name": "gateway-5f"}]},
    "status": {
        "phase": "Running",
        "containerStatuses": [
            {"name": "app", "restartCount": 2, "state": {"waiting": {"reason": "CrashLoop\u001b[31mBackOff"}}}
        ],
    },
}


def test_a_pod_in_trouble_is_named_and_its_text_cannot_move_the_cursor() -> None:
    """The reason comes from the cluster."""
    (pod,) = reading.pod_states([_POD])
    assert (pod.container, pod.restarts, pod.ready) == ("app", 2, False)
    assert pod.trouble.startswith("CrashLoop")
    assert "\x1b" not in pod.trouble


def test_a_pod_that_ends_is_in_no_trouble() -> None:
    """A program that leaves with 2 on SIGTERM is an old pod that goes, not a failure of the new ones."""
    ending = {**_POD, "metadata": {**_POD["metadata"], "deletionTimestamp": "2026-11-28T15:25:07Z"}}
    assert reading.pod_states([ending])[0].trouble == ""


@pytest.mark.parametrize(
    ("owner", "kind", "name", "expected"),
    [
        ("ReplicaSet/gateway-5f", "Deployment", "gateway", True),
        ("ReplicaSet/gateway-admin-5f", "Deployment", "gateway", False),
        ("StatefulSet/gateway-x", "Deployment", "gateway", False),
        ("StatefulSet/db", "StatefulSet", "db", True),
        ("Job/db", "StatefulSet", "db", False),
    ],
)
def test_whose_a_pod_is(owner: str, kind: str, name: str, expected: bool) -> None:
    """Names that begin alike are not taken for one another."""
    assert PodState("p", owner, "Running", ready=True, restarts=0).belongs_to(kind, name) is expected


def test_a_roll_under_way_and_one_that_is_through() -> None:
    """Old pods that are left, or a manifest that the cluster has not seen, are not rolled."""
    status = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}
    raw = {"kind": "Deployment", "metadata": {"name": "gateway", "generation": 2}, "spec": {"replicas": 2}}
    (state,) = reading.workload_states([{**raw, "status": status}], objects("1"))
    assert not state.is_rolled
    through = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    assert reading.workload_states([{**raw, "status": through}], objects("1"))[0].is_rolled
    unseen = {**through, "observedGeneration": 1}
    assert not reading.workload_states([{**raw, "status": unseen}], objects("1"))[0].is_rolled
    assert not reading.workload_states([], objects("1"))[0].is_rolled


def test_warnings_since_a_moment_each_once() -> None:
    """Older ones and repeats are left out."""
    old, new = "2026-11-28T10:00:00Z", "2026-11-28T12:00:00Z"
    about = {"involvedObject": {"kind": "Pod", "name": "a"}, "reason": "BackOff", "message": "again"}
    found = [{**about, "lastTimestamp": when} for when in (old, new, new)]
    assert reading.warnings(found, reading.epoch("2026-11-28T11:00:00Z")) == ("Pod/a: BackOff: again",)


def test_a_lease_goes_there_and_back() -> None:
    """What is written is what is read; without one nobody holds it."""
    body = json.loads(reading.lease_body("l", "me", "", 60.0, 1000.0))
    lease = reading.lease_of(body, 1010.0)
    assert (lease.holder, lease.age_s, lease.is_live) == ("me", 10.0, True)
    assert not reading.lease_of(body, 1061.0).is_live
    assert not reading.lease_of(None, 0.0).is_live


def test_what_is_no_json_is_an_error() -> None:
    """A tool that prints something else is not believed."""
    with pytest.raises(HostError):
        reading.loaded("<html>", "kubectl get")
