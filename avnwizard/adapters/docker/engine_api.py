"""What the docker CLI cannot be asked, or is asked often, asked of the engine itself over its socket."""

import contextlib
import http.client
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

TIMEOUT_S = 20.0
_SIZES_S = 300.0
"""The engine walks through every file of every volume."""
_GLANCE_S = 5.0
"""For what is asked again at once if no answer comes."""
LIMIT_BYTES = 1 << 26
NO_ANSWER = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, RecursionError)
"""Nobody there, no HTTP, no JSON, or not of the shape that the API has."""


def registry_digest(engine_socket: Path, reference: str, auth: str = "", *, timeout_s: float = TIMEOUT_S) -> str:
    """The digest ("sha256:…") of a tag in its registry; "" where the registry or the engine cannot be asked.

    Engine API, GET /distribution/{name}/json (1.30 and later): its proxies, mirrors and certificates count.

    Args:
        auth: the header `X-Registry-Auth`, from `credentials.registry_auth`; a private registry refuses without.
    """
    with contextlib.closing(UnixConnection(engine_socket, timeout_s)) as connection:
        try:
            status, found = _got(connection, _distribution(reference), auth)
        except NO_ANSWER:
            return ""
    described = found.get("Descriptor") if status == http.client.OK and isinstance(found, dict) else None
    return str(described.get("digest") or "") if isinstance(described, dict) else ""


def _distribution(reference: str) -> str:
    return f"/distribution/{quote(reference, safe='/:@')}/json"


def offers(engine_socket: Path, reference: str, auth: str = "", *, timeout_s: float = TIMEOUT_S) -> bool | None:
    """Whether a registry has an image; None where it does not answer, or not to these credentials.

    Only "not found" is a no (tried with Engine 26.1: 404 "manifest unknown"; 500 where the registry does not answer).
    """
    with contextlib.closing(UnixConnection(engine_socket, timeout_s)) as connection:
        try:
            status, _ = _got(connection, _distribution(reference), auth)
        except NO_ANSWER:
            return None
    return True if status == http.client.OK else False if status == http.client.NOT_FOUND else None


def volume_sizes(engine_socket: Path, *, timeout_s: float = _SIZES_S) -> dict[str, int]:
    """Bytes in each volume by the engine's name of it; those of other drivers than `local` have no size.

    Engine API, GET /system/df (`type` since 1.42; `verbose`, and the list as a part of the totals, since 1.52).
    """
    found = asked(engine_socket, "/system/df?type=volume&verbose=1", timeout_s)
    lists = [found.get("Volumes"), *(part.get("Items") for part in found.values() if isinstance(part, dict))]
    sizes = {
        str(one.get("Name")): int((one.get("UsageData") or {}).get("Size", -1))
        for each in lists
        for one in each or ()
        if isinstance(one, dict)
    }
    return {name: size for name, size in sizes.items() if size >= 0}


def containers(engine_socket: Path, labels: Sequence[str]) -> list[dict[str, Any]] | None:
    """Every container with all of some labels ("KEY" or "KEY=VALUE"), stopped ones too, as `docker inspect` reports.

    Engine API, GET /containers/json and /containers/{id}/json (1.24 and later). None where the engine does not answer
    as expected: then the CLI is asked, whose errors say why.
    """
    filters = quote(json.dumps({"label": list(labels)}))
    with contextlib.closing(UnixConnection(engine_socket, TIMEOUT_S)) as connection:
        try:
            status, listed = _got(connection, f"/containers/json?all=1&filters={filters}")
            if status != http.client.OK:
                return None
            found = [_got(connection, f"/containers/{each['Id']}/json") for each in listed]
        except NO_ANSWER:
            return None
    if any(status not in {http.client.OK, http.client.NOT_FOUND} for status, _ in found):
        return None
    return [dict(raw) for status, raw in found if status == http.client.OK]  # the others went in between


