"""A client that keeps its cookie and its connection, and asks one request after the other."""

import http.client
import json
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_REST_S = 0.02


@dataclass(slots=True)
class CookieClient:
    """Asks until left; a context manager.

    Attributes:
        answered: how many so far.
        lost: what went wrong, each; a connection that the edge had closed between two requests is made anew.
        containers: who answered, in turn, repetitions left out.
    """

    port: int
    host: str
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)
    _cookie: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        assert self._thread
        self._thread.join(20)

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self._stop.wait(_REST_S):
            try:
                self._ask(connection)
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(type(error).__name__)
                connection.close()
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        headers = {"Host": self.host} | ({"Cookie": self._cookie} if self._cookie else {})
        connection.request("GET", "/whoami", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            self.lost.append(str(answer.status))
            return
        self.answered += 1
        if given := answer.getheader("Set-Cookie"):
            self._cookie = given.partition(";")[0]
        container = str(json.loads(body)["container"])
        if self.containers[-1:] != [container]:
            self.containers.append(container)
