"""What the lab's stand-ins keep outside themselves: visits counted by a Valkey, and objects in a store like S3."""

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.lab.standin.kept import Kept


class _Valkey(socketserver.StreamRequestHandler):
    """As much of it as INCR."""

    counts: dict[bytes, int] = {}  # noqa: RUF012 - of one server

    def handle(self) -> None:
        """One command."""
        words = [self.rfile.readline() for _ in range(5)]
        name = words[4]
        self.counts[name] = self.counts.get(name, 0) + 1
        self.wfile.write(b":%d\r\n" % self.counts[name])


@pytest.fixture
def valkey() -> Iterator[int]:
    """Its port."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Valkey) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_session_goes_on_elsewhere(valkey: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stand-ins on one server count on; another session counts for itself; without one it is no visit."""
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{valkey}/0")
    one, other = Kept(), Kept()
    assert one.answer("GET", "/web/session", b"", session="a") == (200, {"visits": 1})
    assert other.answer("GET", "/web/session", b"", session="a") == (200, {"visits": 2})
    assert other.answer("GET", "/web/session", b"", session="b") == (200, {"visits": 1})
    assert other.answer("GET", "/web/session", b"", session="") is None


def test_an_object_is_read_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What one stand-in puts into the store, another one reads."""
    del tmp_path
    monkeypatch.setenv("KEEPS_OBJECTS", "1")
    store = Kept()
    monkeypatch.delenv("KEEPS_OBJECTS")

    class Handler(BaseHTTPRequestHandler):
        """The store over HTTP, as the stand-in's server does it."""

        def do_GET(self) -> None:
            """Any method alike."""
            import json

            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = store.answer(self.command, self.path, body, session="")
            assert found
            said = json.dumps(found[1]).encode()
            self.send_response(found[0])
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_PUT = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("S3_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("S3_BUCKET", "avatars")
        one, other = Kept(), Kept()
        assert one.answer("PUT", "/web/objects/a.png", b"x", session="") == (200, {"content": "x"})
        assert other.answer("GET", "/web/objects/a.png", b"", session="") == (200, {"content": "x"})
        assert other.answer("GET", "/web/objects/b.png", b"", session="")[0] == 404  # type: ignore[index]  # it answers
        server.shutdown()
