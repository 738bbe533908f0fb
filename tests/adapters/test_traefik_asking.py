"""The marker of a director, seen through whatever an entrypoint puts before its routers."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from avnwizard.adapters.edge import request
from avnwizard.adapters.traefik import asking
from avnwizard.adapters.traefik.asking import Place, marker_answers

_MARKER = "abc.token.avnwizard.invalid"
_NO_ROUTER = (404, b"404 page not found\n", "")
_Answer = tuple[int, bytes, str]


@contextmanager
def _edge(answer: Callable[[str], _Answer]) -> Iterator[Place]:
    """An edge that answers by the host that it is asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, location = answer(self.headers["Host"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield "127.0.0.1", server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    ("marker", "others", "known"),
    [
        ((302, b"", f"http://{_MARKER}/known"), _NO_ROUTER, True),
        (_NO_ROUTER, _NO_ROUTER, False),
        ((302, b"", "https://login.example.test/"), _NO_ROUTER, True),
        ((401, b"", ""), _NO_ROUTER, True),
        ((302, b"", "https://login.example.test/"), (302, b"", "https://login.example.test/"), False),
        ((200, b"catch-all", ""), (200, b"catch-all", ""), False),
        ((404, b"the app's own", ""), (404, b"the app's own", ""), False),
        ((502, b"Bad Gateway", ""), _NO_ROUTER, False),
    ],
)
def test_the_marker_is_seen(marker: _Answer, others: _Answer, known: bool) -> None:
    """By its own answer, or by one that only its router's entrypoint can have given; a catch-all's is none."""
    with _edge(lambda host: marker if host == _MARKER else others) as place:
        assert marker_answers(place, _MARKER) is known


def test_the_edge_is_asked_by_tls_without_the_systems_certificates() -> None:
    """No certificate of the edge is judged, so none is read: that would take longer than the request, each time."""
    for context in (asking._context(), request._context()):
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)
        assert context.cert_store_stats() == {"x509": 0, "crl": 0, "x509_ca": 0}
    assert asking._context() is asking._context()


def test_only_the_routers_that_are_meant_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A roll asks ten times a second: Traefik need not list every router that it has each time."""
    asked = list[str]()

    def api(_place: Place, path: str) -> object:
        asked.append(path)
        return [{"name": "avnwizard-0f-marker@docker"}, "no router"]

    monkeypatch.setattr(asking, "api", api)
    assert asking.routers(("127.0.0.1", 8080), naming="avnwizard-0f-") == [{"name": "avnwizard-0f-marker@docker"}]
    asking.routers(("127.0.0.1", 8080))
    assert asked == ["/api/http/routers?per_page=100000&search=avnwizard-0f-", "/api/http/routers?per_page=100000"]
