"""What Compose sees of the engine while a container starts under another name, against an engine that is played."""

import http.client
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from avnwizard.adapters.docker.another_name import pretence
from avnwizard.adapters.docker.engine_api import UnixConnection
from avnwizard.errors import HostError


class _Engine(socketserver.ThreadingUnixStreamServer):
    """Lists two containers, streams whatever else it is asked for in two pieces, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        super().__init__(str(path), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Engine

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, body))
        self.send_response(200)
        if "/containers/json" in self.path:
            listed = json.dumps([{"Id": "old"}, {"Id": "other"}]).encode()
            self.send_header("Content-Length", str(len(listed)))
            self.end_headers()
            self.wfile.write(listed)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server asks for


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[_Engine]:
    """An engine at `engine.sock`."""
    with _Engine(tmp_path / "engine.sock") as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def asked(engine: _Engine) -> Iterator[http.client.HTTPConnection]:
    """A connection to the pretence: `old` is hidden, and `polis` is made as `polis-new`."""
    with pretence(Path(str(engine.server_address)), hidden=["old"], names={"polis": "polis-new"}) as env:
        connection = UnixConnection(Path(env["DOCKER_HOST"].removeprefix("unix://")), 10.0)
        yield connection
        connection.close()


def _got(connection: http.client.HTTPConnection) -> bytes:
    return connection.getresponse().read()


def test_the_old_one_is_in_no_list(asked: http.client.HTTPConnection) -> None:
    """All others are."""
    asked.request("GET", "/v1.45/containers/json?all=1&filters=%7B%7D")
    assert json.loads(_got(asked)) == [{"Id": "other"}]


def test_only_a_new_container_gets_the_other_name(asked: http.client.HTTPConnection, engine: _Engine) -> None:
    """The platform stays in the query, the body as it is, and a name that nobody changes is left alone."""
    asked.request("POST", "/v1.45/containers/create?name=polis&platform=linux%2Famd64", body=b'{"Image": "x"}')
    assert _got(asked) == b"onetwo"
    asked.request("POST", "/v1.45/containers/create?name=web")
    _got(asked)
    asked.request("GET", "/v1.45/containers/polis/json?name=polis")
    _got(asked)
    assert engine.seen == [
        ("POST", "/v1.45/containers/create?name=polis-new&platform=linux%2Famd64", b'{"Image": "x"}'),
        ("POST", "/v1.45/containers/create?name=web", b""),
        ("GET", "/v1.45/containers/polis/json?name=polis", b""),
    ]


def test_a_body_in_pieces(asked: http.client.HTTPConnection, engine: _Engine) -> None:
    """Compose fills inline configurations by an archive whose length it does not know."""
    asked.request("PUT", "/containers/x/archive?path=/", body=iter([b"ab", b"cde"]), encode_chunked=True)
    _got(asked)
    assert engine.seen[-1][2] == b"abcde"


def test_what_cannot_be_read_is_no_noise(engine: _Engine, capfd: pytest.CaptureFixture[str]) -> None:
    """A client that makes no sense leaves no traceback on the terminal, and the next request is answered."""
    with pretence(Path(str(engine.server_address)), hidden=[], names={}) as env:
        path = Path(env["DOCKER_HOST"].removeprefix("unix://"))
        with socket.socket(socket.AF_UNIX) as odd:
            odd.connect(str(path))
            odd.sendall(b"PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
            assert odd.recv(100) == b""
        asked = UnixConnection(path, 10.0)
        asked.request("GET", "/containers/json")
        assert len(json.loads(_got(asked))) == 2
        asked.close()
    assert capfd.readouterr().err == ""


def test_an_engine_elsewhere_is_refused() -> None:
    """There is no socket to speak through."""
    with pytest.raises(HostError, match="not on this host"), pretence(None, hidden=[], names={}):
        pass
