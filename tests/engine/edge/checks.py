"""What holds after every roll."""

from avnwizard.adapters.traefik import TraefikEdge
from tests.lab.edge_stack import EdgeStack
from tests.lab.probe import Probe


def probe(edge: EdgeStack, service: str, *, rate: float = 50, tls: bool = False, host: str = "") -> Probe:
    """A load on one service; every stand-in says that it is `docs`, so the host alone tells them apart."""
    port = edge.tls if tls else edge.plain
    return Probe(port, host or edge.host(service), "/whoami", rate, service="docs", tls=tls)


def lost(*probes: Probe) -> str:
    """What was lost, "" for nothing."""
    reports = [one.report for one in probes if one.report]
    assert len(reports) == len(probes)
    return "; ".join(str(one) for one in reports if one.lost_total or not one.sent)


def is_settled(edge: EdgeStack, service: str, replicas: int = 1) -> None:
    """As many containers as wanted, no director, and nothing to do for a plain `docker compose up -d`."""
    assert TraefikEdge(edge.stack.project, environ=edge.stack.env).directors() == ()
    assert len(edge.ids(service)) == replicas
    said = edge.stack.compose("up", "-d", "--dry-run").stderr
    assert [line for line in said.splitlines() if "reat" in line] == []
