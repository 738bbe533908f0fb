"""A Postgres server outside the project behind the port `Database`: only the stack's own databases on it count.

Its roles belong to whoever runs it: a snapshot writes them down, and nothing puts them back. A dump is proven in a
server of its own on this host, never on the one outside.
"""

import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.postgres import archive
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.adapters.postgres.database import PostgresDatabase
from avnwizard.adapters.postgres.outside_access import OutsidePostgresAccess
from avnwizard.adapters.postgres.session import session
from avnwizard.domain import commands
from avnwizard.domain.host import DatabaseFacts, ServerFacts
from avnwizard.domain.postgres.database import DatabaseProperties, FileFacts
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.postgres.names import base_of, purpose_of
from avnwizard.domain.postgres.outside import OutsideServer
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError
from avnwizard.ports import Progress

if TYPE_CHECKING:
    from avnwizard.ports import PostgresAccess

_START_S, _PULL_S, _POLL_S = 120.0, 1800.0, 0.2


class OutsideDatabase(PostgresDatabase):
    """The stack's databases on a server outside.

    Args:
        server: how it is reached.
        password: looks its password up.
        room: bytes free for a server on this host in which dumps are proven; None where nobody can tell.
        proof: the name of that server's container.
    """

    def __init__(
        self, server: OutsideServer, password: Callable[[], Secret], room: Callable[[], int | None], proof: str
    ) -> None:
        self._outside, self._room, self._proof = server, room, _ProofServer(server.client_image, proof)
        super().__init__(OutsidePostgresAccess(server, password, lambda: self.server().major))

    def server(self) -> ServerFacts:
        """Version and WAL position; the data folder is not shown to everybody, and nobody here can use it."""
        with session(self._access, self._lobby()) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
                " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                " ELSE pg_current_wal_flush_lsn() END::text"
            ).fetchone()
        assert row is not None
        version, number, position = row
        return ServerFacts(str(version).split()[0], int(number) // 10000, "", str(position))

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """Those that belong to the stack, and those that avnwizard keeps alongside them."""
        found = super().databases()
        there = {one.name for one in found}
        if missing := [name for name in self._outside.databases if name not in there and not _aside(name, there)]:
            raise HostError(
                f"There is no database {missing[0]!r} at {self._outside.name}.",
                "Look at [postgres] dsn and databases in avnwizard.toml.",
            )
        own = set(self._outside.databases)
        return tuple(one for one in found if one.name in own or base_of(one.name, own))

    def dump_globals(self, to: Path) -> FileFacts:
        """Roles, to be made again by hand; without password hashes where the user may not see them."""
        with session(self._access, self._lobby()) as connection:
            row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        tool = commands.pg_dumpall_globals(passwords=bool(row and row[0]))
        return archive.dump_to_file(self._access, tool, to, lambda _done, _total: None)

    def globals_changes(self, dump: Path) -> GlobalsChange:
        """Not looked at: they are not the stack's."""
        del dump
        return GlobalsChange()

    def repair_globals(self, dump: Path, *, only_missing: bool = False) -> GlobalsChange:
        """None is changed."""
        del dump, only_missing
        return GlobalsChange()

    def free_bytes(self) -> int | None:
        """Nobody here sees that server's disk."""
        return None

    def proving_bytes(self) -> int | None:
        """Room for a server of our own; None without an image to start one from."""
        return self._room() if self._outside.client_image else None

    def create(self, database: str, *, owner: str, like: str | DatabaseProperties = "") -> None:
        """An empty database; one that proves a dump is made in the server on this host."""
        if not _proves(database):
            super().create(database, owner=owner, like=like)
            return
        with session(self._access, self._lobby()) as connection:
            roles = [str(name) for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()]
        here = self._proof.start(roles)
        plain = like if isinstance(like, DatabaseProperties) else None
        if plain:
            plain = replace(plain, grants=None, settings=(), comment="", connection_limit=-1, template=False)
        here.create(database, owner="postgres", like=plain or "")

    def restore(self, dump: Path, database: str, progress: Progress, *, scratch: bool = False) -> None:
        """Into an empty database."""
        if _proves(database):
            self._proof.database().restore(dump, database, progress, scratch=scratch)
        else:
            super().restore(dump, database, progress, scratch=scratch)

    def fingerprint(self, database: str) -> str:
        """A hash over the schema."""
        return self._proof.database().fingerprint(database) if _proves(database) else super().fingerprint(database)

    def row_counts(self, database: str) -> dict[str, int]:
        """Exact rows per table."""
        return self._proof.database().row_counts(database) if _proves(database) else super().row_counts(database)

    def drop(self, database: str) -> None:
        """Drop a database; one that proved a dump goes with its server."""
        if _proves(database):
            self._proof.end()
        else:
            super().drop(database)


def _proves(database: str) -> bool:
    return purpose_of(database) == "proof"


def _aside(name: str, there: set[str]) -> bool:
    """Whether a database is kept aside at this moment: a swap was cut off between its two renames."""
    return any(base_of(one, {name}) for one in there)


class _ProofServer:
    """A server in a container of its own, for as long as a dump is proven."""

    def __init__(self, image: str, name: str) -> None:
        self._image, self._name, self._cli = image, name, DockerCli()

    def database(self) -> PostgresDatabase:
        """The way to it."""
        return PostgresDatabase(self._access())

    def start(self, roles: list[str]) -> PostgresDatabase:
        """Start it again, with roles of these names, which what is restored may mention."""
        from psycopg import sql

        self.end()
        variables = {**self._cli.environ, "POSTGRES_PASSWORD": secrets.token_hex(16)}
        self._cli.run(commands.proof_server(self._image, self._name), env=variables, timeout_s=_PULL_S)
        deadline = time.monotonic() + _START_S
        while True:
            try:
                with session(self._access(), "postgres") as connection:
                    known = {str(name) for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
                    for role in sorted(set(roles) - known):
                        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
                    return self.database()
            except HostError as error:
                if time.monotonic() >= deadline:
                    raise HostError(
                        f"The server that proves the dump does not answer: {error.message}",
                        f"docker logs {self._name}",
                    ) from error
            time.sleep(_POLL_S)

    def end(self) -> None:
        """Remove it with its data; no error when it is gone."""
        if self._image:
            with contextlib.suppress(HostError):
                self._cli.unless_gone(("docker", "rm", "-f", "-v", self._name), timeout_s=60.0)

    def _access(self) -> "PostgresAccess":
        return ContainerPostgresAccess(self._name)
