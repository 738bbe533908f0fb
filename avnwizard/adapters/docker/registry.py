"""What a registry has under a tag, asked through the engine: its proxies, mirrors and certificates count."""

import contextlib
import http.client
import json
import socket
from pathlib import Path
from urllib.parse import quote

_TIMEOUT_S = 20.0


def registry_digest(engine_socket: Path, reference: str, *, timeout_s: float = _TIMEOUT_S) -> str:
    """The digest ("sha256:…") of a tag in its registry; "" where the registry or the engine cannot be asked.

    Engine API, GET /distribution/{name}/json (1.30 and later). The request carries no credentials: a private
    registry answers with 401, which is "" here.
    """
    connection = _UnixConnection(engine_socket, timeout_s)
    with contextlib.closing(connection):
        try:
            connection.request("GET", f"/distribution/{quote(reference, safe='/:@')}/json")
            answer = connection.getresponse()
            body = answer.read(1 << 20)
            found = json.loads(body) if answer.status == http.client.OK else {}
        except (OSError, http.client.HTTPException, ValueError):
            return ""
    return str((found.get("Descriptor") or {}).get("digest") or "")


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the engine's socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("docker", timeout=timeout_s)
        self._path, self._timeout_s = path, timeout_s

    def connect(self) -> None:
        """Connect to the socket in place of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._timeout_s)
        self.sock.connect(str(self._path))
