"""What a stand-in keeps outside itself: visits of a session in Valkey, and objects in a store like S3.

`REDIS_URL` says where visits are counted; `S3_ENDPOINT` and `S3_BUCKET` where objects lie. With `KEEPS_OBJECTS` set,
a stand-in is itself that store: PUT and GET of /store/BUCKET/NAME, in memory, without signatures.
"""

import http.client
import json
import os
import socket
from typing import Any
from urllib.parse import urlsplit

Answer = tuple[int, Any]
_TIMEOUT_S = 5.0
_SESSION, _OBJECTS, _STORE = "/session", "/objects/", "/store/"


class Kept:
    """The answers about it."""

    def __init__(self) -> None:
        self._redis = urlsplit(os.environ.get("REDIS_URL", ""))
        self._store = urlsplit(os.environ.get("S3_ENDPOINT", ""))
        self._bucket = os.environ.get("S3_BUCKET", "")
        self._own: dict[str, str] | None = {} if os.environ.get("KEEPS_OBJECTS") else None

    def answer(self, method: str, path: str, body: bytes, *, session: str) -> Answer | None:
        """The status and JSON body; None where the path is about nothing kept."""
        try:
            if session and path.endswith(_SESSION) and self._redis.hostname:
                return 200, {"visits": self._visits(session)}
            if self._own is not None and path.startswith(_STORE):
                return self._stored(method, path.removeprefix(_STORE), body)
            if _OBJECTS in path and self._store.hostname:
                return self._object(method, path.partition(_OBJECTS)[2], body)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return 502, {"error": f"{type(error).__name__}"}
        return None

    def _visits(self, session: str) -> int:
        """One more, counted by Valkey (RESP 2, INCR)."""
        words = [b"INCR", f"session:{session}".encode()]
        asked = b"*2\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in words)
        place = (self._redis.hostname or "", self._redis.port or 6379)
        with socket.create_connection(place, timeout=_TIMEOUT_S) as connection:
            connection.sendall(asked)
            said = connection.makefile("rb").readline()
        return int(said.removeprefix(b":"))

    def _stored(self, method: str, name: str, body: bytes) -> Answer:
        assert self._own is not None
        if method == "PUT":
            self._own[name] = body.decode("utf-8", "replace")
        return (200, {"content": self._own[name]}) if name in self._own else (404, {"error": "NoSuchKey"})

    def _object(self, method: str, name: str, body: bytes) -> Answer:
        place = http.client.HTTPConnection(self._store.hostname or "", self._store.port or 80, timeout=_TIMEOUT_S)
        try:
            place.request(method, f"{_STORE}{self._bucket}/{name}", body=body)
            answer = place.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            place.close()
