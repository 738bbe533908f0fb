"""What taking a server to its next major means for its files: mount, PGDATA, names. Plain values and decisions."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from avnwizard.domain.host import Image, Mount
from avnwizard.domain.plain import printable

Way = Literal["copy", "cold", "dump", "logical"]
Client = Literal["target", "source"]
"""Whose pg_dump reads the old server."""
WAYS: tuple[Way, ...] = ("copy", "cold", "dump", "logical")
MAJOR_VARIABLE, PGDATA_VARIABLE = "PG_MAJOR", "PGDATA"
"""Set by the official image, and so by all that are built on it (docker-library/postgres)."""
_MOUNT_BEFORE_18 = "/var/lib/postgresql/data"
_TAG = re.compile(r"(?P<before>(?:pg|v)?)(?P<major>\d{1,2})(?P<minor>(?:\.\d+)*)(?P<after>(?:-.*)?)")


@dataclass(frozen=True)
class DatabaseLook:
    """One database of the old server, as far as a new major concerns it. Extensions are (name, version).

    Attributes:
        keyless: tables with neither a primary key nor a replica identity.
        firing: triggers that fire for replicated changes too.
        large_objects: how many.
        collation: the library's version that its indexes were made with, "" where none is recorded.
    """

    name: str
    owner: str
    size_bytes: int
    extensions: tuple[tuple[str, str], ...] = ()
    provider: str = "c"
    unlogged: tuple[str, ...] = ()
    keyless: tuple[str, ...] = ()
    firing: tuple[str, ...] = ()
    large_objects: int = 0
    collation: str = ""


@dataclass(frozen=True)
class ServerFiles:
    """What a server's files say, which no dump holds; values may be secrets.

    Attributes:
        settings: name -> value, of postgresql.conf and postgresql.auto.conf.
        rules: file name -> (what the server read of it, as JSON; its text), of pg_hba.conf and pg_ident.conf.
    """

    settings: Mapping[str, str] = field(repr=False)
    rules: Mapping[str, tuple[str, str]] = field(repr=False)


@dataclass(frozen=True)
class ServerLook:
    """What the old server holds and is used for.

    Attributes:
        slots: replication slots.
        replicas: who streams from the server, as they name themselves.
        prepared: prepared transactions.
        subscriptions, publications: by "database.name".
        template_objects: relations that somebody made in template1: no dump of a database holds them.
        tablespaces: those of the operator's own.
        settings: name -> value of what the configuration files set, pg_settings' words.
        checksums: whether data checksums are on.
        odd_options: options of columns that PostgreSQL does not know; some builds write their own, and pg_upgrade
            fails on them (Debian's 17.12 has "pg_attver").
        streams: whether the server would let a copy follow it (wal_level, max_wal_senders).
        wal_level: how much the server writes ahead; "logical" is what replication of rows needs.
        locale: initdb's words for the cluster, such as "--encoding=UTF8".
    """

    version: str
    major: int
    superuser: str
    databases: tuple[DatabaseLook, ...]
    slots: tuple[str, ...] = ()
    prepared: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    template_objects: tuple[str, ...] = ()
    tablespaces: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    checksums: bool = False
    wal_segment_bytes: int = 16 << 20
    locale: tuple[str, ...] = ()
    odd_options: tuple[str, ...] = ()
    replicas: tuple[str, ...] = ()
    streams: bool = True
    wal_level: str = "replica"

    @property
    def total_bytes(self) -> int:
        """Of all databases."""
        return sum(one.size_bytes for one in self.databases)


@dataclass(frozen=True)
class ImageOffers:
    """What an image has for a server to use; empty where it does not say.

    Attributes:
        extensions: by name.
        settings: that its server knows by itself, without an extension.
    """

    extensions: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()


def target_image(image: str, major: int) -> str:
    """The same image of another major, by its tag: "postgres:17.2-alpine" -> "postgres:18-alpine"; "" where unclear.

    A minor is dropped: 17.2 says nothing of which 18 there is. A digest names one image, so it is dropped too.
    """
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    repository, colon, tag = last.partition(":")
    found = _TAG.fullmatch(tag) if colon else None
    if not found or (found["minor"] and "pg" in found["after"]):
        return ""  # "2.17.2-pg17": the tag's numbers are not PostgreSQL's
    return f"{head}{slash}{repository}:{found['before']}{major}{found['after']}"


def mount_for(image: Image, mount: Mount, service_pgdata: str) -> tuple[str, str, str]:
    """(mount target, PGDATA, why it cannot be) for the data of an image in place of `mount`.

    18 and later keep their data in /var/lib/postgresql/18/docker, and have their volume at /var/lib/postgresql
    (docker-library/postgres #1259): with the old mount they do not start, or start empty.

    Args:
        service_pgdata: what the compose file forces PGDATA to, "" for nothing.
    """
    pgdata = image.environment.get(PGDATA_VARIABLE, "")
    if not pgdata:
        return "", "", "the image does not say where it keeps its data (PGDATA)"
    if service_pgdata and service_pgdata != pgdata:
        return "", "", f"the compose file sets PGDATA to {service_pgdata}, where the new image would keep {pgdata}"
    if PurePosixPath(pgdata).is_relative_to(mount.target) and mount.target != _MOUNT_BEFORE_18:
        return mount.target, pgdata, ""
    above = [one for one in image.volumes if PurePosixPath(pgdata).is_relative_to(one)]
    if not above:
        return "", "", f"the image declares no volume for its data folder {pgdata}"
    return max(above, key=len), pgdata, ""


def new_volume(old: str, major: int, stamp: str) -> str:
    """The name of the volume for the new server: dated, so that each try has one of its own."""
    return f"{re.sub(r'_pg[0-9]+_[0-9-]+$', '', old)}_pg{major}_{stamp}"


def stops(look: ServerLook) -> tuple[tuple[str, str], ...]:
    """(what stands in the way, what to do) of a new major, whichever way it is gone."""
    kinds = (
        (
            look.prepared,
            "Prepared transactions are open, and no dump holds them",
            "COMMIT or ROLLBACK PREPARED each.",
        ),
        (
            look.slots,
            "Replication slots belong to the old server, and what reads from them would be left behind",
            "Drop them (SELECT pg_drop_replication_slot('NAME')), and set the replica up again afterwards.",
        ),
        (
            look.replicas,
            "Replicas stream from the old server, and would be left behind",
            "Stop them, and set them up again afterwards.",
        ),
        (
            look.subscriptions,
            "The server subscribes to another one, and both servers would apply the same changes",
            "DROP SUBSCRIPTION, and create it again afterwards.",
        ),
        (
            look.tablespaces,
            "Tablespaces lie outside the data folder",
            "Move what is in them to pg_default (ALTER TABLE … SET TABLESPACE), and drop them.",
        ),
        (
            look.template_objects,
            "template1 holds objects of its own, and no dump of a database holds them",
            "Move them to a database, or drop them.",
        ),
    )
    return tuple((f"{what}: {_listed(names)}.", remedy) for names, what, remedy in kinds if names)


def missing(look: ServerLook, offered: ImageOffers) -> tuple[tuple[str, str], ...]:
    """(what, what to do) for extensions that databases use and the new image lacks."""
    if not offered.extensions:
        return ()
    used: dict[str, list[str]] = {}
    for one in look.databases:
        for name, _ in one.extensions:
            if name not in offered.extensions:
                used.setdefault(name, []).append(one.name)
    remedy = "Give an image that has it with --image, or DROP EXTENSION there first."
    return tuple(
        (f"The new image lacks the extension {printable(name, limit=63)}, used in {_listed(databases)}.", remedy)
        for name, databases in sorted(used.items())
    )


def left_out(look: ServerLook, offered: ImageOffers) -> tuple[str, ...]:
    """What is set on the old server and unknown to the new one, and whose order of text is at stake."""
    found = []
    if offered.settings and (unknown := unknown_settings(look, offered.settings)):
        found.append(f"Settings that the new server may not know, and are left out then: {_listed(unknown)}.")
    kinds = {"c": "the C library", "i": "ICU", "b": "PostgreSQL itself"}
    by: dict[str, list[str]] = {}
    for one in look.databases:
        version = f" {printable(one.collation, limit=20)}" if one.collation else ""
        by.setdefault(f"{kinds.get(one.provider, 'another library')}{version}", []).append(one.name)
    order = "; ".join(f"{library}: {_listed(names)}" for library, names in sorted(by.items()))
    found.append(f"Text is put in order by {order}. Indexes are made again where the new image's library differs.")
    return tuple(found)


def unknown_settings(look: ServerLook, known: Collection[str]) -> tuple[str, ...]:
    """Settings of the old server that the new one does not know; one with a dot belongs to an extension."""
    names = {name.lower() for name in known}  # a server takes them in any case ("DateStyle")
    return tuple(sorted(name for name in look.settings if name.lower() not in names and "." not in name))


def _listed(names: Collection[str]) -> str:
    return ", ".join(printable(name, limit=63) for name in sorted(names))
