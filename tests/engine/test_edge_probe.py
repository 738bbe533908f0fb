"""The probe through a real Traefik: routes from Compose's own model, and a router that vanishes is seen."""

from collections import Counter

import pytest

from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.probing import Outcome, Route, judge
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.flows.edge.baseline import learn, wait_for_all
from avnwizard.wiring import open_host
from tests.lab.stack import LabStack
from tests.waiting import until

pytestmark = pytest.mark.engine


def test_a_router_that_vanishes_is_seen(in_reach: LabStack) -> None:
    """Ten routes answer. While the gateway is away its own requests are lost, and no other; then all answer again."""
    host = open_host(in_reach.clone)
    model = host.stack.resolve()
    routes = plan_probe(model, model, ProbeSection()).routes
    assert {route.name: (route.address, route.port) for route in routes} == dict.fromkeys(
        ["audit", "docs", "gateway", "hydra", "kratos", "oathkeeper", "polis", "saml", "web", "webhook"],
        ("127.0.0.1", in_reach.ports.web),
    )
    assert wait_for_all(host, routes, learn(host, routes), limit_s=60) == {}
    identities = learn(host, routes)
    assert all(one.answers for one in identities.values())
    assert all(identities[route.name].is_told_apart for route in routes if route.decoy)

    verdicts: dict[str, Counter[str]] = {route.name: Counter() for route in routes}

    def settled(route: Route, outcome: Outcome, _due_s: float, _ended_s: float) -> None:
        verdicts[route.name][judge(outcome, identities[route.name], route)] += 1

    run = host.probe().start(routes, rate=40, settled=settled)
    run.focus("gateway")
    until(lambda: verdicts["gateway"]["answered"] > 40)
    (gateway,) = host.stack.containers("gateway")
    host.stack.stop(gateway.id, grace_s=10)
    until(lambda: verdicts["gateway"]["misrouted"] > 20)
    host.stack.up("gateway")
    assert wait_for_all(host, routes, identities, limit_s=120) == {}
    run.stop()
    assert not run.problem
    assert all(set(one) == {"answered"} for name, one in verdicts.items() if name != "gateway"), verdicts
