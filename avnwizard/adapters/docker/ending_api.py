"""Containers stopped, signalled and removed by the engine itself over its socket: three processes less each.

Whatever else the engine answers than that it is done, or that the container is gone, is left to the docker CLI, whose
errors say why.
"""

import contextlib
import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from avnwizard.adapters.docker.engine_api import LIMIT_BYTES, NO_ANSWER, UnixConnection

_REMOVE_S = 60.0
_SIGNAL_S = 20.0
_ENDED = {http.client.NO_CONTENT, http.client.NOT_MODIFIED, http.client.NOT_FOUND}
_GONE = {http.client.NO_CONTENT, http.client.NOT_FOUND}


def stop(engine_socket: Path, containers: Sequence[str], *, grace: str, limit_s: float) -> list[str]:
    """Stop, all at the same time. Those of which the engine does not say that they have ended or are gone.

    Engine API, POST /containers/{id}/stop (204; 304 where it had ended).

    Args:
        grace: whole seconds until they are killed.
        limit_s: how long the engine may take.
    """

    def has_ended(container: str) -> bool:
        path = f"/containers/{quote(container, safe='')}/stop?t={quote(grace)}"
        return _status(engine_socket, "POST", path, limit_s) in _ENDED

    with ThreadPoolExecutor(max(len(containers), 1), thread_name_prefix="stop") as pool:
        return [one for one, ended in zip(containers, pool.map(has_ended, containers), strict=True) if not ended]


def signal(engine_socket: Path, container: str, name: str) -> bool:
    """Send the first program of a container a signal. Whether the engine says that it did, or that none runs.

    Engine API, POST /containers/{id}/kill (204; 409 where the container does not run).
    """
    path = f"/containers/{quote(container, safe='')}/kill?signal={quote(name)}"
    return _status(engine_socket, "POST", path, _SIGNAL_S) in {*_GONE, http.client.CONFLICT}


def untag(engine_socket: Path, name: str) -> bool:
    """Remove a tag; the image stays where something else keeps it. Whether the engine says that it is gone.

    Engine API, DELETE /images/{name} (200); without pruning, layers stay too.
    """
    path = f"/images/{quote(name, safe='/:')}?noprune=1"
    return _status(engine_socket, "DELETE", path, _REMOVE_S) in {http.client.OK, http.client.NOT_FOUND}


def remove(engine_socket: Path, container: str, *, force: bool = False) -> bool:
    """Remove a container, running ones only with `force`. Whether the engine says that it is gone.

    Engine API, DELETE /containers/{id}; its anonymous volumes stay, as with `docker rm`.
    """
    path = f"/containers/{quote(container, safe='')}{'?force=1' if force else ''}"
    return _status(engine_socket, "DELETE", path, _REMOVE_S) in _GONE


def _status(engine_socket: Path, method: str, path: str, limit_s: float) -> int:
    """What the engine answers; 0 where it does not."""
    with contextlib.closing(UnixConnection(engine_socket, limit_s)) as connection:
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read(LIMIT_BYTES)
        except NO_ANSWER:
            return 0
    return answer.status
