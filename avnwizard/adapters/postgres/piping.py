"""A database of one server straight into another: pg_restore reads what pg_dump writes, with no file between."""

import os
from collections.abc import Iterator, Sequence

from avnwizard.adapters.child import Tail
from avnwizard.adapters.postgres.archive import without_noise
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.adapters.postgres.tools import started
from avnwizard.adapters.process_errors import fail
from avnwizard.adapters.running import Running
from avnwizard.domain import commands
from avnwizard.ports import ContainerCommand, PostgresAccess, Progress, ToolCommand

_BLOCK = 1 << 18
_HINT = "The old server was not touched. The tool's own words are above."


class FromAlongside:
    """`PostgresAccess` to one server by the client tools of another server's container, on the same network."""

    def __init__(self, tools: ContainerPostgresAccess, server: ContainerPostgresAccess) -> None:
        self._tools, self._server = tools, server

    def connection(self, database: str) -> dict[str, str]:
        """Psycopg's keywords."""
        return self._server.connection(database)

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """The tool in the other container, pointed at the server's address."""
        inside, where = self._tools.command(tool), self._server.connection("postgres")
        host, port = where["host"].partition(",")[0], where["port"].partition(",")[0]
        variables = {"PGHOST": host, "PGPORT": port, "PGUSER": where["user"], "PGPASSWORD": where["password"]}
        at = inside.container
        argv = commands.docker_exec(self._tools.container, tool, variables=sorted(variables))
        asked = ContainerCommand(at.engine_socket, at.container, at.tool, variables) if at else None
        return ToolCommand(argv, {**inside.environment, **variables}, asked)

    def free_bytes(self, folder: str) -> int | None:
        """Where the server keeps its data."""
        return self._server.free_bytes(folder)


def pipe(
    source: PostgresAccess, dump: Sequence[str], target: PostgresAccess, restore: Sequence[str], progress: Progress
) -> None:
    """Run both, one's output into the other; `HostError` when either is not content."""
    said, heard = Tail(), Tail()
    with (
        started(source, dump, tail=said, hint=_HINT) as reading,
        started(target, restore, tail=heard, feed=True, hint=_HINT) as writing,
    ):
        writing.listen(writing.stdout, lambda _: None)
        writing.feed(_blocks(reading, progress))
        code = writing.wait()
        if code == 0 and (dumped := reading.wait()) != 0:
            fail(dump, dumped, without_noise(said.complaint.splitlines()), _HINT)
        if code != 0:  # what reads is ended with this block: it may wait for a reader for ever
            words = without_noise([*heard.complaint.splitlines(), *said.complaint.splitlines()])
            fail(restore, code, words, _HINT)


def _blocks(child: Running, progress: Progress) -> Iterator[bytes]:
    done = 0
    while block := os.read(child.stdout.fileno(), _BLOCK):
        yield block
        done += len(block)
        progress(done, None)
