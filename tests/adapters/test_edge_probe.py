"""The prober over real sockets: each way in which a request can be lost, an open loop, nothing that it can break."""

import asyncio
import shutil
import subprocess
import threading
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from avnwizard.adapters.edge import HttpProbe
from avnwizard.adapters.edge.connection_pool import KeptConnections
from avnwizard.adapters.edge.request import get
from avnwizard.domain.probing import Answer, Outcome, Route, identify, judge
from tests.adapters.small_edge import SmallEdge, closed_port, small_edge
from tests.waiting import until


def _route(edge: SmallEdge, path: str, *, tls: bool = False) -> Route:
    return Route(
        "api", "gateway", "127.0.0.1", edge.server_port, tls, "id.example.test", path, "web", "/web/asks-who"
    )


def _ask(route: Route) -> Outcome:
    return asyncio.run(get(route, timeout_s=3.0))


def test_an_answer_is_read_whole() -> None:
    """Status, headers in lower case, body; chunked too; the host is the route's, not the address."""
    with small_edge() as edge:
        answer = _ask(_route(edge, "/api"))
        assert isinstance(answer, Answer)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert b"gateway" in answer.body
        chunked = _ask(_route(edge, "/chunked"))
        assert isinstance(chunked, Answer)
        assert chunked.body == b"hello world"


def test_an_endless_answer_is_cut() -> None:
    """Memory stays bounded, and the beginning of the answer is enough."""
    with small_edge() as edge:
        answer = _ask(_route(edge, "/endless"))
        assert isinstance(answer, Answer)
        assert len(answer.body) == 4096


@pytest.mark.parametrize(("path", "kind"), [("/torn", "reset"), ("/nonsense", "reset")])
def test_what_breaks_off_is_reset(path: str, kind: str) -> None:
    """A body shorter than announced, and what is no HTTP."""
    with small_edge() as edge:
        assert _ask(_route(edge, path)) == kind


def test_silence_and_refusal_are_told_apart() -> None:
    """Nobody listening is refused; somebody who says nothing is a time-out."""
    with small_edge() as edge:
        assert asyncio.run(get(_route(edge, "/slow"), timeout_s=0.3)) == "timeout"
        assert _ask(replace(_route(edge, "/"), port=closed_port())) == "refused"


def test_a_hostile_route_stays_one_request() -> None:
    """Line ends and spaces from a label cannot make a second request or another header."""
    with small_edge() as edge:
        route = replace(_route(edge, "/a b\r\nX: y\r\n\r\nGET /evil"), host="h\r\nX-Evil: 1")
        assert isinstance(_ask(route), Answer)
        assert len(edge.asked) == 1
        assert "/evil" not in edge.asked


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """One that nobody signed, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to make a certificate with")
    pem = tmp_path / "both.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    subprocess.run([*make, "-keyout", str(pem), "-out", str(tmp_path / "c")], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "c").read_text())
    return pem


def test_tls_is_spoken_with_the_hosts_name(certificate: Path) -> None:
    """A certificate that nobody signed is no obstacle; plain HTTP to a TLS port, and the reverse, are lost."""
    with small_edge(certificate=certificate) as edge:
        assert isinstance(_ask(_route(edge, "/api", tls=True)), Answer)
        assert _ask(_route(edge, "/api")) == "reset"
    with small_edge() as plain:
        assert _ask(_route(plain, "/api", tls=True)) == "reset"


def test_a_connection_by_tls_is_used_again(certificate: Path) -> None:
    """Ten requests on each; one that the edge closed in between is made anew, and what breaks off is lost."""

    async def ask(edge: SmallEdge) -> list[Outcome]:
        kept = KeptConnections()
        api, chunked, torn = (_route(edge, path, tls=True) for path in ("/api", "/chunked", "/torn"))
        outcomes = [await get(route, kept=kept) for route in (api, chunked) for _ in range(20)]
        assert len(edge.accepted) == 4
        edge.close_all()
        outcomes += [await get(route, kept=kept) for route in (api, chunked, api, chunked)]
        assert len(edge.accepted) == 6
        assert [await get(torn, kept=kept) for _ in range(2)] == ["reset", "reset"]
        kept.close()
        return outcomes

    with small_edge(certificate=certificate) as edge:
        outcomes = asyncio.run(ask(edge))
        assert all(isinstance(one, Answer) and one.status == 200 for one in outcomes), outcomes
        assert len(edge.asked) == len(outcomes) + 2, "one was asked twice"


class _Seen:
    """What a probe settled."""

    def __init__(self) -> None:
        self.lock, self.outcomes, self.dues = threading.Lock(), Counter[str](), list[float]()

    def __call__(self, route: Route, outcome: Outcome, due_s: float, ended_s: float) -> None:
        assert ended_s >= due_s
        with self.lock:
            self.outcomes[str(outcome.status) if isinstance(outcome, Answer) else outcome] += 1
            self.dues.append(due_s)


def test_the_loop_is_open() -> None:
    """Requests that hang hold up no other: those to the other route go on being sent and answered."""
    seen = _Seen()
    with small_edge() as edge:
        routes = [_route(edge, "/slow"), _route(edge, "/api")]
        run = HttpProbe().start(routes, rate=100, settled=seen)
        until(lambda: seen.outcomes["200"] >= 30)
        assert edge.asked.count("/slow") > 20, "they are sent though none is answered"
        edge.gone.set()
        run.stop()
        assert not run.problem
    steps = [late - early for early, late in pairwise(sorted(seen.dues))]
    assert all(abs(step - 0.01 * round(step / 0.01)) < 1e-6 for step in steps), "each is due by the schedule"


def test_what_is_sent_is_settled_once() -> None:
    """Stopped in the middle, each request that the edge saw is settled, as answered or as lost."""
    seen = _Seen()
    with small_edge() as edge:
        run = HttpProbe().start([_route(edge, "/api"), _route(edge, "/bad")], rate=200, settled=seen)
        until(lambda: seen.outcomes.total() >= 60)
        run.stop()
        assert seen.outcomes.total() == len(edge.asked)
        assert set(seen.outcomes) == {"200", "502"}


def test_a_router_that_vanishes_is_seen() -> None:
    """The console answers 200 in the gateway's place: lost as misrouted, by what both said before."""
    with small_edge() as edge:
        route = _route(edge, "/api")
        identity = identify(route, [_ask(route)] * 2, [_ask(replace(route, path=route.decoy))] * 2)
        assert judge(_ask(route), identity, route) == "answered"
        edge.taken_over = True
        assert judge(_ask(route), identity, route) == "misrouted"
