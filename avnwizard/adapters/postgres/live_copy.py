"""A live copy of a running server in the new volume, and what makes it a server of the new major."""

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.postgres import collations
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres import copy_commands as commands
from avnwizard.domain.postgres import server_commands
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.errors import HostError

_AT_ONCE = 2
_COPY_S, _UPGRADE_S = 24 * 3600.0, 3600.0
_READY_S, _STOP_S, _POLL_S = 300.0, 180.0, 0.2
_LOCATION = re.compile(r"^Latest checkpoint location:\s+([0-9A-F]+/[0-9A-F]+)$", re.MULTILINE)
_IDENTITY = re.compile(r"^Database system identifier:\s+([0-9]+)$", re.MULTILINE)
_SHUT_DOWN = re.compile(r"^Database cluster state:\s+shut down$", re.MULTILINE)
_HINT = "The old server was only read. `--way dump` goes without pg_upgrade."


class LiveCopies:
    """Makes and upgrades copies.

    Args:
        cli: runs docker.
        access: reaches a server by its container.
    """

    def __init__(self, cli: DockerCli, access: Callable[[str], ContainerPostgresAccess]) -> None:
        self._cli, self._access = cli, access

    def prepare(self, order: CopyOrder) -> None:
        """Programs of the old image, and an empty cluster of the new major."""
        self.end(order)
        for argv in (commands.take_binaries(order), commands.fit_binaries(order), commands.make_new(order)):
            self._run(order, argv, _UPGRADE_S)

    def begin(self, order: CopyOrder) -> None:
        """A base backup, and a standby that streams."""
        self.prepare(order)
        self._run(order, commands.base_backup(order), _COPY_S)
        self._run(order, commands.run_standby(order), _UPGRADE_S)
        query = "SELECT coalesce((SELECT status FROM pg_stat_wal_receiver), '')"
        self._until(order, lambda: self._ask(order, query) == "streaming", "does not follow the old server")

    def position(self, order: CopyOrder) -> str:
        """Where the old cluster ended, and which it is; `HostError` where it was not shut down cleanly."""
        said = self._cli.run(commands.stopped_at(order)).text
        found, own = _LOCATION.search(said), _IDENTITY.search(said)
        if not found or not own or not _SHUT_DOWN.search(said):
            raise HostError("The old server was not shut down cleanly.", "Start it again, then resume.")
        return f"{found[1]} {own[1]}"

    def upgrade(self, order: CopyOrder, position: str) -> None:
        """Promote the standby once it has all that the old server wrote, stop it, and upgrade it in its place.

        Args:
            position: as `position` said, "" for wherever it is: to rehearse.
        """
        if position:
            location, _, identity = position.partition(" ")  # digits, as `position` read them
            if self._ask(order, "SELECT system_identifier FROM pg_control_system()") != identity:
                raise HostError("The copy is another cluster's.", "Resume makes it again.")
            query = f"SELECT pg_last_wal_replay_lsn() >= '{location}'::pg_lsn"
            self._until(order, lambda: self._ask(order, query) == "t", "lacks the end of what the old server wrote")
        if self._ask(order, "SELECT pg_promote(true, 60)") != "t":
            raise HostError("The copy cannot be promoted.", _HINT)
        self._cli.run(server_commands.stop_server(order.standby), timeout_s=_STOP_S)
        self._cli.run(server_commands.remove_server(order.standby))
        self._run(order, commands.upgrade(order), _UPGRADE_S)

    def upgrade_stopped(self, order: CopyOrder) -> None:
        """Copy the stopped server's files, and upgrade the copy."""
        self.position(order)
        self._run(order, commands.copy_stopped(order), _COPY_S)
        self._run(order, commands.upgrade(order), _UPGRADE_S)

    def finish(self, order: CopyOrder) -> tuple[str, ...]:
        """On the new server: extensions as pg_upgrade asks, and indexes whose order another library defines."""
        name = order.server.name
        script = 'f=$PGDATA/$1; [ ! -f "$f" ] || { psql -Xq -v ON_ERROR_STOP=1 -d postgres -f "$f" && rm -f "$f"; }'
        call = self._access(name).command(("sh", "-c", script, "sh", commands.UPDATE_EXTENSIONS))
        self._cli.run(call.argv, env=call.environment, timeout_s=_UPGRADE_S)
        return tuple(self._collate(name))

    def _collate(self, name: str) -> list[str]:
        access = self._access(name)
        names = [one.name for one in collations.stale(access)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # the stack is away meanwhile
            list(pool.map(partial(collations.renew, access), names))
        return [f"{printable(name, limit=63)}: indexes made again, for the new library's order" for name in names]

    def end(self, order: CopyOrder) -> None:
        """Remove the helper containers; no error when they are gone."""
        for name in (order.standby, order.worker):
            self._cli.unless_gone(server_commands.remove_server(name))

    def _run(self, order: CopyOrder, argv: tuple[str, ...], timeout_s: float) -> None:
        done = self._cli.try_(argv, timeout_s=timeout_s, env=self._env(order))
        if done.code != 0:
            said = printable(" ".join(done.complaint.split()), limit=600)
            raise HostError(f"The copy failed: {said}", _HINT)

    def _ask(self, order: CopyOrder, query: str) -> str:
        done = self._cli.try_(commands.ask_standby(order, query), env=self._env(order), timeout_s=120.0)
        return done.text.strip() if done.code == 0 else ""

    def _env(self, order: CopyOrder) -> Mapping[str, str]:
        user, password = self._access(order.server.like).credentials()
        return {**self._cli.environ, "PGUSER": user, "PGPASSWORD": password.reveal()}

    def _until(self, order: CopyOrder, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + _READY_S
        while not holds():
            if time.monotonic() >= deadline:
                raise HostError(f"The live copy {otherwise} after {_READY_S:.0f} s.", f"docker logs {order.standby}")
            time.sleep(_POLL_S)
