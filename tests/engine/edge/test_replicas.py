"""Two replicas roll into two others; one that is missing, ill or never healthy costs no request."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.engine.edge.checks import is_settled, lost, probe
from tests.lab.cookies import CookieClient
from tests.lab.edge_stack import EdgeStack
from tests.lab.rolls import carry, stamp, told
from tests.waiting import until

pytestmark = pytest.mark.engine
SERVICE = "pair"


def test_two_roll_into_two(edge: EdgeStack, mark: str, tmp_path: Path) -> None:
    """All four answer, none of a hundred requests a second is lost, and a client that keeps its cookie loses none.

    Its cookie leads to the same container until that goes, and then to one new container for good.
    """
    old = set(edge.ids(SERVICE))
    stamp(edge.stack, SERVICE, mark)
    with probe(edge, SERVICE, rate=100) as load, CookieClient(edge.plain, edge.host(SERVICE)) as client:
        until(lambda: client.answered > 10)
        assert carry(edge.stack, tmp_path, SERVICE, "one") == 0
        seen = client.answered
        until(lambda: client.answered > seen + 50)
    assert lost(load) == ""
    assert load.report is not None
    new = set(edge.ids(SERVICE))
    assert not new & old
    assert {one[:12] for one in old | new} == set(load.report.answered_by)
    assert client.lost == []
    first, then = client.containers
    assert first in {one[:12] for one in old}
    assert then in {one[:12] for one in new}
    is_settled(edge, SERVICE, 2)


@pytest.mark.parametrize("ill", ["ended", "unhealthy"])
def test_one_of_the_old_is_not_well(edge: EdgeStack, mark: str, tmp_path: Path, ill: str) -> None:
    """Two new ones in the end, nothing lost, and an old one that had ended is not started again."""
    docker, victim = edge.stack.lab.docker, edge.ids(SERVICE)[0]
    docker("exec", victim, "touch", "/tmp/drain")  # noqa: S108 - in a container
    until(lambda: "unhealthy" in docker("inspect", "-f", "{{.State.Health.Status}}", victim).stdout)
    until(lambda: {edge.get(SERVICE)[2]["container"] for _ in range(6)} != {victim[:12]})
    if ill == "ended":
        docker("stop", "-t", "1", victim)
        until(lambda: all(edge.get(SERVICE)[0] == http.client.OK for _ in range(8)))
    stamp(edge.stack, SERVICE, mark)
    with probe(edge, SERVICE) as load:
        if ill == "ended":
            assert carry(edge.stack, tmp_path, SERVICE, "one", kill_at=_KILL) < 0
            assert victim not in edge.ids(SERVICE), "Compose would have started it again"
        assert carry(edge.stack, tmp_path, SERVICE, "one") == 0
    assert lost(load) == ""
    assert victim not in edge.ids(SERVICE)
    is_settled(edge, SERVICE, 2)


_KILL = f"roll:{SERVICE}:start-new:after"


def test_one_of_the_new_never_gets_healthy(edge: EdgeStack, tmp_path: Path) -> None:
    """The other was asked already: it leaves the edge before it goes, and nothing is lost."""
    good = edge.compose_file.read_text("utf-8")
    before = sorted(edge.ids(SERVICE))
    with _one_healthy(edge) as url:
        start = good.index(f"\n  {SERVICE}:\n")
        place = good.index("    deploy:", start)
        check = f"    healthcheck: {{ <<: *health, test: [CMD-SHELL, 'healthcheck {url}/$$HOSTNAME'] }}\n"
        edge.compose_file.write_text(good[:place] + check + good[place:], "utf-8")
        try:
            with probe(edge, SERVICE, rate=100) as load:
                assert carry(edge.stack, tmp_path, SERVICE, "one") == 4
        finally:
            edge.compose_file.write_text(good, "utf-8")
    assert lost(load) == ""
    assert load.report is not None
    assert len(load.report.answered_by) == 3, "one of the new was never asked: nothing was tried"
    assert sorted(edge.ids(SERVICE)) == before
    assert not [line for line in told(tmp_path, "one") if "no director" in line]
    is_settled(edge, SERVICE, 2)


@contextmanager
def _one_healthy(edge: EdgeStack) -> Iterator[str]:
    """An address to be asked by health checks, as ADDRESS/CONTAINER: it answers well to the first that asks."""
    chosen: list[str] = []

    class Judge(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            chosen[:] = chosen or [self.path]
            self.send_response(200 if chosen == [self.path] else 503)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            """Nothing is logged."""

    network = ("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", f"{edge.stack.project}_edge")
    with ThreadingHTTPServer((edge.stack.lab.docker(*network).stdout.strip(), 0), Judge) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://{server.server_address[0]!s}:{server.server_port}"
        server.shutdown()
