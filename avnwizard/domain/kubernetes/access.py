"""What an upgrade must be allowed to do in the cluster, as `kubectl auth can-i` asks it."""

from collections.abc import Sequence

from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.kubernetes.states import Access

_CHANGES = ("get", "create", "patch", "delete")
OWN = (
    Access("list", "pods"),
    Access("get", "pods", subresource="log"),
    Access("list", "events"),
    Access("list", "secrets"),
    Access("create", "secrets"),
    Access("update", "secrets"),
    Access("get", "leases", "coordination.k8s.io"),
    Access("create", "leases", "coordination.k8s.io"),
    Access("update", "leases", "coordination.k8s.io"),
    Access("delete", "leases", "coordination.k8s.io"),
)
"""Helm keeps its releases in secrets; avnwizard follows pods and events, and holds a Lease."""
IN_A_POD = (Access("create", "pods", subresource="exec"), Access("create", "pods", subresource="portforward"))
"""How databases in a pod are reached."""
_IRREGULAR = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "StorageClass": "storageclasses"}
_S_ENDINGS = ("s", "x", "ch", "sh")


def plural(kind: str) -> str:
    """The resource of a kind, by Kubernetes' own rule (apimachinery `UnsafeGuessKindToResource`)."""
    if kind in _IRREGULAR:
        return _IRREGULAR[kind]
    name = kind.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith(_S_ENDINGS):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2:-1] not in "aeiou" else f"{name}s"


def scaling(writers: Sequence[tuple[str, str]]) -> tuple[Access, ...]:
    """What a rollback needs that swaps databases: (kind, name) of what writes to them is scaled down and up."""
    kinds = dict.fromkeys(plural(kind) for kind, _ in writers)
    return tuple(Access("patch", kind, "apps", "scale") for kind in kinds)


def needed(objects: Sequence[KubeObject]) -> tuple[Access, ...]:
    """What Helm does to every kind of object, and what avnwizard asks besides."""
    kinds = dict.fromkeys((plural(one.kind), one.group) for one in objects)
    changes = [Access(verb, resource, group) for resource, group in kinds for verb in _CHANGES]
    return tuple(dict.fromkeys([*OWN, *changes]))
