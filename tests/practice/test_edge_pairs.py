"""The practice host's edge with the commonest setup: two routers of one rule a service, and a catch-all behind."""

from collections import Counter

import pytest

from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.probing import Outcome, Route, judge
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.flows.edge.baseline import learn
from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.product.template import COMPOSE_FILE
from avnwizard.wiring import open_host
from tests.waiting import until

_PAIRED = ("gateway", "web", "audit")


def pair_up(practice: PracticeHost) -> Host:
    """Give some services an https router of the rule that they have, and Traefik the entrypoint; start them so."""
    file = practice.project.directory / COMPOSE_FILE
    lines = []
    for line in file.read_text("utf-8").splitlines():
        lines.append(line)
        words = line.strip().split(".")
        if words[:3] == ["traefik", "http", "routers"] and words[3] in _PAIRED and "middlewares" not in line:
            lines.append(
                line.replace(f"routers.{words[3]}.", f"routers.{words[3]}-tls.").replace(": web", ": websecure")
            )
    text = "\n".join(lines) + "\n"
    text = text.replace(
        "      - --ping=true\n",
        "      - --entrypoints.websecure.address=:443\n      - --entrypoints.websecure.http.tls=true\n"
        "      - --ping=true\n",
    )
    text = text.replace(
        '      - "${EDGE_API_BIND:-127.0.0.1:8081}:8080"\n',
        '      - "${EDGE_API_BIND:-127.0.0.1:8081}:8080"\n      - "127.0.0.1:8443:443"\n',
    )
    file.write_text(text, "utf-8")
    practice.state.set("speed", 20.0)
    host = open_host(practice.project.directory)
    for service in ("traefik", *_PAIRED):
        host.stack.up(service)
    until(lambda: all(one.is_serving for service in ("traefik", *_PAIRED) for one in host.stack.containers(service)))
    return host


@pytest.fixture
def paired(practice_host: PracticeHost) -> Host:
    """The practice stack with pairs."""
    return pair_up(practice_host)


def _routes(host: Host) -> dict[str, Route]:
    model = host.stack.resolve()
    return {route.name: route for route in plan_probe(model, model, ProbeSection()).routes}


def test_both_routers_of_a_service_are_asked_each_its_own_way(paired: Host) -> None:
    """By http and by https; the console's two routers are the next rules."""
    routes = _routes(paired)
    assert (routes["gateway"].tls, routes["gateway"].next) == (False, "web")
    assert (routes["gateway-tls"].tls, routes["gateway-tls"].next) == (True, "web-tls")
    identities = learn(paired, [routes["gateway"], routes["gateway-tls"]])
    assert all(one.answers and one.is_told_apart for one in identities.values())


def test_both_routers_go_to_the_catch_all_while_their_service_is_away(paired: Host) -> None:
    """Each at its own entrypoint, and both are lost; those of another service are not."""
    routes = list(_routes(paired).values())
    identities = learn(paired, routes)
    verdicts: dict[str, Counter[str]] = {route.name: Counter() for route in routes}

    def settled(route: Route, outcome: Outcome, _due_s: float, _ended_s: float) -> None:
        verdicts[route.name][judge(outcome, identities[route.name], route)] += 1

    (gateway,) = paired.stack.containers("gateway")
    run = paired.probe().start(routes, rate=40, settled=settled)
    run.focus("gateway")
    paired.stack.stop(gateway.id, grace_s=10)
    until(lambda: all(verdicts[name]["misrouted"] > 5 for name in ("gateway", "gateway-tls")))
    run.stop()
    assert all(set(verdicts[name]) == {"answered"} for name in ("audit", "audit-tls", "web", "web-tls"))


def test_an_entrypoint_that_is_not_there_refuses(paired: Host) -> None:
    """Plain HTTP at the port of HTTPS finds no router, and nobody listens at another port."""
    route = _routes(paired)["audit-tls"]
    elsewhere = Route("x", "audit", route.address, 9, False, route.host, route.path)
    without_tls = Route("x", "audit", route.address, route.port, False, route.host, route.path)
    refused, not_found = paired.probe().ask([elsewhere, without_tls])
    assert refused == "refused"
    assert getattr(not_found, "status", 0) == 404
