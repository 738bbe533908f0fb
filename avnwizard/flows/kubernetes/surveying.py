"""A Helm release as the first screen shows a stack: its workloads, and which of them serve."""

from avnwizard.domain.host import ComposeModel
from avnwizard.flows.host import Host
from avnwizard.flows.stack.survey import ServiceStatus, Survey


def survey_release(host: Host) -> Survey:
    """Look at the checkout and at the pods of every workload.

    Raises:
        HostError: git or the cluster does not answer.
    """
    pods: dict[str, list[bool]] = {}
    for one in host.platform.instances():
        pods.setdefault(one.service, []).append(one.health == "healthy")
    services = []
    for each in host.platform.running():
        ready = pods.get(each.service, [])
        ailment = "" if ready and all(ready) else f"{sum(ready)} of {len(ready)} pods ready"
        services.append(ServiceStatus(each.service, each.reference, (), ailment, job=False))
    return Survey(host.repo.head(), ComposeModel({}, {}), tuple(services), {})
