"""What the chart in the checkout says of the next upgrade: secrets that it would make again, images out of step."""

from collections.abc import Iterator, Mapping

from avnwizard.domain.findings import Finding
from avnwizard.domain.kubernetes.manifest import has_secrets, images, made_again
from avnwizard.domain.kubernetes.orders import ChartOrder
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.planning import chart_order


def chart_findings(host: Host) -> Iterator[Finding]:
    """Render the chart without the cluster: again if it has secrets, and without values if parts belong together."""
    try:
        order = chart_order(host)
    except RefusedError as error:
        yield Finding("chart", "stop", error.message, error.hint)
        return
    cluster = host.cluster(host.config.kubernetes.context)
    try:
        first = cluster.render(order, "client")
        second = cluster.render(order, "client") if has_secrets(first) else first
    except WizardError as error:
        said = printable(error.message.strip().splitlines()[-1], limit=200)
        yield Finding(
            "chart", "warn", f"The chart in the checkout does not render: {said}", "helm template shows it."
        )
        return
    for one in made_again(first, second):
        yield Finding(
            "secrets",
            "stop",
            f"{printable(one)} is rendered differently each time: every upgrade would make a new secret.",
            "Give it in a values file, with the value that the cluster has now (kubectl get secret).",
        )
    yield from _in_step(host, order, images(first))


def _in_step(host: Host, order: ChartOrder, own: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    """Images of services that belong together, which the operator's values set otherwise than the chart does."""
    cluster, section = host.cluster(host.config.kubernetes.context), host.config.lockstep
    together = {shown: runs for shown, runs in own.items() if any(each in shown.lower() for each in section.services)}
    if not together or not order.values:
        return
    try:
        pinned = images(cluster.render(ChartOrder(order.chart), "client"))
    except WizardError:
        return  # a chart that demands values does not render without them: nobody can tell
    for shown, runs in together.items():
        if pinned.get(shown, runs) == runs:
            continue
        here, there = (printable(", ".join(each), limit=200) for each in (runs, pinned[shown]))
        yield Finding(
            "lockstep",
            "warn",
            f"{printable(shown, limit=100)} runs {here} by your values; the chart pins {there}, with which "
            f"{section.name}'s services are tested together.",
            "Remove the image from your values files.",
        )
