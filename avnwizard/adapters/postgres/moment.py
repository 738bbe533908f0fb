"""Databases as of one moment: transactions that hold a snapshot still while dumps and counts are taken of it."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from avnwizard.adapters.postgres import catalog, properties
from avnwizard.adapters.postgres.session import session, translated
from avnwizard.domain.commands import DUMPING
from avnwizard.domain.postgres.database import DatabaseContents
from avnwizard.domain.postgres.writes import WriteCounters
from avnwizard.errors import HostError
from avnwizard.ports import PostgresAccess

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class HeldMoment:
    """One database, held as of one moment by an open transaction. `id` is what `pg_export_snapshot()` gave."""

    database: str
    id: str
    counters: WriteCounters
    connection: "psycopg.Connection[tuple[Any, ...]]"
    access: PostgresAccess
    _broken_off: threading.Event = field(default_factory=threading.Event)

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.connection.info.server_version // 10000

    def contents(self) -> DatabaseContents:
        """What the database held then. Blocks; may run in a thread alongside the dump."""
        import psycopg

        try:
            return DatabaseContents(
                fingerprint=catalog.fingerprint(self.connection),
                rows=catalog.row_counts(self.connection),
                extensions=catalog.extensions(self.connection),
                properties=properties.read(self.connection, self.database),
            )
        except psycopg.Error as error:
            raise translated(error, self.database) from error

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._broken_off.is_set()

    def cancel(self) -> None:
        """End `contents` and a dump early."""
        if self._broken_off.is_set():
            return
        self._broken_off.set()
        with contextlib.suppress(Exception):
            self.connection.cancel_safe(timeout=5.0)
        with contextlib.suppress(HostError):  # a server that does not answer dumps nothing
            end_dumps(self.access, [self.database])


def end_dumps(access: PostgresAccess, databases: Sequence[str]) -> None:
    """End what is left of our pg_dumps of some databases: they outlive the docker CLI that started them."""
    with session(access, databases[0]) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = ANY(%s) AND application_name = %s",
            [list(databases), DUMPING],
        )


@contextlib.contextmanager
def held(access: PostgresAccess, databases: Sequence[str]) -> Iterator[tuple[HeldMoment, ...]]:
    """Hold databases as of now, all within milliseconds of each other: connections first, then the snapshots.

    What the server's counters miss of the moment is counted as lost, never the other way round: they come first.
    """
    with contextlib.ExitStack() as stack:
        if databases:  # what a crash left: who takes a snapshot holds the stack's lock
            end_dumps(access, databases)
        connections = [(name, stack.enter_context(session(access, name))) for name in databases]
        moments, counters = [], {}
        for name, connection in connections:
            counters[name] = catalog.write_counters(connection)
            # the server would end our idle transaction (17 and later have the setting)
            connection.execute(
                "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'"
            )
        for name, connection in connections:
            stack.enter_context(catalog.one_moment(connection))
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            moments.append(HeldMoment(name, str(row[0]), counters[name], connection, access))
        yield tuple(moments)
