"""The engine's own API over its socket, for what is asked often: a `docker` process each time is dear."""

import http.client
import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.lab.errors import LabError

_EXITED = re.compile(r"Exited \((?P<code>\d+)\)")
_HEALTH = re.compile(r"\((?:health: )?(?P<health>healthy|unhealthy|starting)\)")


@dataclass(frozen=True, slots=True)
class ContainerState:
    """What the engine lists of a container: `health` "" without a check, `exit_code` None while it runs."""

    id: str
    service: str
    state: str
    health: str
    exit_code: int | None
    image: str
    labels: dict[str, str]


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket in place of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def containers_of(engine: Path, project: str) -> list[ContainerState]:
    """All containers of a Compose project, running or not, the oldest first."""
    filters = json.dumps({"label": [f"com.docker.compose.project={project}"]})
    connection = _Connection(engine)
    try:
        connection.request("GET", f"/containers/json?all=1&filters={quote(filters)}")
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise LabError(f"the engine gave {answer.status}: {body[:200]!r}")
    found: list[dict[str, Any]] = json.loads(body)
    return [_state(each) for each in sorted(found, key=lambda each: int(each["Created"]))]


def _state(raw: dict[str, Any]) -> ContainerState:
    exited, health = _EXITED.search(raw["Status"]), _HEALTH.search(raw["Status"])
    return ContainerState(
        id=raw["Id"],
        service=raw["Labels"].get("com.docker.compose.service", ""),
        state=raw["State"],
        health=health["health"] if health else "",
        exit_code=int(exited["code"]) if exited else None,
        image=raw["ImageID"],
        labels=raw["Labels"],
    )
