"""Connections by TLS that are used again: handshakes cost more than all else that a probe does.

As browsers do, a connection serves some requests, and one that the edge has closed in between is made again.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass

from avnwizard.domain.probing import Route

_USES = 10
_IDLE_S = 5.0
"""Well below what proxies wait for the next request (Traefik v3.7: 180 s), so that they hardly ever close first."""


@dataclass
class Connection:
    """An open connection; `uses` counts the requests that it was used for."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    uses: int = 0
    rested_at: float = 0.0

    def close(self) -> None:
        """At once: nobody waits for the other side's goodbye."""
        self.writer.close()
        with contextlib.suppress(Exception):
            self.writer.transport.abort()

    @property
    def is_fit(self) -> bool:
        """Whether another request may be sent on it."""
        fresh = time.monotonic() - self.rested_at < _IDLE_S
        return fresh and self.uses < _USES and not self.reader.at_eof() and not self.writer.is_closing()


class KeptConnections:
    """At most one connection at rest for each route; of one event loop."""

    def __init__(self) -> None:
        self._resting: dict[Route, Connection] = {}

    def take(self, route: Route) -> Connection | None:
        """The route's, if it may still be used."""
        found = self._resting.pop(route, None)
        if found and not found.is_fit:
            found.close()
            return None
        return found

    def give_back(self, route: Route, connection: Connection) -> None:
        """Keep it for the next request."""
        connection.uses += 1
        connection.rested_at = time.monotonic()
        if former := self._resting.pop(route, None):
            former.close()
        self._resting[route] = connection

    def close(self) -> None:
        """Close all that rest."""
        for connection in self._resting.values():
            connection.close()
        self._resting.clear()
