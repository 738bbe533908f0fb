"""What a Helm upgrade takes, found out before anything is changed: manifests compared, rolls judged."""

import re
from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.kubernetes import manifest as manifests
from avnwizard.domain.kubernetes import rolls as rolling
from avnwizard.domain.kubernetes.access import OWN
from avnwizard.domain.kubernetes.autoscaling import autoscaled
from avnwizard.domain.kubernetes.manifest import KubeObject, ObjectChange
from avnwizard.domain.kubernetes.orders import ChartOrder, DryRun
from avnwizard.domain.kubernetes.release import base_of, cure_of, newest, serving
from avnwizard.domain.kubernetes.rolls import Workload
from avnwizard.domain.kubernetes.versions import complaints
from avnwizard.domain.plain import printable
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.definitions import look_at_definitions
from avnwizard.flows.kubernetes.plan import KubePlan, RollOutlook
from avnwizard.flows.kubernetes.rights import missing, writers
from avnwizard.flows.kubernetes.world import rendered_hash
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.ports.cluster import Cluster

_NOTHING = "Nothing was changed."
_REFERENCE = re.compile(r"oci://\S+|[\w.-]+/[\w.-]+")
_NO_MODEL = ComposeModel({}, {})


def plan_upgrade(
    host: Host,
    *,
    cure: bool = False,
    order: ChartOrder | None = None,
    snapshot: SnapshotPlan | None = None,
    shows_crds: str = "",
) -> KubePlan:
    """Look at the release, the chart, the rights, and what a roll of each workload means.

    Args:
        cure: whether the run shall first cure a release that Helm left `pending-*`.
        order: what is installed; None is the chart in the checkout, or the one that `avnwizard.toml` refers to.
        snapshot: the one that is taken; None is one of every database that there is.
        shows_crds: the command that prints the chart's definitions where the order's chart will not be there later.

    Raises:
        RefusedError: it cannot be planned at all. What stands in the way of a plan otherwise is in its `stops`.
        HostError: the cluster does not answer, or the chart does not render.
    """
    cluster, order = host.cluster(host.config.kubernetes.context), order or chart_order(host)
    _require_own_rights(cluster)
    tools, history = cluster.tools(), cluster.history()
    now, head = serving(history), newest(history)
    if now is None or head is None:
        raise RefusedError(
            f"There is no release {cluster.place.release} in {cluster.place.namespace} (context "
            f"{printable(cluster.place.context)}) that was ever deployed. {_NOTHING}",
            "Name the release in avnwizard.toml ([kubernetes]); the first install is by hand: helm install",
        )
    version, app = cluster.chart(order)
    old = cluster.manifest(now.number)
    new, again, dry_run, notes = _rendered(cluster, order)
    plain_old, plain_new = _plain(old), _plain(new)
    changes = manifests.compare(plain_old, plain_new)
    outlooks = tuple(_outlooks(plain_old, autoscaled(plain_new)[0], changes))
    scaled, overruled = autoscaled(plain_new)
    workloads = [found for one in scaled if (found := rolling.workload_of(one)) is not None]
    hooks = [one for one in new if one.hooks & {"pre-upgrade", "post-upgrade"}]
    jobs = sum(one.kind in {"Job", "Pod"} for one in hooks)
    section, stops = host.config.kubernetes, list[tuple[str, str]]()
    if denied := missing(host, [*old, *new]):
        stops.append((f"This login may not do what the upgrade needs: {denied}.", "Ask for a role that allows it."))
    stops += [(what, remedy) for grave, what, remedy in complaints(tools) if grave]
    notes += [f"{what} {remedy}" for grave, what, remedy in complaints(tools) if not grave]
    made_again = manifests.made_again(new, again)
    stops += [
        (
            (
                f"{printable(one)} is rendered differently each time: every upgrade would make a new secret, and no "
                "rollback brings the old one back."
            ),
            "Give it in a values file, with the value that the cluster has now (kubectl get secret).",
        )
        for one in made_again
    ]
    if head.is_pending and not cure:
        stops.append((cure_of(history), "Is no helm at work any more? Then: avnwizard kubernetes upgrade --cure"))
    notes += _drift(cluster, plain_old)
    notes += [*rolling.budgets(scaled, workloads), *overruled]
    defined = look_at_definitions(cluster, order, new, changes, shows=shows_crds)
    stops += defined.stops
    notes += defined.notes
    return KubePlan(
        place=cluster.place,
        tools=tools,
        order=order,
        revision=now.number,
        base=base_of(now, history),
        chart_old=printable(now.chart, limit=100),
        chart_new=_named(now.chart, version),
        app_old=printable(now.app_version, limit=100),
        app_new=app,
        dry_run=dry_run,
        rendered=rendered_hash(new),
        changes=tuple(replace(one, fields=one.fields[:20]) for one in changes),
        rolls=outlooks,
        hooks=tuple(f"{', '.join(sorted(one.hooks))}: {printable(one.shown, limit=100)}" for one in hooks),
        timeout_s=section.timeout_s or rolling.timeout_s(workloads, jobs),
        snapshot=snapshot or _snapshot(host),
        probe=plan_probe(_NO_MODEL, _NO_MODEL, host.config.probe),
        writers=writers(host, [*plain_new, *plain_old]),
        stops=tuple(stops),
        notes=tuple(dict.fromkeys(notes)),
        cures=cure and head.is_pending,
        settle_s=section.settle_s,
        bake_s=host.config.verify.bake_s,
        crds=defined.changes,
        crds_command=defined.command,
    )


