"""The prober counts what it loses, by kind, and is not taken in by another service's answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.lab.engine import free_port
from tests.lab.probe import probe_for


class _Edge(BaseHTTPRequestHandler):
    """Answers as `gateway`, as the console below /web, and with 502 below /bad."""

    def do_GET(self) -> None:
        """Answer by the path."""
        name = "web" if self.path.startswith("/web") else "gateway"
        body = json.dumps({"service": name, "container": "c1"}).encode()
        self.send_response(502 if self.path.startswith("/bad") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is logged."""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a small edge."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Edge)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_what_is_answered_is_counted(port: int) -> None:
    """Every request sent is either answered or lost, and the answers name their container."""
    report = probe_for(port, "x", rate=50, duration_s=0.5, service="gateway")
    assert report.sent == report.answered > 10
    assert report.answered_by == {"c1": report.answered}


@pytest.mark.parametrize(("path", "kind"), [("/bad", "502"), ("/web", "misrouted")])
def test_what_is_lost_is_counted_by_kind(port: int, path: str, kind: str) -> None:
    """A 502 is lost, and so is a good answer by another service."""
    report = probe_for(port, "x", path, rate=50, duration_s=0.3, service="gateway")
    assert report.lost == {kind: report.sent}
    assert report.longest_gap_s > 0.2


def test_nobody_there_is_lost() -> None:
    """A refused connection is lost, not an error."""
    report = probe_for(free_port(), "x", rate=20, duration_s=0.2)
    assert report.lost_total == report.sent > 0
