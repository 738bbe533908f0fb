"""A custom resource definition, for tests of what Helm never upgrades."""

from collections.abc import Sequence

import yaml


def definition(*versions: str, stored: Sequence[str] = (), policy: str = "") -> str:
    """`routes.lab.test` with these versions, all served, the last of them stored.

    Args:
        stored: what the cluster says it may have stored objects in.
        policy: `helm.sh/resource-policy`.
    """
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    listed = [
        {"name": each, "served": True, "storage": each == versions[-1], "schema": {"openAPIV3Schema": schema}}
        for each in versions
    ]
    names = {"kind": "Route", "plural": "routes", "singular": "route"}
    annotations = {"annotations": {"helm.sh/resource-policy": policy}} if policy else {}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "routes.lab.test", **annotations},
        "spec": {"group": "lab.test", "scope": "Namespaced", "names": names, "versions": listed},
        **({"status": {"storedVersions": list(stored)}} if stored else {}),
    }  # fmt: skip
    return yaml.safe_dump(body)