def require_possible(plan: KubePlan) -> None:
    """Refuse to start what cannot end well.

    Raises:
        RefusedError: the first thing that stands in the way.
    """
    for what, remedy in plan.stops:
        raise RefusedError(f"{what} {_NOTHING}", remedy)


def chart_order(host: Host) -> ChartOrder:
    """The chart and the values files that `avnwizard.toml` names, as absolute paths.

    Raises:
        RefusedError: one of them is not there.
    """
    section, top = host.config.kubernetes, host.repo.directory
    if not section.release:
        raise RefusedError(
            f"avnwizard.toml names no Helm release. {_NOTHING}", 'Write it: [kubernetes] release = "NAME"'
        )
    chart = section.chart
    if (top / chart / "Chart.yaml").is_file():
        chart = str(top / chart)
    elif not _REFERENCE.fullmatch(chart):
        raise RefusedError(
            f"There is no chart in {top / chart} (no Chart.yaml). {_NOTHING}",
            "Name its folder, or an OCI or repository reference, in avnwizard.toml ([kubernetes] chart).",
        )
    for name in section.values:
        if not (top / name).is_file():
            raise RefusedError(
                f"There is no values file {top / name}. {_NOTHING}", "Look at [kubernetes] values in avnwizard.toml."
            )
    return ChartOrder(chart, tuple(str(top / name) for name in section.values))


def _require_own_rights(cluster: Cluster) -> None:
    """Without these nothing can even be looked at."""
    if denied := [one.shown for one in cluster.may(OWN) if not one.allowed]:
        raise RefusedError(
            f"This login may not do what the upgrade needs: {', '.join(denied)}. {_NOTHING}",
            "Ask for a role that allows it.",
        )


def _rendered(
    cluster: Cluster, order: ChartOrder
) -> tuple[tuple[KubeObject, ...], tuple[KubeObject, ...], DryRun, list[str]]:
    """By the cluster itself where it allows that; twice where the chart has secrets, so that a random one shows."""
    how: DryRun = "server"
    try:
        new, notes = cluster.render(order, how), []
    except HostError as error:
        how = "client"
        new = cluster.render(order, how)  # where the chart itself is at fault, its own error
        said = printable(error.message.strip().splitlines()[-1], limit=200)
        notes = [f"The chart is rendered without the cluster, which refuses a dry run: {said}"]
    again = cluster.render(order, how) if manifests.has_secrets(new) else new
    return new, again, how, notes


def _plain(objects: Sequence[KubeObject]) -> tuple[KubeObject, ...]:
    return tuple(one for one in objects if not one.hooks)


def _outlooks(
    old: Sequence[KubeObject], new: Sequence[KubeObject], changes: Sequence[ObjectChange]
) -> list[RollOutlook]:
    """Each workload whose pods are replaced: the old pods end by the old manifest, the new ones start by the new."""
    before = {one.place: one for one in old}
    was, will = manifests.images(old), manifests.images(new)
    replaced = {(one.kind, one.namespace, one.name) for one in changes if one.replaces_pods}
    found = []
    for one in new:
        now = rolling.workload_of(one)
        if now is None or one.place not in replaced:
            continue
        then = rolling.workload_of(before[one.place])
        judged = _joined(then, now) if then else now
        losses = rolling.may_lose(judged)
        found.append(RollOutlook(one.shown, now.replicas, was.get(one.shown, ()), will.get(one.shown, ()), losses))
    return found


def _joined(old: Workload, new: Workload) -> Workload:
    return replace(new, serves=old.serves or new.serves, pre_stop_s=old.pre_stop_s, grace_s=old.grace_s)


def _drift(cluster: Cluster, old: Sequence[KubeObject]) -> list[str]:
    """What runs otherwise than the release says: the upgrade overwrites it."""
    try:
        found = cluster.drifted(old)
    except HostError as error:
        said = printable(error.message.strip().splitlines()[0], limit=200)
        return [f"Whether anything was changed by hand since the last upgrade is not known: {said}"]
    return [f"{printable(one)} differs from what the release installed; the upgrade may undo that." for one in found]


def _named(old: str, version: str) -> str:
    """The new chart as Helm will name it: the old one's name with the new version."""
    found = re.fullmatch(r"(.+?)-v?\d+\.\d+.*", old)
    return printable(f"{found[1] if found else 'chart'}-{version}", limit=100)


def _snapshot(host: Host) -> SnapshotPlan:
    return plan_snapshot(host, host.repo.head().tag or "helm", taken=host.has_database)
