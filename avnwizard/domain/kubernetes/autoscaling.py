"""Workloads whose number of pods an autoscaler decides."""

from collections.abc import Sequence
from typing import Any

from avnwizard.domain.kubernetes.manifest import KubeObject


def autoscaled(objects: Sequence[KubeObject]) -> tuple[tuple[KubeObject, ...], tuple[str, ...]]:
    """The objects with the fewest pods that their autoscalers keep, and what an upgrade overrules, a sentence each.

    An upgrade that sends `replicas` scales to that number until the autoscaler looks again (autoscaling/v2): where it
    is smaller than what serves, the pods that are left carry the load meanwhile.
    """
    fewest = dict(_fewest(one) for one in objects if one.kind == "HorizontalPodAutoscaler")
    made: list[KubeObject] = []
    said: list[str] = []
    for one in objects:
        least = fewest.get((one.kind, one.name))
        if least is None:
            made.append(one)
            continue
        spec = _dict(one.body.get("spec"))
        told = spec.get("replicas")
        if told is not None:
            said.append(
                f"{one.shown} has an autoscaler, and its manifest sets replicas too: the upgrade scales it to "
                f"{str(told)[:20]} until the autoscaler looks again. Leave replicas out of the chart."
            )
        replicas = max(least, told) if isinstance(told, int) else least
        made.append(
            KubeObject(one.kind, one.namespace, one.name, {**one.body, "spec": {**spec, "replicas": replicas}})
        )
    return tuple(made), tuple(said)


def _fewest(scaler: KubeObject) -> tuple[tuple[str, str], int]:
    spec = _dict(scaler.body.get("spec"))
    target, least = _dict(spec.get("scaleTargetRef")), spec.get("minReplicas")
    number = least if isinstance(least, int) and 0 < least < 10**6 else 1
    return (str(target.get("kind")), str(target.get("name"))), number


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
