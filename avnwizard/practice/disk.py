"""A disk that fills up in the middle of a dump, when the failure `disk` is ordered."""

import errno
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from avnwizard.domain.host import DatabaseFacts, ServerFacts
from avnwizard.domain.migrations import TableSize
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.domain.postgres.database import DatabaseContents, DatabaseProperties, FileFacts
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.postgres.writes import WriteCounters
from avnwizard.errors import HostError
from avnwizard.ports import Database, Moment, Progress, SealedRows
from avnwizard.ports.migrations import Migrations
from avnwizard.ports.roles import Roles
from avnwizard.practice.observation import POSTGRES, Observer
from avnwizard.practice.postgres_major import container_data_directory, image_major


class PracticeDatabase:
    """`ports.Database` over the adapter for the practice host's real server.

    It adds two things: the failure `disk`, and what the official image would say of the server (its PGDATA, and the
    major version of the image's tag, which another version of the wheel's plays).
    """

    def __init__(self, inner: Database, observer: Observer) -> None:
        self._inner = inner
        self._observer = observer

    def server(self) -> ServerFacts:
        """The server as its image names it, e.g. major 17 where the wheel's 16 plays it."""
        facts = self._inner.server()
        majors = [image_major(record.image) for record in self._observer.store.present(POSTGRES)]
        major = majors[0] if majors else facts.major
        version = facts.version if major == facts.major else f"{major} (played by {facts.version})"
        return replace(facts, version=version, major=major, data_directory=container_data_directory(major))

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """Every database but the templates."""
        return self._inner.databases()

    def fingerprint(self, database: str) -> str:
        """A hash over the schema."""
        return self._inner.fingerprint(database)

    def look(self, databases: Sequence[str]) -> dict[str, tuple[str, WriteCounters]]:
        """The schema of each, then what was written to each."""
        return self._inner.look(databases)

    def stale_collations(self) -> tuple[StaleDatabase, ...]:
        """As the server says."""
        return self._inner.stale_collations()

    def renew_collations(self, database: str) -> int:
        """As the server does."""
        return self._inner.renew_collations(database)

    def row_counts(self, database: str) -> dict[str, int]:
        """Exact rows per table."""
        return self._inner.row_counts(database)

    def table_sizes(self, database: str) -> dict[str, TableSize]:
        """Bytes, estimated rows and columns per table."""
        return self._inner.table_sizes(database)

    def write_counters(self, database: str) -> WriteCounters:
        """Rows written per table since the server began to count."""
        return self._inner.write_counters(database)

    def dump_globals(self, to: Path) -> FileFacts:
        """Roles and their settings; small enough to fit on any disk."""
        return self._inner.dump_globals(to)

    def globals_changes(self, dump: Path) -> GlobalsChange:
        """How the globals differ from a dump of them."""
        return self._inner.globals_changes(dump)

    def repair_globals(self, dump: Path, *, only_missing: bool = False) -> GlobalsChange:
        """Put roles and their like back."""
        return self._inner.repair_globals(dump, only_missing=only_missing)

    def dump_rows(self, database: str, tables: Sequence[str], to: Path, progress: Progress) -> None:
        """Dump some tables."""
        self._inner.dump_rows(database, tables, to, progress)

    def moments(self, databases: Sequence[str]) -> AbstractContextManager[Sequence[Moment]]:
        """Hold databases as of now."""
        return self._inner.moments(databases)

    def dump(self, moment: Moment, to: Path, progress: Progress) -> tuple[FileFacts, DatabaseContents]:
        """Dump; with the failure `disk`, the disk is full once the first dump is on it."""
        dumped = self._inner.dump(moment, to, progress)
        if self._observer.failures.befalls("disk", ""):
            to.unlink()
            raise HostError(
                f"the dump {to.name} cannot be written: {os.strerror(errno.ENOSPC)}",
                "Free some space there, or choose another folder for the snapshot.",
            )
        return dumped

    def read_back(self, dump: Path, progress: Progress = lambda _done, _total: None) -> None:
        """Read a dump to its end."""
        self._inner.read_back(dump, progress)

    def restore(self, dump: Path, database: str, progress: Progress, *, scratch: bool = False) -> None:
        """Restore into an empty database."""
        self._inner.restore(dump, database, progress, scratch=scratch)

    def free_bytes(self) -> int | None:
        """Space left where the server keeps its data."""
        return self._inner.free_bytes()

    def proving_bytes(self) -> int | None:
        """Space left for scratch databases."""
        return self._inner.proving_bytes()

    def may_create(self) -> bool:
        """Whether databases may be made."""
        return self._inner.may_create()

    def create(self, database: str, *, owner: str, like: str | DatabaseProperties = "") -> None:
        """An empty database."""
        self._inner.create(database, owner=owner, like=like)

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""
        return self._inner.exists(database)

    def rename(self, old: str, new: str) -> None:
        """Rename a database."""
        self._inner.rename(old, new)

    def drop(self, database: str) -> None:
        """Drop a database."""
        self._inner.drop(database)

    def migrations(self, database: str) -> Migrations:
        """What is run in place of a release's migrations."""
        return self._inner.migrations(database)

    def roles(self) -> Roles:
        """The login roles."""
        return self._inner.roles()

    def sealed_rows(self, database: str) -> SealedRows:
        """What a service keeps under its secrets."""
        return self._inner.sealed_rows(database)
