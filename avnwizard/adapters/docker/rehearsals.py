"""The port `Rehearsals` over a Docker Engine."""

import contextlib
import os
from collections.abc import Mapping, Sequence

from avnwizard.adapters.docker.cli import DockerCli, is_gone
from avnwizard.adapters.docker.inspect import container_from, labelled
from avnwizard.adapters.docker.stack import DockerStack
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.adapters.postgres.database import PostgresDatabase
from avnwizard.adapters.postgres.emptying import empty_tables
from avnwizard.adapters.process_errors import fail, printable
from avnwizard.domain.host import ComposeProject
from avnwizard.domain.rehearsal import commands
from avnwizard.domain.rehearsal.commands import CopyServer
from avnwizard.domain.rehearsal.order import LABEL, PROJECT_LABEL, Mark
from avnwizard.errors import HostError
from avnwizard.ports import Database, Stack
from avnwizard.ports.rehearsals import Machine

_COPY_S, _REMOVE_S = 24 * 3600.0, 180.0
_MEMORY, _AVAILABLE = "/proc/meminfo", "MemAvailable:"
_ROUNDS = 3
"""A container that is just going holds its network for a moment."""


class DockerRehearsals:
    """Copies of a stack on the engine.

    Args:
        environ: the environment in which docker runs; None is this process's.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ, self._cli = environ, DockerCli(environ)

    def machine(self) -> Machine:
        """Of this host, where the engine is here."""
        if self._cli.engine_socket is None:
            return Machine(None, None)
        memory = None
        with contextlib.suppress(OSError, ValueError), open(_MEMORY, encoding="ascii") as file:  # noqa: PTH123 - no disk
            memory = next((int(line.split()[1]) * 1024 for line in file if line.startswith(_AVAILABLE)), None)
        with contextlib.suppress(OSError):
            return Machine(memory, os.getloadavg()[0] / (os.cpu_count() or 1))
        return Machine(memory, None)

    def stack(self, project: ComposeProject) -> Stack:
        """The copy as a Compose project."""
        return DockerStack(project, environ=self._environ)

    def strangers(self, mark: Mark) -> tuple[str, ...]:
        """Containers of the copy's project name that carry no mark of ours, by name."""
        found = [container_from(raw) for raw in labelled(self._cli, f"{PROJECT_LABEL}={mark.name}")]
        return tuple(printable(one.name) for one in found if one.labels.get(LABEL) != mark.live)

    def copy_server(self, order: CopyServer) -> None:
        """A base backup, from within the running server's network, into a new volume."""
        self._cli.unless_gone(commands.removed("container", order.helper))
        if self._cli.try_(("docker", "volume", "inspect", order.volume)).code == 0:
            self._cli.run(commands.removed("volume", order.volume))
        self._cli.run(commands.make_volume(order))
        user, password = self._access(order.container).credentials()
        env = {**self._cli.environ, "PGUSER": user, "PGPASSWORD": password.reveal()}
        done = self._cli.try_(commands.copy_server(order), timeout_s=_COPY_S, env=env)
        if done.code != 0:
            said = printable(" ".join(done.complaint.split()))[:600]
            raise HostError(
                f"The running server cannot be copied: {said}",
                "It must let its superuser replicate from 127.0.0.1 (pg_hba.conf), and have a WAL sender left.",
            )

    def database(self, container: str) -> Database:
        """The way to the copied server."""
        return PostgresDatabase(self._access(container))

    def empty(self, container: str, databases: Sequence[str], tables: Sequence[str]) -> None:
        """Empty tables of the copied server."""
        empty_tables(self._access(container), databases, tables)

    def left(self, mark: Mark) -> tuple[str, ...]:
        """Containers, networks and volumes that carry both labels."""
        return tuple(
            f"{kind} {name}"
            for kind, argv in commands.listed(mark).items()
            for name in self._cli.run(argv).text.split()
        )

    def sweep(self, mark: Mark) -> None:
        """Remove them, containers first; what goes by itself meanwhile is no error."""
        for last in (*[False] * (_ROUNDS - 1), True):
            for kind, argv in commands.listed(mark).items():
                for name in self._cli.run(argv).text.split():
                    self._remove(kind, name, last=last)
            if not self.left(mark):
                return

    def _remove(self, kind: str, name: str, *, last: bool) -> None:
        done = self._cli.try_(commands.removed(kind, name), timeout_s=_REMOVE_S)
        gone = is_gone(done) or f"no such {kind}" in done.complaint.lower() or "not found" in done.complaint.lower()
        if done.code != 0 and last and not gone:
            fail(done.argv, done.code, done.complaint, "Remove it by hand, then: avnwizard rehearse forget")

    def _access(self, container: str) -> ContainerPostgresAccess:
        return ContainerPostgresAccess(container, environ=self._environ)
