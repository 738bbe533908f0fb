"""Compose under a small pretence: some containers are hidden from it, and what it makes gets another name.

A service with a `container_name` cannot be scaled: Compose refuses. So, to start its new container alongside the old
one, Compose speaks to the engine through a socket of ours that leaves the old one out of the lists and changes the
name in the one request that makes a container. All else, labels and configuration hash included, is what Compose
would make by itself; once the container has its proper name, Compose has nothing to do. In its networks it has the
`container_name` as an alias from the start (Compose 2.40.3), so callers find both meanwhile.
"""

import contextlib
import http.client
import json
import socketserver
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from avnwizard.adapters.docker.engine_api import NO_ANSWER, UnixConnection
from avnwizard.errors import HostError

_LIMIT_S = 600.0
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host", "upgrade"}
_PIECE = 1 << 16


@contextlib.contextmanager
def pretence(engine: Path | None, *, hidden: Collection[str], names: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment variables by which docker speaks to the engine through the pretence, while in the block.

    Args:
        engine: the engine's socket.
        hidden: ids of containers that are in no list.
        names: a container's name -> the name under which it is made instead.

    Raises:
        HostError: the engine is not on this host.
    """
    if engine is None:
        raise HostError("The engine is not on this host, so no container can start under another name.")
    with tempfile.TemporaryDirectory(prefix="avnwizard-") as folder:
        path = Path(folder) / "docker.sock"
        with _Server(path, engine, frozenset(hidden), dict(names)) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            try:
                yield {"DOCKER_HOST": f"unix://{path}"}
            finally:
                server.shutdown()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False  # a client may keep a connection for later

    def __init__(self, path: Path, engine: Path, hidden: frozenset[str], names: dict[str, str]) -> None:
        self.engine, self.hidden, self.names = engine, hidden, names
        super().__init__(str(path), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: a docker that hangs up in mid-answer is not this terminal's concern."""


class _Handler(BaseHTTPRequestHandler):
    """Hands every request on to the engine, and its answer back."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def address_string(self) -> str:
        """A Unix socket has no address to tell."""
        return "unix"

    def log_message(self, *_: object) -> None:
        """Say nothing: requests hold secrets."""

    def do_GET(self) -> None:
        """Any method alike."""
        self._hand_on()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as above

    def _hand_on(self) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        body = self._body()
        with contextlib.closing(UnixConnection(self.server.engine, _LIMIT_S)) as engine:
            try:
                engine.request(self.command, self._renamed(), body=body or None, headers=headers)
                answer = engine.getresponse()
                self._answer(answer)
            except NO_ANSWER:
                self.close_connection = True

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _renamed(self) -> str:
        """The path that the engine gets: with another name where a container is made."""
        found = urlsplit(self.path)
        query = dict(parse_qsl(found.query, keep_blank_values=True))
        if self.command != "POST" or not found.path.endswith("/containers/create") or "name" not in query:
            return self.path
        query["name"] = self.server.names.get(query["name"], query["name"])
        return f"{found.path}?{urlencode(query)}"

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        is_list = self.command == "GET" and urlsplit(self.path).path.endswith("/containers/json")
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        length = answer.getheader("Content-Length")
        if is_list or length is not None or self.command == "HEAD" or answer.status in {204, 304}:
            body = answer.read()
            if is_list and answer.status == http.client.OK:
                body = json.dumps(_shown(json.loads(body), self.server.hidden)).encode()
            if answer.status not in {204, 304}:
                self.send_header("Content-Length", length or "0" if self.command == "HEAD" else str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := answer.read1(_PIECE):
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


def _shown(listed: list[dict[str, Any]], hidden: frozenset[str]) -> list[dict[str, Any]]:
    return [one for one in listed if one.get("Id") not in hidden]
