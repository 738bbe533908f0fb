"""The chart's custom resource definitions: what the operator has to apply, since Helm never upgrades them."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from avnwizard.domain.kubernetes.crds import CRD, CrdChange, compare_crds, deleted_with_objects
from avnwizard.domain.kubernetes.manifest import KubeObject, ObjectChange
from avnwizard.domain.kubernetes.orders import ChartOrder
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.ports.cluster import Cluster

_UNKNOWN = (
    "Whether the cluster has the definitions of the chart's crds folder, which Helm never upgrades, is not known"
)


@dataclass
class Definitions:
    """What is said of them in the plan.

    Attributes:
        changes: those of the chart's `crds` folder that the cluster does not have so.
        command: what applies them, for a shell; "" where there is nothing to apply.
        stops: (what stands in the way, what to do).
        notes: what else to know, a sentence each.
    """

    changes: tuple[CrdChange, ...] = ()
    command: str = ""
    stops: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def look_at_definitions(
    cluster: Cluster,
    order: ChartOrder,
    new: Sequence[KubeObject],
    changes: Sequence[ObjectChange],
    *,
    shows: str = "",
) -> Definitions:
    """Compare the chart's `crds` folder with the cluster, and find what the manifest would delete.

    Args:
        new: what the chart's manifest brings.
        changes: how that differs from what the release brought before.
        shows: the command, for a shell, that prints the definitions; "" is `helm show crds` of the order's chart.

    Raises:
        HostError: Helm cannot read the chart.
    """
    found = Definitions()
    chart = cluster.crds(order)
    removed = [one.name for one in changes if one.kind == CRD and one.what == "removed"]
    if not chart and not removed:
        return found
    try:
        there = cluster.defined([*(one.name for one in chart), *removed])
        names = {one.name for one in there}
        differing = cluster.drifted([one for one in chart if one.name in names])
    except HostError as error:
        said = printable(error.message.strip().splitlines()[0], limit=200)
        found.notes.append(f"{_UNKNOWN}: {said}")
        return found
    found.changes = compare_crds(chart, there, differing, new)
    if found.changes:
        shows = shows or f"helm show crds {shlex.quote(order.chart)}"
        context = shlex.quote(cluster.place.context)
        found.command = f"{shows} | kubectl --context {context} apply --server-side --force-conflicts -f -"
    found.stops += [_missing(one, found.command) for one in found.changes if one.what == "missing" and one.needed]
    found.stops += [_deleted(name, cluster.place.context) for name in deleted_with_objects(changes, there)]
    return found


def _missing(one: CrdChange, command: str) -> tuple[str, str]:
    what = (
        f"The cluster has no {printable(one.shown, limit=100)}, and the chart brings objects of its kind. Helm "
        "installs what lies in a chart's crds folder with the first release only."
    )
    return what, f"Apply it by hand, then plan again: {command}"


def _deleted(name: str, context: str) -> tuple[str, str]:
    shown = f"{CRD}/{printable(name, limit=100)}"
    what = (
        f"The upgrade would delete {shown}, and the cluster with it every object of its kind, which no rollback "
        "brings back."
    )
    annotate = f"kubectl --context {shlex.quote(context)} annotate {shlex.quote(shown)} helm.sh/resource-policy=keep"
    return what, f"Keep it, then plan again: {annotate}"
