"""Images tagged and pulled, and directors started, by the engine itself over its socket: no process for each.

Whatever else the engine answers than that it is done is left to the docker CLI, whose errors say why.
"""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from avnwizard.adapters.docker.engine_api import LIMIT_BYTES, NO_ANSWER, UnixConnection

_MAKE_S = 60.0


def named(reference: str) -> tuple[str, str]:
    """An image's name, and its digest or else its tag, as the engine is asked for it ("latest" where it has none)."""
    name, _, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{head}{slash}{last}", digest or tag or "latest"


def tag(engine_socket: Path, image_id: str, name: str) -> bool:
    """Point a tag at an image that is here. Whether the engine says that it does (POST /images/{id}/tag: 201)."""
    repository, word = named(name)
    path = f"/images/{quote(image_id, safe=':')}/tag?repo={quote(repository, safe='')}&tag={quote(word, safe='')}"
    return _sent(engine_socket, "POST", path)[0] == http.client.CREATED


def pull(engine_socket: Path, reference: str, auth: str, on_line: Callable[[str], None], *, limit_s: float) -> bool:
    """Pull an image. Whether the engine says to its end that nothing went wrong.

    Engine API, POST /images/create: a JSON object a line, with "error" where it fails after the answer has begun.

    Args:
        auth: the header `X-Registry-Auth`, "" for none.
        on_line: called with what the engine says, but for the progress of each layer.
    """
    name, word = named(reference)
    path = f"/images/create?fromImage={quote(name, safe='')}&tag={quote(word, safe='')}"
    deadline = time.monotonic() + limit_s
    with contextlib.closing(UnixConnection(engine_socket, limit_s)) as connection:
        try:
            connection.request("POST", path, headers={"X-Registry-Auth": auth} if auth else {})
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                return False
            while line := answer.readline(LIMIT_BYTES):
                said = json.loads(line)
                if "error" in said or "errorDetail" in said or time.monotonic() > deadline:
                    return False
                if not said.get("progressDetail"):
                    on_line(": ".join(str(said[key]) for key in ("id", "status") if said.get(key)))
        except NO_ANSWER:
            return False
    return True


def run_director(engine_socket: Path, image: str, words: Sequence[str], name: str, labels: Mapping[str, str]) -> bool:
    """Start what `commands.docker_director` starts. Whether the engine says that it runs; else nothing is left of it.

    Engine API, POST /containers/create (201) and /containers/{id}/start (204).
    """
    body = {
        "Image": image,
        "Cmd": list(words),
        "Env": ["GOMAXPROCS=1"],
        "Labels": dict(labels),
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "CapDrop": ["ALL"],
            "LogConfig": {"Type": "none"},
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "RestartPolicy": {"Name": "no"},
            "SecurityOpt": ["no-new-privileges"],
        },
    }
    status, made = _sent(engine_socket, "POST", f"/containers/create?name={quote(name, safe='')}", body)
    if status != http.client.CREATED:
        return False
    place = f"/containers/{quote(str(made.get('Id')), safe='')}"
    if _sent(engine_socket, "POST", f"{place}/start")[0] == http.client.NO_CONTENT:
        return True
    _sent(engine_socket, "DELETE", f"{place}?force=1")
    return False


def _sent(
    engine_socket: Path, method: str, path: str, body: Mapping[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of an answer; 0 where there is none that can be read."""
    headers = {} if body is None else {"Content-Type": "application/json"}
    with contextlib.closing(UnixConnection(engine_socket, _MAKE_S)) as connection:
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            said = answer.read(LIMIT_BYTES)
            found = json.loads(said) if said else {}
        except NO_ANSWER:
            return 0, {}
    return answer.status, found if isinstance(found, dict) else {}
