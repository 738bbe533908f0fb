"""A small edge on loopback that answers, breaks off, stays silent or fails, by the path it is asked."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Edge(BaseHTTPRequestHandler):
    """Serves as `gateway`; below /web as the console; the other paths are faults."""

    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self) -> None:
        """Answer by the path."""
        server = self.server
        assert isinstance(server, SmallEdge)
        server.asked.append(self.path)
        match self.path.partition("?")[0]:
            case "/slow":
                server.gone.wait(20)
            case "/torn":
                self._send(200, b"half", length=400)
            case "/nonsense":
                self.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
            case "/chunked":
                self._chunked()
            case "/endless":
                self._endless()
            case "/bad":
                self._send(502, b"Bad Gateway")
            case path:
                name = "web" if path.startswith("/web") or server.taken_over else "gateway"
                self._send(200, json.dumps({"service": name, "path": path}).encode())

    def _send(self, status: int, body: bytes, *, length: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)
        if length:
            self.close_connection = True

    def _chunked(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n")

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is logged."""


class SmallEdge(ThreadingHTTPServer):
    """The server.

    Attributes:
        accepted: every connection so far.
        taken_over: the console answers everything, as when the gateway's router is gone.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Edge)
        self.asked: list[str] = []
        self.accepted: list[socket.socket] = []
        self.taken_over = False
        self.gone = threading.Event()

    def get_request(self) -> tuple[socket.socket, object]:
        """The next connection."""
        found = super().get_request()
        self.accepted.append(found[0])
        return found

    def close_all(self) -> None:
        """Close every connection, as an edge does that ends or has waited for long."""
        for one in self.accepted:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


@contextmanager
def small_edge(*, certificate: Path | None = None) -> Iterator[SmallEdge]:
    """Serve, over TLS where there is a certificate (a PEM file with its key)."""
    server = SmallEdge()
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.gone.set()
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
