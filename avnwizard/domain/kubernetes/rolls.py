"""What the cluster's own rolling update of one workload may lose, and why: read from its manifest alone."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avnwizard.domain.kubernetes.manifest import KubeObject, pod_spec

ROLLED = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_GRACE_S = 30.0
"""Kubernetes' default `terminationGracePeriodSeconds`."""
_READY_S = 30.0
"""A cautious guess for a start whose probe says nothing of it."""
_ENOUGH_S = 5.0
"""What a preStop sleep of brought 0 of 2,600 requests lost; endpoints are updated within it (measured, 1.20)."""
_DIGITS, _HUGE = 9, 1e6
"""What no sensible manifest exceeds."""
_SLEEP = re.compile(r"\bsleep\s+(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Workload:
    """How the cluster replaces one workload's pods.

    Attributes:
        replicas: pods that are wanted; for a DaemonSet 0, since the nodes say.
        unavailable: how many of them may be missing in mid-roll; None where all are stopped first.
        surge: how many may run on top.
        serves: whether its pods name a port, so that requests may be on the way to them.
        ready: whether each container that names a port has a readiness probe.
        pre_stop_s: the shortest sleep before SIGTERM over those containers; None where it is not known.
        grace_s: from the preStop hook's begin to SIGKILL.
        start_s: a cautious guess for one pod's start.
    """

    kind: str
    namespace: str
    name: str
    replicas: int
    unavailable: int | None
    surge: int
    serves: bool
    ready: bool
    pre_stop_s: float | None
    grace_s: float
    start_s: float

    @property
    def shown(self) -> str:
        """Such as "Deployment/gateway"."""
        return f"{self.kind}/{self.name}"

    @property
    def rolls(self) -> int:
        """In how many rounds its pods are replaced, at most."""
        at_once = max(1, (self.unavailable or 0) + self.surge) if self.unavailable is not None else self.replicas
        return math.ceil(max(self.replicas, 1) / max(at_once, 1))

    @property
    def seconds(self) -> float:
        """How long a roll may take before it is given up, by the pods' own numbers."""
        return self.rolls * (self.start_s + self.grace_s)


def workload_of(one: KubeObject) -> Workload | None:
    """What a manifest says of a workload's roll; None for what the cluster does not roll."""
    if one.kind not in ROLLED:
        return None
    spec = _dict(one.body.get("spec"))
    pods = pod_spec(one.body)
    replicas = 0 if one.kind == "DaemonSet" else _whole(spec.get("replicas"), 1)
    unavailable, surge = _strategy(one.kind, spec, replicas)
    doors = [each for each in map(_dict, _list(pods.get("containers"))) if each.get("ports")]
    stops = [_pre_stop_s(each) for each in doors]
    told = [each for each in stops if each is not None]
    probes = [_dict(each.get("readinessProbe") or each.get("startupProbe")) for each in doors]
    start_s = max((_start_s(each) for each in probes), default=_READY_S) + _number(spec.get("minReadySeconds"), 0.0)
    return Workload(
        kind=one.kind,
        namespace=one.namespace,
        name=one.name,
        replicas=replicas,
        unavailable=unavailable,
        surge=surge,
        serves=bool(doors),
        ready=all(each.get("readinessProbe") for each in doors),
        pre_stop_s=min(told) if len(told) == len(stops) and told else (0.0 if not doors else None),
        grace_s=_number(pods.get("terminationGracePeriodSeconds"), _GRACE_S),
        start_s=start_s,
    )


def may_lose(one: Workload) -> tuple[str, ...]:
    """Why a roll of it may lose requests, a sentence each; () where it should lose none."""
    if not one.serves:
        return ()
    return tuple(_losses(one))


def _losses(one: Workload) -> Iterator[str]:
    if one.unavailable is None:
        yield "All its pods stop before the new ones start (strategy Recreate): it is down until those are ready."
    elif one.kind != "DaemonSet" and one.replicas > 0 and one.unavailable >= one.replicas:
        yield (
            f"{one.unavailable} of its {one.replicas} pods may be missing at once, which is all of them: it is down "
            "until a new one is ready."
        )
    elif one.kind == "DaemonSet" and one.surge == 0:
        yield "Each node's pod stops before its successor starts: that node's requests are lost meanwhile."
    if not one.ready:
        yield "It has no readiness probe, so requests are sent to new pods before they can answer."
    if one.pre_stop_s is None:
        yield "Whether its preStop hook waits long enough for the endpoints to be updated is not known."
    elif one.pre_stop_s < _ENOUGH_S:
        waits = f"for only {one.pre_stop_s:g} s" if one.pre_stop_s else "not at all"
        yield (
            f"Old pods are asked to end while requests are still sent to them: preStop waits {waits}. A sleep of "
            f"{_ENOUGH_S:g} s loses none."
        )
    if one.pre_stop_s is not None and one.pre_stop_s >= one.grace_s:
        yield (
            f"preStop waits {one.pre_stop_s:g} s, and the pod is killed {one.grace_s:g} s after it began: requests "
            "in hand are cut off."
        )


def timeout_s(workloads: Sequence[Workload], jobs: int) -> float:
    """How long Helm may wait: the slowest roll by the pods' own numbers, twice over, and time for hooks."""
    slowest = max((one.seconds for one in workloads), default=0.0)
    return max(300.0, 2 * slowest) + 300.0 * jobs


def budgets(objects: Sequence[KubeObject], workloads: Sequence[Workload]) -> tuple[str, ...]:
    """What the PodDisruptionBudgets of a manifest mean for the operator, a sentence each."""
    found = []
    covered: set[str] = set()
    bodies = {one.shown: one.body for one in objects}
    for budget in (one for one in objects if one.kind == "PodDisruptionBudget"):
        spec = _dict(budget.body.get("spec"))
        wanted = _dict(_dict(spec.get("selector")).get("matchLabels"))
        for one in workloads:
            template = _dict(_dict(bodies[one.shown].get("spec")).get("template"))
            labels = _dict(_dict(template.get("metadata")).get("labels"))
            if not wanted or any(labels.get(key) != value for key, value in wanted.items()):
                continue
            covered.add(one.shown)
            if _allowed(spec, one.replicas) <= 0:
                found.append(
                    f"{budget.shown} allows none of {one.shown}'s pods to be evicted: no node can be drained."
                )
    bare = [one.shown for one in workloads if one.serves and one.replicas > 1 and one.shown not in covered]
    if bare:
        found.append(f"{', '.join(bare)}: no PodDisruptionBudget, so a drained node may take all pods at once.")
    return tuple(found)


def _allowed(spec: Mapping[str, Any], replicas: int) -> int:
    if "maxUnavailable" in spec:
        return _share(spec["maxUnavailable"], replicas, up=True)
    return replicas - _share(spec.get("minAvailable", 1), replicas, up=True)


def _strategy(kind: str, spec: Mapping[str, Any], replicas: int) -> tuple[int | None, int]:
    """(how many may be missing, how many may run on top), with Kubernetes' defaults (apps/v1)."""
    if kind == "StatefulSet":
        return 1, 0
    told = _dict(spec.get("strategy") if kind == "Deployment" else spec.get("updateStrategy"))
    rolling = _dict(told.get("rollingUpdate"))
    if kind == "DaemonSet":
        surge = _share(rolling.get("maxSurge", 0), 1, up=True)
        return (0 if surge else 1), surge
    if told.get("type") == "Recreate":
        return None, 0
    unavailable = _share(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    surge = _share(rolling.get("maxSurge", "25%"), replicas, up=True)
    return (unavailable or (0 if surge else 1)), surge


def _share(value: Any, of: int, *, up: bool) -> int:
    """A number, or a percentage of the replicas rounded as Kubernetes rounds it."""
    text = value if isinstance(value, str) else ""
    if text.endswith("%") and text[:-1].isdigit() and len(text) <= _DIGITS:
        part = int(text[:-1]) * of / 100
        return math.ceil(part) if up else math.floor(part)
    return _whole(value, 0)


def _pre_stop_s(container: Mapping[str, Any]) -> float | None:
    """How long the preStop hook waits: 0.0 where there is none, None where its command does not say."""
    hook = _dict(_dict(container.get("lifecycle")).get("preStop"))
    if not hook:
        return 0.0
    if "sleep" in hook:
        return _number(_dict(hook["sleep"]).get("seconds"), 0.0)
    words = [str(each) for each in _list(_dict(hook.get("exec")).get("command"))]
    found = _SLEEP.search(" ".join(words))
    return float(found[1]) if found else None


def _start_s(probe: Mapping[str, Any]) -> float:
    if not probe:
        return _READY_S
    tries = _whole(probe.get("failureThreshold"), 3) * _number(probe.get("periodSeconds"), 10.0)
    return max(_READY_S, _number(probe.get("initialDelaySeconds"), 0.0) + tries)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: Any, default: int) -> int:
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) <= _DIGITS else default
    return value if isinstance(value, int) and 0 <= value < 10**_DIGITS else default


def _number(value: Any, default: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _HUGE
    return float(value) if good else default
