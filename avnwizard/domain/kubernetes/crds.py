"""Custom resource definitions: Helm installs those of a chart's `crds` folder once, and never upgrades them.

Source: Helm's "Custom Resource Definitions" under best practices, and pkg/action/upgrade.go, which never reads them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from avnwizard.domain.kubernetes.manifest import KubeObject, ObjectChange

CRD = "CustomResourceDefinition"
_KEEP = "helm.sh/resource-policy"


@dataclass(frozen=True)
class CrdChange:
    """A definition in the chart's `crds` folder that the cluster has otherwise, or not at all.

    Attributes:
        name: such as "routes.lab.test".
        what: "missing" from the cluster, or "changed".
        served_now, served_new: the versions that the cluster serves, and those that the chart would serve.
        dropped: versions in which the cluster may still store objects, and which the chart no longer has.
        needed: whether the chart's manifest brings an object of that kind, which fails while it is missing.
    """

    name: str
    what: Literal["missing", "changed"]
    served_now: tuple[str, ...] = ()
    served_new: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    needed: bool = False

    @property
    def shown(self) -> str:
        """As kubectl takes it."""
        return f"{CRD}/{self.name}"


def compare_crds(
    chart: Sequence[KubeObject],
    cluster: Sequence[KubeObject],
    differing: Collection[str],
    brought: Sequence[KubeObject],
) -> tuple[CrdChange, ...]:
    """What of the chart's `crds` folder the cluster does not have so.

    Args:
        chart: the definitions that lie there.
        cluster: those of them that the cluster has.
        differing: those that the cluster's own comparison says are other, each as "Kind/name".
        brought: what the chart's manifest brings.
    """
    there = {one.name: one for one in cluster}
    kinds = {(one.group, one.kind) for one in brought}
    found = []
    for one in chart:
        spec = _mapping(one.body.get("spec"))
        kind = (str(spec.get("group", "")), str(_mapping(spec.get("names")).get("kind", "")))
        served, live = tuple(_served(one)), there.get(one.name)
        if live is None:
            found.append(CrdChange(one.name, "missing", (), served, (), kind in kinds))
        elif one.shown in differing:
            known = {str(each.get("name")) for each in _versions(one)}
            stored = _mapping(live.body.get("status")).get("storedVersions")
            held = [str(each) for each in stored] if isinstance(stored, list) else []
            dropped = tuple(each for each in held if each not in known)
            found.append(CrdChange(one.name, "changed", tuple(_served(live)), served, dropped, kind in kinds))
    return tuple(found)


def deleted_with_objects(changes: Sequence[ObjectChange], cluster: Sequence[KubeObject]) -> tuple[str, ...]:
    """Names of definitions that an upgrade removes, and every object of their kind with them.

    Helm leaves one whose object in the cluster is annotated `helm.sh/resource-policy: keep`.
    """
    there = {one.name: one for one in cluster}
    return tuple(
        one.name
        for one in changes
        if one.kind == CRD and one.what == "removed" and one.name in there and not _kept(there[one.name])
    )


def _kept(one: KubeObject) -> bool:
    annotations = _mapping(_mapping(one.body.get("metadata")).get("annotations"))
    return str(annotations.get(_KEEP, "")).strip().lower() == "keep"


def _served(one: KubeObject) -> Iterator[str]:
    yield from (str(each.get("name")) for each in _versions(one) if each.get("served"))


def _versions(one: KubeObject) -> list[Mapping[str, Any]]:
    found = _mapping(one.body.get("spec")).get("versions")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
