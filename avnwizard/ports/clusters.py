"""Servers of another major alongside the stack's, each in a container and on a volume of its own."""

from typing import Protocol

from avnwizard.domain.postgres.contents import ServerSum
from avnwizard.domain.postgres.major import Client, ServerLook
from avnwizard.domain.postgres.server_commands import ServerOrder
from avnwizard.ports.database import Database
from avnwizard.ports.progress import Progress


class Clusters(Protocol):
    """What a new major needs of the world. Containers are given by id or name.

    Every method raises `avnwizard.errors.HostError` when the world refuses.
    """

    def look(self, container: str) -> ServerLook:
        """What a running server holds and is used for."""

    def database(self, container: str) -> Database:
        """The way to the server in a container."""

    def volume_there(self, volume: str) -> bool:
        """Whether there is such a volume."""

    def make_volume(self, volume: str, *, project: str, key: str) -> None:
        """An empty volume, as Compose would make it; no error when it is there."""

    def drop_volume(self, volume: str) -> None:
        """Remove a volume for good; no error when it is gone."""

    def serve(self, order: ServerOrder) -> None:
        """Start the server, on an empty volume after initdb, and wait until it takes connections; or find it so."""

    def serves(self, name: str) -> bool:
        """Whether the container runs."""

    def end(self, name: str) -> None:
        """Shut the server down cleanly and remove its container; its volume stays. No error when it is gone."""

    def empty(self, old: str, new: str, database: str) -> None:
        """An empty database on the new server, with owner, locale, limits, grants and settings as on the old one.

        One of that name on the new server is dropped.
        """

    def try_schema(self, old: str, new: str, database: str, client: Client) -> None:
        """The definitions of a database of the old server into an empty one of that name on the new."""

    def copy(self, old: str, new: str, database: str, client: Client, progress: Progress) -> None:
        """A whole database of the old server into an empty one of that name on the new, all or nothing."""

    def carry_settings(self, old: str, new: str) -> tuple[str, ...]:
        """Settings and access rules of the old server's files into the new one's; what was done, a sentence each."""

    def strangers(self, container: str) -> tuple[str, ...]:
        """Who is connected apart from avnwizard, a line each, as they name themselves (hostile)."""

    def sum_up(self, container: str) -> ServerSum:
        """Everything that a server holds, every row read."""

    def analyze(self, container: str, *, quick: bool) -> None:
        """Planner statistics for every database; `quick` is a rough first go."""
