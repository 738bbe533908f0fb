"""TLS entrypoints, a redirect, default entrypoints and rules, two networks: rolled without a loss, seen or unseen."""

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.edge import HttpProbe
from avnwizard.adapters.traefik import TraefikEdge
from avnwizard.domain.probing import Answer, Outcome, Route
from tests.engine.edge.checks import is_settled, lost, probe
from tests.lab.edge_stack import SUFFIX, EdgeStack, plain
from tests.lab.rolls import carry, stamp, told

pytestmark = pytest.mark.engine


@pytest.fixture(params=[False, True], ids=["without API", "with API"])
def api(running: EdgeStack, request: pytest.FixtureRequest) -> Iterator[bool]:
    """Traefik without its API, as it is otherwise too, or with it."""
    if request.param:
        running.set_api(True)
    yield bool(request.param)
    if request.param:
        running.set_api(False)


def _redirect(edge: EdgeStack) -> tuple[int, str]:
    connection = plain(edge.web)
    try:
        connection.request("GET", "/whoami?x=1", headers={"Host": edge.host("tls")})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or ""
    finally:
        connection.close()


def test_by_tls(edge: EdgeStack, api: bool, mark: str, tmp_path: Path) -> None:
    """One router by TLS with resolver, domains and middleware, one on all default entrypoints: all three ways hold.

    Traefik is believed to have the director, by its marker alone or by its API, and nothing is taken second best. Who
    asks is the probe of our own runs, which uses its connections by TLS again.
    """
    facts = TraefikEdge(edge.stack.project, environ=edge.stack.env).facts()
    assert facts is not None
    assert facts.api == api
    old = set(edge.ids("tls"))
    stamp(edge.stack, "tls", mark)
    ways = [("tls", edge.tls, True), ("any", edge.tls, True), ("any", edge.plain, False)]
    routes = [Route(name, "tls", "127.0.0.1", port, tls, f"{name}.{SUFFIX}", "/whoami") for name, port, tls in ways]
    seen: Counter[str] = Counter()

    def settled(_route: Route, outcome: Outcome, _due_s: float, _ended_s: float) -> None:
        well = isinstance(outcome, Answer) and outcome.status == http.client.OK
        seen[json.loads(outcome.body)["container"] if isinstance(outcome, Answer) and well else str(outcome)] += 1

    run = HttpProbe().start(routes, rate=20, settled=settled)
    assert carry(edge.stack, tmp_path, "tls", "one") == 0
    run.stop()
    assert not run.problem
    said = told(tmp_path, "one")
    assert [line for line in said if "no director" in line] == []
    assert set(seen) == {each[:12] for each in {*old, *edge.ids("tls")}}, (seen, said)
    status, headers, who = edge.get("tls")
    assert (status, headers["x-mark"]) == (http.client.OK, "yes")
    assert who["container"] not in {each[:12] for each in old}
    assert _redirect(edge) == (http.client.MOVED_PERMANENTLY, f"https://{edge.host('tls')}/whoami?x=1")
    is_settled(edge, "tls")


def test_without_a_label_of_traefiks(edge: EdgeStack, mark: str, tmp_path: Path) -> None:
    """Exposed by default, routed by the default rule to the exposed port, on two networks: directed all the same."""
    stamp(edge.stack, "bare", mark)
    with probe(edge, "bare") as load, probe(edge, "bare", tls=True, rate=10) as by_tls:
        assert carry(edge.stack, tmp_path, "bare", "one") == 0
    assert lost(load, by_tls) == ""
    assert load.report is not None
    assert len(load.report.answered_by) == 2
    assert [line for line in told(tmp_path, "one") if "no director" in line] == []
    is_settled(edge, "bare")
