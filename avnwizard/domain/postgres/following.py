"""The way by logical replication: names, what it must set in the old server for a while, and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from avnwizard.domain.postgres.major import ServerFiles

PUBLICATION = "avnwizard_follow"
SLOTS = "avnwizard_follow_"
"""What every slot and subscription of avnwizard's is called, before the database's number."""
_SPARE = 4
"""For the tables that are copied at the same time, and for whoever else streams."""


@dataclass(frozen=True)
class FollowOrder:
    """One server follows another.

    Attributes:
        old, new: containers; they share a network.
        databases: each is followed by a subscription of its own.
    """

    old: str
    new: str
    databases: tuple[str, ...]


@dataclass(frozen=True)
class Following:
    """How far the new server is.

    Attributes:
        tables, copied: how many there are, and how many are copied and followed.
        rows: read so far of those that are being copied.
        written_bytes: that the new server's databases take by now.
        lag_bytes: of WAL that the new server has yet to apply; None before every database is followed.
        held_bytes: of WAL that the old server keeps for it.
        trouble: what the new server's workers complain of, "" for nothing.
    """

    tables: int
    copied: int
    rows: int = 0
    lag_bytes: int | None = None
    held_bytes: int = 0
    trouble: str = ""
    written_bytes: int = 0

    @property
    def whole(self) -> bool:
        """Whether every table is copied."""
        return self.copied == self.tables and self.lag_bytes is not None


def wanted_settings(databases: int) -> Mapping[str, int]:
    """The least that the old server must have of each, apart from `wal_level`."""
    return {"max_wal_senders": databases + _SPARE, "max_replication_slots": databases + _SPARE}


def load_settings(databases: int, major: int) -> tuple[str, ...]:
    """For the command line of the server that follows; a worker for each database, and a few that copy tables.

    Origins were counted by `max_replication_slots` before PostgreSQL 18.
    """
    many = databases + _SPARE
    origins = ("max_active_replication_origins" if major >= 18 else "max_replication_slots", 2 * many)  # noqa: PLR2004
    numbers = {
        "max_logical_replication_workers": many - 1,
        "max_worker_processes": 2 * many,
        "max_sync_workers_per_subscription": 2,
        "wal_receiver_status_interval": 1,
        origins[0]: origins[1],
    }
    return tuple(f"{name}={value}" for name, value in numbers.items())


def back_settings(databases: int, major: int) -> tuple[str, ...]:
    """For the command line of the old server while it follows the new one: it must do nothing else of its own."""
    return (*load_settings(databases, major), "archive_mode=off", "cron.launch_active_jobs=off")


def without_ours(files: ServerFiles, before: Mapping[str, str | None]) -> ServerFiles:
    """What the old server's files say, but for what was set in them so that it could be followed.

    Args:
        before: setting -> its value in the files before; None where they did not name it.
    """
    kept = {name: value for name, value in files.settings.items() if name not in before}
    return replace(files, settings={**kept, **{name: value for name, value in before.items() if value is not None}})


def keyless_of(found: Sequence[Sequence[str]]) -> tuple[tuple[str, str, str], ...]:
    """(database, schema, table) as the journal kept them."""
    return tuple((str(database), str(schema), str(table)) for database, schema, table in found)
