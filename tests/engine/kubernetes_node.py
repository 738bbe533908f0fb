"""The lab's cluster for a module of tests, skipped with the reason where it cannot be had.

With AVNWIZARD_KUBE=1 the programs are built if they were not, or another process that builds them is waited for.
"""

import os
from collections.abc import Iterator

import pytest

from tests.lab.engine import why_not
from tests.lab.kube import building
from tests.lab.kube.node import Node
from tests.lab.paths import LabPaths


def running_node(*, pods: bool) -> Iterator[Node]:
    """Up, and ended afterwards."""
    if os.environ.get("AVNWIZARD_LAB") != "1" or why_not():
        pytest.skip("the cluster starts only in the lab (AVNWIZARD_LAB=1)")
    if os.environ.get("AVNWIZARD_KUBE") != "1":
        pytest.skip("a cluster is asked only where AVNWIZARD_KUBE=1 says so: it takes minutes")
    if reason := building.why_not():
        pytest.skip(reason)
    paths = LabPaths.default()
    building.build(paths.root)
    node = Node(paths)
    node.forget()
    yield node.up(pods=pods)
    node.down()
