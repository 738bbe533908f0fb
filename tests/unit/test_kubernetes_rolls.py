"""What a roll may lose, by the manifest: each reason alone, and none where all is as it should be."""

import pytest

from avnwizard.domain.kubernetes.autoscaling import autoscaled
from avnwizard.domain.kubernetes.manifest import KubeObject, parse
from avnwizard.domain.kubernetes.rolls import Workload, budgets, may_lose, timeout_s, workload_of

_TEXT = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: gateway}}
spec:
  replicas: {replicas}
  {strategy}
  template:
    metadata: {{labels: {{app: gateway}}}}
    spec:
      terminationGracePeriodSeconds: {grace}
      containers:
      - {{name: app, image: a, {ports} {probe} {stop}}}
      - {{name: sidecar, image: b}}
"""
_GOOD = {
    "kind": "Deployment", "replicas": "2", "grace": "30", "ports": "ports: [{containerPort: 80}],",
    "strategy": "strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}",
    "probe": "readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 2, failureThreshold: 40},",
    "stop": "lifecycle: {preStop: {sleep: {seconds: 5}}}",
}  # fmt: skip


def _object(**otherwise: str) -> KubeObject:
    (found,) = parse(_TEXT.format(**{**_GOOD, **otherwise}), source="t")
    return found


def _workload(**otherwise: str) -> Workload:
    found = workload_of(_object(**otherwise))
    assert found is not None
    return found


def test_a_roll_that_should_lose_nothing() -> None:
    """MaxUnavailable 0, a readiness probe, preStop long enough."""
    assert may_lose(_workload()) == ()
    assert may_lose(_workload(ports="")) == ()


@pytest.mark.parametrize(
    ("otherwise", "words"),
    [
        ({"strategy": "strategy: {type: Recreate}"}, "Recreate"),
        ({"replicas": "1", "strategy": "strategy: {rollingUpdate: {maxUnavailable: 1}}"}, "all of them"),
        ({"kind": "StatefulSet", "replicas": "1", "strategy": ""}, "all of them"),
        ({"kind": "DaemonSet", "strategy": ""}, "Each node's pod"),
        ({"probe": ""}, "no readiness probe"),
        ({"stop": ""}, "not at all"),
        ({"stop": "lifecycle: {preStop: {sleep: {seconds: 2}}}"}, "only 2 s"),
        ({"stop": "lifecycle: {preStop: {httpGet: {path: /drain, port: 80}}}"}, "is not known"),
        ({"grace": "5"}, "is killed 5 s after"),
    ],
)
def test_each_reason_alone(otherwise: dict[str, str], words: str) -> None:
    """One thing is otherwise, one reason is given."""
    (reason,) = may_lose(_workload(**otherwise))
    assert words in reason


def test_a_preStop_by_command() -> None:  # noqa: N802 - as Kubernetes writes it
    """A shell that sleeps is read; a sleep of enough loses nothing."""
    words = "lifecycle: {preStop: {exec: {command: [sh, -c, 'nginx -s quit; sleep 7']}}}"
    assert _workload(stop=words).pre_stop_s == 7.0
    assert may_lose(_workload(stop=words)) == ()


@pytest.mark.parametrize(
    ("replicas", "rolling", "expected"),
    [
        ("1", "", (0, 1)),
        ("4", "", (1, 1)),
        ("10", "{maxUnavailable: 30%, maxSurge: 0}", (3, 0)),
        ("3", "{maxUnavailable: 0, maxSurge: 50%}", (0, 2)),
        ("2", "{maxUnavailable: 0, maxSurge: 0}", (1, 0)),
    ],
)
def test_percentages_are_rounded_as_kubernetes_does(replicas: str, rolling: str, expected: tuple[int, int]) -> None:
    """MaxUnavailable down, maxSurge up, never both 0; 25 % each by default."""
    strategy = f"strategy: {{rollingUpdate: {rolling}}}" if rolling else ""
    found = _workload(replicas=replicas, strategy=strategy)
    assert (found.unavailable, found.surge) == expected


def test_the_time_out_comes_from_the_pods_own_numbers() -> None:
    """A slow start and many rounds take longer, and so do hooks."""
    quick, slow = _workload(), _workload(replicas="40")
    assert quick.start_s == 80.0
    assert timeout_s([slow], 0) > timeout_s([quick], 0) >= 300.0
    assert timeout_s([quick], 2) - timeout_s([quick], 0) == 600.0


@pytest.mark.parametrize(
    ("spec", "words"),
    [("minAvailable: 2", "allows none"), ("maxUnavailable: 0", "allows none"), ("minAvailable: 1", "")],
)
def test_disruption_budgets(spec: str, words: str) -> None:
    """One that allows no eviction is named; with one that allows some there is nothing to say."""
    selector = "selector: {matchLabels: {app: gateway}}"
    text = f"{{kind: PodDisruptionBudget, metadata: {{name: b}}, spec: {{{spec}, {selector}}}}}"
    one = _object()
    found = budgets([*parse(text, source="t"), one], [_workload()])
    assert len(found) == bool(words)
    assert all(words in line for line in found)
    assert "no PodDisruptionBudget" in budgets([one], [_workload()])[0]


def test_numbers_that_are_none_are_taken_for_the_default() -> None:
    """A hostile chart cannot crash the reading."""
    found = _workload(replicas="[1]", grace="-5", strategy="strategy: {rollingUpdate: {maxSurge: x%}}")
    assert (found.replicas, found.grace_s) == (1, 30.0)


def test_an_autoscaler_decides_how_many_pods_there_are() -> None:
    """Its least number counts for the roll; a manifest that sets another one overrules it, and is named."""
    scaler = (
        "{kind: HorizontalPodAutoscaler, apiVersion: autoscaling/v2, metadata: {name: a}, "
        "spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 4, maxReplicas: 9}}"
    )
    web = "{{kind: Deployment, apiVersion: apps/v1, metadata: {{name: web}}, spec: {{{} template: {{}}}}}}"
    free = parse(f"{web.format('')}\n---\n{scaler}", source="t")
    objects, said = autoscaled(free)
    found = workload_of(objects[0])
    assert found is not None
    assert (found.replicas, said) == (4, ())
    _, said = autoscaled(parse(f"{web.format('replicas: 2,')}\n---\n{scaler}", source="t"))
    assert "the upgrade scales it to 2 until the autoscaler looks again" in said[0]
    assert autoscaled(free[:1]) == (free[:1], ())
