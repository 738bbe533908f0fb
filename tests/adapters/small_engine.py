"""An engine that gives every request the same answer but for some, and a docker CLI that names its socket."""

import socketserver
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote

from avnwizard.adapters.docker.cli import DockerCli


class Engine(socketserver.ThreadingUnixStreamServer):
    """Answers each request with what it was given, and keeps what was asked."""

    daemon_threads = True

    def __init__(self, place: Path, status: int, body: bytes) -> None:
        self.status, self.body, self.asked = status, body, list[str]()
        self.otherwise: dict[str, int] = {}  # the end of a path -> its status
        self.headers, self.bodies = list[dict[str, str]](), list[bytes]()
        super().__init__(str(place), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        """Answer."""
        self._answer(unquote(self.path))

    def do_POST(self) -> None:
        """Answer."""
        self._answer(f"POST {unquote(self.path)}")

    def do_DELETE(self) -> None:
        """Answer."""
        self._answer(f"DELETE {unquote(self.path)}")

    def _answer(self, asked: str) -> None:
        self.server.asked.append(asked)
        self.server.headers.append(dict(self.headers))
        self.server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        statuses = self.server.otherwise.items()
        self.send_response(next((one for end, one in statuses if asked.endswith(end)), self.server.status))
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        if self.server.body:  # else nobody reads on
            self.wfile.write(self.server.body)

    def address_string(self) -> str:
        """A Unix socket's client has none."""
        return ""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is logged."""


@contextmanager
def engine_that_answers(folder: Path, status: int, body: bytes) -> Iterator[tuple[Engine, DockerCli]]:
    """The engine, and the CLI that names its socket."""
    with Engine(folder / "e.sock", status, body) as engine:
        threading.Thread(target=engine.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield engine, cli_saying(folder, f"echo unix://{folder}/e.sock")
        engine.shutdown()


def cli_saying(folder: Path, script: str) -> DockerCli:
    """A CLI that says where the engine is, and by `docker ps` what runs."""
    program = folder / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(stat.S_IRWXU)
    return DockerCli({"PATH": f"{program.parent}:/usr/bin:/bin", "DOCKER_CONFIG": str(folder)})
