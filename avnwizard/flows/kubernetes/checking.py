"""What can be said of a Helm release without its next chart: tools, rights, status, drift, how ready a roll is."""

from collections.abc import Iterator

from avnwizard.domain.findings import Finding
from avnwizard.domain.kubernetes import rolls as rolling
from avnwizard.domain.kubernetes.access import OWN
from avnwizard.domain.kubernetes.autoscaling import autoscaled
from avnwizard.domain.kubernetes.manifest import KubeObject
from avnwizard.domain.kubernetes.release import cure_of, newest, serving
from avnwizard.domain.kubernetes.versions import complaints
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.chart_checks import chart_findings
from avnwizard.flows.kubernetes.rights import missing


def check_release(host: Host) -> tuple[Finding, ...]:
    """Look at the release; nothing is changed.

    Raises:
        HostError: the cluster does not answer.
    """
    return tuple(_findings(host))


def _findings(host: Host) -> Iterator[Finding]:
    cluster = host.cluster(host.config.kubernetes.context)
    tools, place = cluster.tools(), cluster.place
    about = f"Helm {tools.helm}, kubectl {tools.kubectl}, cluster {tools.server} (context {place.context})"
    yield Finding("tools", "ok", printable(about))
    for grave, what, remedy in complaints(tools):
        yield Finding("tools", "stop" if grave else "warn", what, remedy)
    if denied := [one.shown for one in cluster.may(OWN) if not one.allowed]:
        yield Finding("rights", "stop", f"This login may not: {', '.join(denied)}.", "Ask for a role that allows it.")
        return
    history = cluster.history()
    now, head = serving(history), newest(history)
    if now is None or head is None:
        yield Finding(
            "release", "stop", f"There is no release {place.release} in {place.namespace} that was ever deployed.",
            "Look at: helm list --all-namespaces --all",
        )  # fmt: skip
        return
    if head.is_pending:
        hint = (
            f"Is no helm at work any more? Then: avnwizard kubernetes upgrade --cure, or by hand: helm rollback "
            f"{place.release} {now.number} --namespace {place.namespace}"
        )
        yield Finding("release", "stop", cure_of(history), hint)
    elif head.number != now.number:
        yield Finding(
            "release", "warn", f"Revision {head.number} is {printable(head.status, limit=40)}; {now.number} serves.",
            f"Look at: helm history {place.release} --namespace {place.namespace}",
        )  # fmt: skip
    else:
        chart, app = printable(now.chart, limit=100), printable(now.app_version, limit=100)
        yield Finding("release", "ok", f"Revision {now.number} is deployed: {chart}, app version {app or 'not said'}")
    objects = cluster.manifest(now.number)
    if listed := missing(host, objects):
        yield Finding("rights", "stop", f"This login may not: {listed}.", "Ask for a role that allows it.")
    else:
        yield Finding("rights", "ok", "This login may do what an upgrade needs.")
    lease = cluster.lease()
    if lease.is_live:
        yield Finding("lease", "warn", f"{printable(lease.holder, limit=100)} is changing this release.", "Wait.")
    yield from _running(host, now.number)
    yield from chart_findings(host)


def _running(host: Host, revision: int) -> Iterator[Finding]:
    cluster = host.cluster(host.config.kubernetes.context)
    plain = tuple(one for one in cluster.manifest(revision) if not one.hooks)
    try:
        drifted = cluster.drifted(plain)
    except HostError as error:
        yield Finding("drift", "warn", f"Whether anything was changed by hand is not known: {error.message}")
    else:
        for one in drifted:
            yield Finding(
                "drift", "warn", f"{printable(one)} differs from what the release installed.",
                "An upgrade may undo that: bring it into a values file.",
            )  # fmt: skip
        if not drifted:
            yield Finding("drift", "ok", "The cluster has what the release installed.")
    yield from _pods(host, plain)


def _pods(host: Host, plain: tuple[KubeObject, ...]) -> Iterator[Finding]:
    cluster = host.cluster(host.config.kubernetes.context)
    for state in cluster.workloads(plain):
        if not state.is_rolled:
            shown = printable(state.shown, limit=100)
            message = f"{shown} has {state.ready} ready pods of {state.wanted}."
            yield Finding("pods", "stop", message, f"Look at: kubectl describe {shown.lower()}")
    scaled, overruled = autoscaled(plain)
    workloads = [found for one in scaled if (found := rolling.workload_of(one)) is not None]
    for each in workloads:
        losses, shown = rolling.may_lose(each), printable(each.shown, limit=100)
        for reason in losses:
            yield Finding("roll", "warn", f"{shown}: {reason}", "A roll of it may lose requests.")
        if each.serves and not losses:
            yield Finding("roll", "ok", f"{shown}: a roll should lose no request.")
    for line in rolling.budgets(scaled, workloads):
        yield Finding("budget", "warn", printable(line))
    for line in overruled:
        yield Finding("autoscaler", "warn", printable(line))
