"""HAProxy by its runtime socket: one connection a command, which HAProxy closes after its answer."""

import socket
import time

from avnwizard.domain.balancer import haproxy
from avnwizard.domain.balancer.server import FULL, Served
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.errors import HostError

_TIMEOUT_S, _TAKES_S, _POLL_S = 5.0, 10.0, 0.05
_LIMIT_BYTES = 16 << 20
_HINT = "It must be a `stats socket` with `level admin` that this user may write to; is HAProxy running?"


class HaproxyBalancer:
    """Steers by `set server`; what it sets holds until HAProxy reloads."""

    def __init__(self, section: FleetSection) -> None:
        self._socket, self._backend, self._servers = section.socket, section.backend, section.named

    def look(self) -> tuple[Served, ...]:
        """As `show stat` says."""
        return haproxy.served(self._ask(haproxy.SHOW), self._backend, self._servers)

    def weight(self, stack: str, percent: int) -> None:
        """A share of the server's configured weight; where that is too small to have parts, the whole of it."""
        server = self._servers[stack]
        self._order(haproxy.set_weight(self._backend, server, percent))
        if percent and haproxy.weight_now(self._ask(haproxy.get_weight(self._backend, server))) == 0:
            self._order(haproxy.set_weight(self._backend, server, FULL))

    def drain(self, stack: str) -> None:
        """No new requests; those under way are finished."""
        self._order(haproxy.set_state(self._backend, self._servers[stack], "drain"))
        self._until(stack, takes=False)

    def ready(self, stack: str) -> None:
        """Requests again, once HAProxy's own check finds the server well."""
        self._order(haproxy.set_state(self._backend, self._servers[stack], "ready"))
        self._until(stack, takes=True)

    def only(self, stack: str) -> None:
        """Bring the stack in first, so that requests always have a place to go."""
        self.weight(stack, FULL)
        self.ready(stack)
        for name in self._servers:
            if name != stack:
                self.drain(name)

    def commands(self) -> tuple[str, ...]:
        """As they go to the socket."""
        last = next(reversed(self._servers.values()))
        return (
            haproxy.set_state(self._backend, last, "drain"),
            haproxy.set_weight(self._backend, last, FULL),
            haproxy.set_state(self._backend, last, "ready"),
        )

    def _until(self, stack: str, *, takes: bool) -> None:
        """HAProxy takes an order at once and works by it after its next check: its silence alone proves nothing."""
        deadline = time.monotonic() + _TAKES_S
        while True:
            found = next(one for one in self.look() if one.stack == stack)
            if found.takes_requests is takes:
                return
            if time.monotonic() >= deadline:
                state = f"{found.mode}, {'down' if found.up is False else 'up'}, weight {found.weight} %"
                raise HostError(
                    f"HAProxy does not work by what it was ordered for {stack} after {_TAKES_S:.0f} s ({state}).",
                    "Look at HAProxy's log, and at the address that it checks.",
                )
            time.sleep(_POLL_S)

    def _order(self, command: str) -> None:
        if why := haproxy.refusal(self._ask(command)):
            raise HostError(f"HAProxy refused `{command}`: {why}", _HINT)

    def _ask(self, command: str) -> str:
        place = self._socket
        try:
            with self._connected() as connection:
                connection.sendall(f"{command}\n".encode("ascii"))
                answer = b""
                while part := connection.recv(65536):
                    answer += part
                    if len(answer) > _LIMIT_BYTES:
                        raise HostError(f"HAProxy says too much at {place}.", _HINT)
        except OSError as error:
            raise HostError(f"HAProxy does not answer at {place}: {error.strerror or error}.", _HINT) from error
        return answer.decode("utf-8", "replace")

    def _connected(self) -> socket.socket:
        if self._socket.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_TIMEOUT_S)
            try:
                connection.connect(self._socket)
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self._socket.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=_TIMEOUT_S)
