"""Services that keep data in files of their own format: can an older version read what a newer one wrote?

Only what a vendor says, or what was tried, counts as yes. Everything else is no, or "nobody can tell", and is treated
alike: a rollback does not start the older version on that data by itself.

Sources. RDB versions: valkey-io/valkey src/rdb.h (RDB_VERSION_MAP: 11 since 7.2, 80 since 9.0, 81 since 9.2),
valkey#665 (Valkey 8 to Redis 7.2.4 and back), Snapchat/KeyDB#527 (Redis 7.0: 10), redis#14064 (7.4.3 writes 12; in
7.2.7 "Can't handle RDB format version 12"), valkey#2917 (the same for 80 in 8.1). NATS: docs.nats.io "NATS 2.10",
downgrade warnings (2.9.22 and later 2.9 read 2.10's streams); nats-server v2.11.9 (keeps what 2.12 brought offline,
its data safe). MinIO: release notes of RELEASE.2021-04-22T15-44-28Z and RELEASE.2021-11-24T23-19-33Z ("Downgrades are
not supported": the format of the metadata changed). MariaDB: "Downgrading MariaDB" (within a series only). MySQL 8.0
manual, "Downgrading MySQL" (not below 8.0.35). MongoDB manual, "Downgrade 7.0 to 6.0" (no longer supported).
Elasticsearch#41731 (refuses to start). Traefik: its v1 to v2 migration guide (acme.json changed its form then; within
a major version it did not).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from avnwizard.domain.plain import printable

_NAMES = {
    "valkey": "Valkey", "redis": "Redis", "nats": "NATS", "minio": "MinIO", "mysql": "MySQL", "mariadb": "MariaDB",
    "mongo": "MongoDB", "mongodb": "MongoDB", "elasticsearch": "Elasticsearch", "opensearch": "OpenSearch",
    "traefik": "Traefik",
}  # fmt: skip
_VERSION_VARIABLES = {
    "Valkey": "VALKEY_VERSION", "Redis": "REDIS_VERSION", "NATS": "NATS_SERVER", "MySQL": "MYSQL_VERSION",
    "MariaDB": "MARIADB_VERSION", "MongoDB": "MONGO_VERSION",
}  # fmt: skip
"""Set by the official images themselves; a tag such as `latest` says nothing."""
_RDB: dict[tuple[str, tuple[int, ...]], int] = {
    ("Redis", (7, 0)): 10, ("Redis", (7, 2)): 11, ("Redis", (7, 4)): 12,
    ("Valkey", (7, 2)): 11, ("Valkey", (8, 0)): 11, ("Valkey", (8, 1)): 11,
    ("Valkey", (9, 0)): 80, ("Valkey", (9, 1)): 80, ("Valkey", (9, 2)): 81,
}  # fmt: skip
_NATS_READERS: dict[tuple[int, ...], tuple[int, ...]] = {(2, 10): (2, 9, 22), (2, 12): (2, 11, 9)}
"""Series that wrote -> the first of the series before that reads it."""
_SAME_IN_SERIES = frozenset({"Valkey", "Redis", "NATS", "MariaDB"})
"""Whose format does not change between patches of one series ("8.1")."""
_SAME_IN_MAJOR = frozenset({"Traefik"})
"""Whose format does not change within a major version ("3")."""
_SERIES = 2
"""Major and minor."""
_NUMBERS = re.compile(r"v?(\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Software:
    """A known program that keeps data: its name, its version as numbers (() where it is not known) and as shown."""

    name: str
    version: tuple[int, ...]
    shown: str

    def __str__(self) -> str:
        return f"{self.name} {self.shown}"


@dataclass(frozen=True)
class Reading:
    """Whether an older version reads what a newer one wrote, and why, as a clause. `safe` is only what is known."""

    safe: bool
    why: str


def software_of(image: str, variables: Mapping[str, str] | None = None) -> Software | None:
    """The program that an image holds, by its name; None for one that is not known here.

    Args:
        variables: what the image itself sets, where it is on this host: its own version counts for more than a tag.
    """
    reference = image.partition("@")[0]
    last = reference.rpartition("/")[2]
    name = _NAMES.get(last.partition(":")[0].lower())
    if name is None:
        return None
    told = (variables or {}).get(_VERSION_VARIABLES.get(name, ""), "") or last.partition(":")[2]
    found = _NUMBERS.match(told)
    numbers = tuple(int(part) for part in found[1].split(".")) if found and name != "MinIO" else ()
    return Software(name, numbers, printable(told, limit=40) or "of an unknown version")


def reads(old: Software, new: Software) -> Reading:
    """Whether `old` can be started on data that `new` wrote."""
    if why := _same(old, new):
        return Reading(True, why)
    reader, writer = _RDB.get((old.name, old.version[:2])), _RDB.get((new.name, new.version[:2]))
    if reader and writer and writer > reader:
        return Reading(False, f"{new} writes RDB version {writer}, and {old} reads up to {reader}")
    if reader and reader == writer:
        return Reading(True, f"both write RDB version {reader}")
    first = _NATS_READERS.get(new.version[:2]) if old.name == new.name == "NATS" else None
    if first and first[:2] == old.version[:2] and old.version >= first:
        return Reading(True, f"{old} reads what {new} writes")
    return Reading(False, f"nobody vouches that {old} reads what {new} wrote")


def _same(old: Software, new: Software) -> str:
    """Why both have one format by their versions alone; "" where that is not so. "8", "latest" may be any version."""
    if old.name != new.name:
        return ""
    exact = old.shown == new.shown and (len(new.version) > _SERIES or new.shown.startswith("RELEASE."))
    in_series = len(new.version) >= _SERIES and new.name in _SAME_IN_SERIES
    if exact or (in_series and old.version[:_SERIES] == new.version[:_SERIES]):
        return f"both are {old.name} {old.shown if exact else '.'.join(map(str, old.version[:_SERIES]))}"
    if new.name in _SAME_IN_MAJOR and new.version[:1] and old.version[:1] == new.version[:1]:
        return f"both are {old.name} {old.version[0]}"
    return ""
