"""The stand-in's HTTP server and how it ends: gracefully or at once on SIGTERM, as `SHUTDOWN_MODE` says."""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, cast

from tests.lab.standin.role import log
from tests.lab.standin.service import Service
from tests.lab.standin.streams import long_answer

_DRAIN_S = 5.0


class _Handler(BaseHTTPRequestHandler):
    """One connection; `service` is set before the first."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60
    service: ClassVar[Service]
    draining: ClassVar[threading.Event] = threading.Event()
    active: ClassVar[int] = 0
    counter: ClassVar[threading.Lock] = threading.Lock()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with _Handler.counter:
            _Handler.active += 1
        try:
            if answer_long := long_answer(self):
                answer_long()
                return
            port = cast("_Server", self.server).server_port
            session = self.headers.get("X-Session-Token") or _cookie(self.headers.get("Cookie") or "")
            status, answer = self.service.answer(self.command, self.path, body, port=port, session=session)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            if self.draining.is_set():
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)
            self.wfile.flush()
        finally:
            with _Handler.counter:
                _Handler.active -= 1

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = _serve  # noqa: N815 - the names http.server calls

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Requests are not logged."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def _cookie(text: str) -> str:
    """The session in a `Cookie` header."""
    found = (part.strip().partition("=") for part in text.split(";"))
    return next((value for name, _, value in found if name == "sid"), "")


def serve(service: Service) -> None:
    """Listen on the role's ports until SIGTERM or SIGINT."""
    _Handler.service = service
    servers = [_Server(("0.0.0.0", port), _Handler) for port in service.role.ports]
    ended = threading.Event()
    abrupt = os.environ.get("SHUTDOWN_MODE", "graceful") == "abrupt"

    def end(number: int, _frame: object) -> None:
        if abrupt:
            os._exit(128 + number)
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    log(
        "info",
        "listening",
        service=service.role.service,
        version=service.role.version,
        ports=service.role.ports,
    )
    ended.wait()
    _drain(servers)
    log("info", "stopped", service=service.role.service)


def _drain(servers: list[_Server]) -> None:
    _Handler.draining.set()
    for server in servers:
        server.shutdown()
        server.server_close()
    pause = threading.Event()
    for _ in range(int(_DRAIN_S / 0.05)):
        if not _Handler.active:
            break
        pause.wait(0.05)
