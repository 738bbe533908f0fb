"""The stand-in's long-lived answers: a slow one, a stream of events, a connection that is upgraded and echoes."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

_LONGEST_S = 300.0


def long_answer(handler: BaseHTTPRequestHandler) -> Callable[[], None] | None:
    """What answers the request in its own way, None for every other path.

    `/slow?s=3` answers after so many seconds; `/stream?s=3&every=0.5` sends an event again and again and then
    `data: end`; `/socket` is upgraded to whatever the request asks for and sends back what it gets.
    """
    parts = urlsplit(handler.path)
    asked = parse_qs(parts.query)
    lasts_s, every_s = (min(float(asked.get(name, ["1"])[0]), _LONGEST_S) for name in ("s", "every"))
    match parts.path:
        case "/slow":
            return lambda: _slow(handler, lasts_s)
        case "/stream":
            return lambda: _stream(handler, lasts_s, every_s)
        case "/socket" if handler.headers.get("Upgrade"):
            return lambda: _echo(handler)
    return None


def _slow(handler: BaseHTTPRequestHandler, lasts_s: float) -> None:
    time.sleep(lasts_s)
    handler.send_response(200)
    handler.send_header("Content-Length", "4")
    handler.end_headers()
    handler.wfile.write(b"late")
    handler.wfile.flush()


def _stream(handler: BaseHTTPRequestHandler, lasts_s: float, every_s: float) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    ends = time.monotonic() + lasts_s
    while time.monotonic() < ends:
        _chunk(handler, b"data: more\n\n")
        time.sleep(every_s)
    _chunk(handler, b"data: end\n\n")
    _chunk(handler, b"")


def _chunk(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
    handler.wfile.flush()


def _echo(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(101)
    handler.send_header("Connection", "Upgrade")
    handler.send_header("Upgrade", handler.headers["Upgrade"])
    handler.end_headers()
    handler.wfile.flush()
    while line := handler.rfile.readline():
        handler.wfile.write(line)
        handler.wfile.flush()
    handler.close_connection = True
