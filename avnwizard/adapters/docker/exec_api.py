"""Commands in containers, asked of the engine over its socket (Engine API, 1.24 and later)."""

import contextlib
import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from avnwizard.adapters.docker.engine_api import LIMIT_BYTES, NO_ANSWER, TIMEOUT_S, UnixConnection, asked

RUNS = -1
_HEAD_BYTES = 1 << 14


def create(engine_socket: Path, container: str, wanted: Mapping[str, Any]) -> str:
    """What the engine calls a command that it has made ready in a container; "" where it does not.

    Engine API, POST /containers/{id}/exec.
    """
    with contextlib.closing(UnixConnection(engine_socket, TIMEOUT_S)) as connection:
        try:
            _post(connection, f"/containers/{quote(container, safe='')}/exec", wanted, {})
            answer = connection.getresponse()
            made = json.loads(answer.read(LIMIT_BYTES))
            return str(made["Id"]) if answer.status == http.client.CREATED else ""
        except NO_ANSWER:
            return ""


def start(engine_socket: Path, exec_id: str) -> socket.socket | None:
    """Start it: the connection that has become its streams, blocking; None where the engine does not.

    Engine API, POST /exec/{id}/start: 101 where it upgrades the connection, 200 where it just takes it over.
    """
    connection = UnixConnection(engine_socket, TIMEOUT_S)
    try:
        way = {"Connection": "Upgrade", "Upgrade": "tcp"}
        _post(connection, f"/exec/{exec_id}/start", {"Detach": False, "Tty": False}, way)
        status = _head(connection.sock).split()[1:2]
    except NO_ANSWER:
        connection.close()
        return None
    if status not in ([b"101"], [b"200"]):
        connection.close()
        return None
    stream: socket.socket = connection.sock
    stream.settimeout(None)
    return stream


def code_of(engine_socket: Path, exec_id: str) -> int | None:
    """The exit code of what was started so; `RUNS` while it runs, None where nobody answers. GET /exec/{id}/json."""
    found = asked(engine_socket, f"/exec/{exec_id}/json", TIMEOUT_S)
    code = RUNS if found.get("Running") else found.get("ExitCode")
    return code if isinstance(code, int) else None


def _post(
    connection: http.client.HTTPConnection,
    path: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> None:
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **(headers or {})})


def _head(stream: socket.socket) -> bytes:
    """An answer's head, and not a byte of what comes behind it; `OSError` where it does not end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = stream.recv(1)
        if not byte or len(head) > _HEAD_BYTES:
            raise OSError
        head += byte
    return head
