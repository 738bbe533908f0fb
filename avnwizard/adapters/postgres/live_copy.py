"""A live copy of a running server in the new volume, and what makes it a server of the new major."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from avnwizard.adapters.docker import ending_api
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
        self._run(order, commands.base_backup(order), _COPY_S)
        self._run(order, commands.run_standby(order), _UPGRADE_S)
        query = "SELECT coalesce((SELECT status FROM pg_stat_wal_receiver), '')"
        self._until(order, lambda: self._ask(order, query) == "streaming", "does not follow the old server")

    def begin_cold(self, order: CopyOrder) -> None:
        """A first copy of the files, while the old server writes to them."""
        self._run(order, commands.run_copier(order), _UPGRADE_S)
        self._run(order, commands.copy_running(order), _COPY_S)

    def promote(self, order: CopyOrder, *, rehearsal: bool) -> None:
        """Promote the standby once it has all that the old server wrote, and shut it down.

        Args:
            rehearsal: promote it wherever it is; the old server runs.
        """
        self._run(order, commands.promote(order, rehearsal=rehearsal), _READY_S + _STOP_S)
        engine = self._cli.engine_socket
        if not engine or ending_api.stop(engine, [order.standby], grace=server_commands.GRACE_S, limit_s=_STOP_S):
            self._cli.run(server_commands.stop_server(order.standby), timeout_s=_STOP_S)

    def copy_stopped(self, order: CopyOrder) -> None:
        """What has changed since the first copy, of the stopped server."""
        self._run(order, commands.copy_stopped(order), _COPY_S)

    def upgrade(self, order: CopyOrder) -> tuple[str, ...]:
        """Upgrade the copy in its place, and run the new server; what was done besides, a sentence each."""
        self._run(order, commands.upgrade(order), _UPGRADE_S)
        return tuple(self._collate(order.server.name))

    def settle(self, order: CopyOrder, container: str) -> None:
        """Wait until all files of the upgraded copy are on the disk, and remove what is left of the upgrade."""
        self._run(order, commands.settle(order, container), _UPGRADE_S)

    def shut(self, order: CopyOrder) -> bool:
        """Shut down the new server; the container that it ran in goes on. Whether that went well."""
        return self._cli.try_(commands.shut(order.server.name, order.pgdata), timeout_s=_STOP_S).code == 0

    def _collate(self, name: str) -> list[str]:
        access = self._access(name)
        names = [one.name for one in collations.stale(access)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # the stack is away meanwhile
            list(pool.map(partial(collations.renew, access), names))
        return [f"{printable(name, limit=63)}: indexes made again, for the new library's order" for name in names]

    def end(self, order: CopyOrder) -> None:
        """Remove the helper containers; no error when they are gone."""
        engine = self._cli.engine_socket
        for name in (order.standby, order.worker):
            if engine and ending_api.remove(engine, name, force=True):
                continue
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
