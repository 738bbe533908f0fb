"""The containers of a server's clients: paused where they are, and their connections to the server ended."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

from avnwizard.adapters.docker import ending_api, engine_api
from avnwizard.adapters.docker.cli import DockerCli, hint_for, is_gone
from avnwizard.adapters.docker.inspect import inspected
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.adapters.postgres.session import session
from avnwizard.adapters.process_errors import fail
from avnwizard.domain.postgres import client_commands as commands
from avnwizard.domain.postgres.client_commands import GO_ON, HALT, Programs
from avnwizard.errors import HostError

_OF_THESE: LiteralString = """
  FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
    AND host(client_addr) = ANY(%s)"""
_END: LiteralString = "SELECT pg_terminate_backend(pid, 2000)"
_AT_ONCE = 8
_ENDED = "is not running"


class DockerClients:
    """Halts the one program of a container with SIGSTOP.

    `docker pause` would halt several, but the engine then calls the container unhealthy until its next health check
    (Engine 26.1, `CloseMonitorChannel`), and a proxy sends it nothing for as long.

    Args:
        cli: runs docker.
        access: reaches a server by its container.
    """

    def __init__(self, cli: DockerCli, access: Callable[[str], ContainerPostgresAccess]) -> None:
        self._cli, self._access = cli, access

    def pause(self, image: str, containers: Sequence[str]) -> tuple[str, ...]:
        """Halt their programs, all at the same time; those that stand still. The others go on as they were."""
        with contextlib.suppress(HostError):  # where they cannot be halted, none stands still
            self.signal(image, containers, HALT)
        still = self.paused(containers)
        self.unpause(image, [one for one in containers if one not in still])
        return still

    def unpause(self, image: str, containers: Sequence[str]) -> None:
        """Let them go on, all at the same time; no error for one that is not paused, or gone."""
        try:
            self.signal(image, containers, GO_ON)
        except HostError:
            with ThreadPoolExecutor(_AT_ONCE) as pool:  # better without their restart policy than not at all
                list(pool.map(self._go_on, containers))

    def paused(self, containers: Sequence[str]) -> tuple[str, ...]:
        """Those of some containers that stand still, with one program in each."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(self._programs, containers))
        return tuple(one for one, programs in zip(containers, found, strict=True) if programs.stand_still)

    def connected(self, server: str, containers: Sequence[str]) -> int:
        """How many connections some containers have to a server."""
        addresses = self._addresses(containers)
        with session(self._access(server), "postgres") as connection:
            query: LiteralString = "SELECT count(*)" + _OF_THESE
            return int(connection.execute(query, [addresses]).fetchall()[0][0])

    def dismiss(self, server: str, containers: Sequence[str]) -> None:
        """End the connections of some containers to a server; what was not committed is rolled back."""
        addresses = self._addresses(containers)
        with session(self._access(server), "postgres") as connection:
            query: LiteralString = _END + _OF_THESE
            connection.execute(query, [addresses])

    def signal(self, image: str, containers: Sequence[str], name: str) -> None:
        """Send the first programs of containers a signal, by a helper; no error for one that does not run.

        Raises:
            HostError: not all that run got it.
        """
        found = [(one, inspected(self._cli, one) or {}) for one in containers]
        states = [(raw.get("Id", one), raw.get("State") or {}) for one, raw in found]
        programs = [f"{state['Pid']}:{full}" for full, state in states if state.get("Running") and state.get("Pid")]
        if not programs:
            return
        argv = commands.signal(image, name, programs)
        done = self._cli.try_(argv)
        if done.code != 0:
            fail(done.argv, done.code, done.complaint, hint_for(done.complaint))

    def _go_on(self, container: str) -> None:
        if (engine := self._cli.engine_socket) and ending_api.signal(engine, container, GO_ON):
            return
        done = self._cli.try_(commands.by_docker(container, GO_ON))
        if done.code != 0 and not is_gone(done) and _ENDED not in done.complaint:
            fail(done.argv, done.code, done.complaint, hint_for(done.complaint))

    def _programs(self, container: str) -> Programs:
        state: Mapping[str, object] = (inspected(self._cli, container) or {}).get("State") or {}
        first = str(state.get("Pid", ""))
        if engine := self._cli.engine_socket:
            return Programs.of(engine_api.programs(engine, container, commands.COLUMNS), first)
        done = self._cli.try_(commands.programs(container))
        return Programs.of([line.split() for line in done.text.splitlines()[1:]] if done.code == 0 else [], first)

    def _addresses(self, containers: Sequence[str]) -> list[str]:
        found = (inspected(self._cli, one) or {} for one in containers)
        networks = [
            one for raw in found for one in ((raw.get("NetworkSettings") or {}).get("Networks") or {}).values()
        ]
        keys = ("IPAddress", "GlobalIPv6Address")
        return sorted({str(one[key]) for one in networks for key in keys if one.get(key)})
