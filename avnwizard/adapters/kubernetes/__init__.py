"""The adapter for `ports.cluster`: the operator's own `helm` and `kubectl`."""

from avnwizard.adapters.kubernetes.cluster import KubeCluster

__all__ = ["KubeCluster"]
