"""Versions of the operator's tools and of the cluster, and whether they go together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
OLDEST_HELM = (3, 16)
_HELM_4 = 4
_SKEW = 1
"""kubectl is supported within one minor version of the API server (Kubernetes' version skew policy)."""

Version = tuple[int, int]


def version_of(text: str) -> Version | None:
    """(major, minor) in a version such as "v1.33.13" or "4.3.1+gc0d08d0"; None where there is none."""
    found = _VERSION.match(text.strip())
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Tools:
    """What is installed here, and what the cluster runs, as each names itself.

    Attributes:
        context: the kubeconfig's context in use.
        address: the API server's, so that a context that was pointed elsewhere is noticed.
    """

    helm: str
    kubectl: str
    server: str
    context: str
    address: str = ""

    @property
    def helm_major(self) -> int:
        """3 or 4: their options are spelt differently."""
        found = version_of(self.helm)
        return found[0] if found else 0


def complaints(tools: Tools) -> Iterator[tuple[bool, str, str]]:
    """What is wrong with the versions: (stops, what, what to do)."""
    helm, kubectl, server = version_of(tools.helm), version_of(tools.kubectl), version_of(tools.server)
    if helm is None or helm < OLDEST_HELM or helm[0] > _HELM_4:
        yield True, f"Helm is {tools.helm or 'of an unknown version'}.", "Install Helm 3.16 or newer, or 4."
    if kubectl is None or server is None:
        yield False, "The versions of kubectl and the cluster cannot be compared.", "Run: kubectl version"
    elif kubectl[0] != server[0] or abs(kubectl[1] - server[1]) > _SKEW:
        yield (
            False,
            f"kubectl {tools.kubectl} is more than one minor version away from the cluster's {tools.server}.",
            f"Install kubectl {server[0]}.{server[1]}.",
        )
