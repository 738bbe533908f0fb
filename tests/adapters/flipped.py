"""Two small servers behind a balancer, and clients that keep their connections: who answered, and what was lost."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


def free_port() -> int:
    """A port of loopback that nobody holds now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class _Named(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Say which server this is, after a little work."""
        time.sleep(0.02)
        body = str(self.server.name).encode()  # type: ignore[attr-defined]  # set by `servers`
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is logged."""


@contextmanager
def servers(*names: str) -> Iterator[dict[str, int]]:
    """Servers that say their names: name -> port."""
    running = {}
    for name in names:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Named)
        server.name = name  # type: ignore[attr-defined]  # read by the handler
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running[name] = server
    try:
        yield {name: int(server.server_address[1]) for name, server in running.items()}
    finally:
        for server in running.values():
            server.shutdown()


class Load:
    """Clients that ask again and again on connections that they keep.

    Attributes:
        answers: who answered how often since the last `reset`; "" for a request that was lost.
    """

    def __init__(self, port: int, clients: int = 4) -> None:
        self.answers: Counter[str] = Counter()
        self._port, self._over = port, threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for one in self._threads:
            one.join(timeout=10)

    def reset(self) -> None:
        """Forget who answered so far."""
        self.answers.clear()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._over.is_set():
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                said = answer.read().decode()
                self.answers[said if answer.status == http.HTTPStatus.OK else ""] += 1
            except (OSError, http.client.HTTPException):
                self.answers[""] += 1
                connection.close()
                time.sleep(0.05)
        connection.close()
