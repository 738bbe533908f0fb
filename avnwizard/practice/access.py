"""How the practice host's PostgreSQL is reached, behind the port `PostgresAccess`."""

import os
import shutil
from collections.abc import Sequence

from avnwizard.errors import HostError
from avnwizard.ports import ToolCommand
from avnwizard.practice.database import PORT, Cluster
from avnwizard.practice.observation import Observer
from avnwizard.practice.postgres_binaries import binaries


class PracticePostgresAccess:
    """`ports.PostgresAccess` by the server's socket and the programs of the `demo` extra."""

    def __init__(self, cluster: Cluster, observer: Observer, password: str) -> None:
        self._cluster = cluster
        self._observer = observer
        self._password = password

    def __repr__(self) -> str:
        return f"PracticePostgresAccess({self._cluster.home})"

    def connection(self, database: str) -> dict[str, str]:
        """The connection keywords of psycopg, password included. Never to be logged."""
        self._reach()
        return {
            "host": str(self._cluster.socket),
            "port": str(PORT),
            "user": self._cluster.superuser,
            "password": self._password,
            "dbname": database,
        }

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """A client tool of the server's version, pointed at the server by its environment."""
        self._reach()
        keywords = self.connection("postgres")
        programs = binaries(self._cluster.major)
        program = "sh" if tool[0] == "sh" else str(programs / tool[0])
        variables = {
            "PATH": f"{programs}:{os.defpath}",
            "PGHOST": keywords["host"],
            "PGPORT": keywords["port"],
            "PGUSER": keywords["user"],
            "PGPASSWORD": keywords["password"],
            "PGDATABASE": keywords["dbname"],
        }
        return ToolCommand((program, *tool[1:]), variables)

    def free_bytes(self, folder: str) -> int | None:
        """Of the disk that the practice server's data is on, whatever the image would call its folder."""
        return shutil.disk_usage(self._cluster.data).free

    def _reach(self) -> None:
        self._observer.catch_up()
        if not self._observer.postgres_runs():
            raise HostError("the postgres container is not running", "Start it: docker compose up -d postgres")
