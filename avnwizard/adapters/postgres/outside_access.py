"""How a Postgres server outside the project is reached: over the network, by client tools of this host or an image.

The password travels in the environment of the tools alone.
"""

import os
import re
import threading
from collections.abc import Callable, Sequence

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.process import run
from avnwizard.domain import commands
from avnwizard.domain.postgres.outside import OutsideServer
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError
from avnwizard.ports import ToolCommand

_TOOL_S = 30.0
_MAJOR = re.compile(r"\b(\d+)(?:\.\d+|devel|beta\d+|rc\d+)")


class OutsidePostgresAccess:
    """The port `PostgresAccess` over a server that is no container of the stack.

    Args:
        server: how it is reached.
        password: looks the password up; asked once.
        major: gives the server's major version, which the tools must not be older than.
    """

    def __init__(self, server: OutsideServer, password: Callable[[], Secret], major: Callable[[], int]) -> None:
        self._server, self._ask, self._major = server, password, major
        self._cli, self._known = DockerCli(), threading.Lock()
        self._password: Secret | None = None
        self._checked = False

    def connection(self, database: str) -> dict[str, str]:
        """Psycopg's keywords. Never to be logged."""
        found = {
            "host": self._server.host,
            "port": str(self._server.port),
            "user": self._server.user,
            "password": self._secret().reveal(),
            "sslmode": self._server.tls,
            "dbname": database,
        }
        return found | ({"sslrootcert": self._server.ca_file} if self._server.ca_file else {})

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """A client tool against the server."""
        self._require_new_enough()
        keywords = self.connection(self._server.databases[0])
        variables = {
            "PGHOST": keywords["host"],
            "PGPORT": keywords["port"],
            "PGUSER": keywords["user"],
            "PGPASSWORD": keywords["password"],
            "PGSSLMODE": keywords["sslmode"],
            "PGSSLROOTCERT": keywords.get("sslrootcert", ""),
            "PGDATABASE": keywords["dbname"],
        }
        argv = commands.outside_tool(self._server.client_image, tool, self._server.ca_file)
        ours = {name: value for name, value in self._cli.environ.items() if not name.startswith("PG")}
        return ToolCommand(argv, {**ours, **variables})

    def free_bytes(self, folder: str) -> int | None:
        """Nobody sees the disk of a server that is elsewhere."""
        del folder
        return None

    def _secret(self) -> Secret:
        with self._known:
            if self._password is None:
                self._password = self._ask()
            return self._password

    def _require_new_enough(self) -> None:
        """An older pg_dump refuses a newer server, in words that name no way on."""
        if self._checked:
            return
        image, needed = self._server.client_image, self._major()
        argv = commands.outside_tool(image, ("pg_dump", "--version"))
        where = f"the image {image}" if image else "this host"
        hint = (
            f'Name an image that has them in avnwizard.toml: [postgres] client_image = "postgres:{needed}"'
            f"{'' if image else f', or install the package postgresql-client-{needed}'}."
        )
        try:
            said = run(argv, timeout_s=_TOOL_S if not image else _TOOL_S * 20, env=dict(os.environ), check=False).text
        except HostError as error:
            raise HostError(f"There is no pg_dump on {where}: the databases cannot be dumped.", hint) from error
        found = _MAJOR.search(said)
        if found is None:
            raise HostError(f"There is no pg_dump on {where}: the databases cannot be dumped.", hint)
        if int(found[1]) < needed:
            raise HostError(
                f"The pg_dump of {where} is of PostgreSQL {found[1]}: it cannot dump a server of {needed}.",
                hint,
            )
        self._checked = True