def running(engine_socket: Path, label: str = "", *, timeout_s: float = _GLANCE_S) -> list[dict[str, Any]] | None:
    """The running containers with a label ("KEY=VALUE") in one short answer; None where none comes as expected.

    Args:
        label: "" for every running container.

    Engine API, GET /containers/json (1.24 and later): what `docker ps` shows, without an inspection of each.
    """
    filters = quote(json.dumps({"label": [label]} if label else {}))
    with contextlib.closing(UnixConnection(engine_socket, timeout_s)) as connection:
        try:
            status, listed = _got(connection, f"/containers/json?filters={filters}")
            return [dict(each) for each in listed] if status == http.client.OK else None
        except NO_ANSWER:
            return None


def container(engine_socket: Path, name: str) -> dict[str, Any] | None:
    """One container by id or name, as `docker inspect` reports; None where none is found or nobody answers."""
    with contextlib.closing(UnixConnection(engine_socket, TIMEOUT_S)) as connection:
        try:
            status, raw = _got(connection, f"/containers/{quote(name, safe='')}/json")
            return dict(raw) if status == http.client.OK else None
        except NO_ANSWER:
            return None


def images(engine_socket: Path, references: Sequence[str]) -> list[dict[str, Any]] | None:
    """Those of several images that are here, as `docker image inspect` reports; None where nobody answers so.

    Engine API, GET /images/{name}/json.
    """
    with contextlib.closing(UnixConnection(engine_socket, TIMEOUT_S)) as connection:
        try:
            found = [_got(connection, f"/images/{quote(each, safe='/:@')}/json") for each in references]
        except NO_ANSWER:
            return None
    if any(status not in {http.client.OK, http.client.NOT_FOUND} for status, _ in found):
        return None
    return [dict(raw) for status, raw in found if status == http.client.OK]


def network(engine_socket: Path, name: str) -> dict[str, Any]:
    """A network as `docker network inspect` reports it (GET /networks/{id}); {} where it is not known."""
    return asked(engine_socket, f"/networks/{quote(name, safe='')}", TIMEOUT_S)


def programs(engine_socket: Path, name: str, columns: str) -> list[list[str]]:
    """What runs in a container, as `docker top` lists it; [] where that is not known.

    Engine API, GET /containers/{id}/top.

    Args:
        columns: as the host's `ps` has them, separated by commas.
    """
    found = asked(
        engine_socket, f"/containers/{quote(name, safe='')}/top?ps_args={quote(f'-eo {columns}')}", TIMEOUT_S
    )
    return [[str(word) for word in one] for one in found.get("Processes") or ()]


def answers(engine_socket: Path) -> bool:
    """Whether an engine is there that this user may ask (GET /_ping)."""
    with contextlib.closing(UnixConnection(engine_socket, TIMEOUT_S)) as connection:
        try:
            connection.request("GET", "/_ping")
            return connection.getresponse().status == http.client.OK
        except NO_ANSWER:
            return False


def info(engine_socket: Path) -> dict[str, Any]:
    """What `docker info` knows of the engine (GET /info, 1.24 and later); {} where it does not answer."""
    return asked(engine_socket, "/info", TIMEOUT_S)


def _got(connection: http.client.HTTPConnection, path: str, auth: str = "") -> tuple[int, Any]:
    connection.request("GET", path, headers={"X-Registry-Auth": auth} if auth else {})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read(LIMIT_BYTES))


def asked(engine_socket: Path, path: str, timeout_s: float) -> dict[str, Any]:
    """The JSON object that the engine answers; {} where it does not, or refuses."""
    connection = UnixConnection(engine_socket, timeout_s)
    with contextlib.closing(connection):
        try:
            status, found = _got(connection, path)
        except NO_ANSWER:
            return {}
    return found if status == http.client.OK and isinstance(found, dict) else {}


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the engine's socket; NO_ANSWER is what it raises where no engine is, or none that answers so."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("docker", timeout=timeout_s)
        self._path, self._timeout_s = path, timeout_s

    def connect(self) -> None:
        """Connect to the socket in place of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._timeout_s)
        self.sock.connect(str(self._path))
