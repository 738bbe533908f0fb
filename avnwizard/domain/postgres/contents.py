"""All that a server holds, as figures that two servers of different majors share where they hold the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.database import DatabaseProperties

Depth = Literal["outline", "counts", "rows"]
"""How a server is summed up: without a row, which takes the same time at any size; with the rows counted; or read."""
_SHOWN = 3


@dataclass(frozen=True)
class DatabaseSum:
    """One database.

    Attributes:
        schema: a hash over its definitions.
        tables: "schema.table" -> (rows, checksum over the rows whatever their order); in an outline, for which no row
            was read, (0, the number of its file); where rows were counted, (rows, "").
        sequences: "schema.sequence" -> (last value, whether it was called).
        large_objects: (how many, checksum over their contents, owners and grants; without contents in an outline).
        ownership: a hash over owners and grants of what is in it.
        extensions: names; each server has its own versions.
    """

    owner: str
    properties: DatabaseProperties
    schema: str
    tables: Mapping[str, tuple[int, str]]
    sequences: Mapping[str, tuple[int | None, bool]]
    large_objects: tuple[int, str]
    ownership: str
    extensions: tuple[str, ...]


@dataclass(frozen=True)
class ServerSum:
    """A server.

    Attributes:
        roles: name -> hash over attributes, password hash and settings; no secret can be read from it.
        members: (role, member, options).
    """

    version: str
    major: int
    data_directory: str
    roles: Mapping[str, str]
    members: frozenset[tuple[str, ...]]
    databases: Mapping[str, DatabaseSum]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(rows for one in self.databases.values() for rows, _ in one.tables.values())

    @property
    def tables(self) -> int:
        """How many."""
        return sum(len(one.tables) for one in self.databases.values())


def without_files(one: ServerSum) -> ServerSum:
    """An outline without the numbers of the tables' files: pg_upgrade keeps them from PostgreSQL 15 on."""
    return replace(
        one,
        databases={
            name: replace(each, tables=dict.fromkeys(each.tables, (0, ""))) for name, each in one.databases.items()
        },
    )


def differences(old: ServerSum, new: ServerSum) -> tuple[str, ...]:
    """What the new server lacks, has too much or holds otherwise, a sentence each; () where they are equal."""
    return tuple(_differences(old, new))


def _differences(old: ServerSum, new: ServerSum) -> Iterator[str]:
    yield from _unlike("role", old.roles, new.roles)
    if old.members != new.members:
        yield f"memberships of roles differ: {len(old.members)} then, {len(new.members)} now"
    yield from _unlike("database", dict.fromkeys(old.databases, ""), dict.fromkeys(new.databases, ""))
    for name, was in old.databases.items():
        if (now := new.databases.get(name)) is not None:
            yield from (f"{printable(name, limit=63)}: {line}" for line in _of_database(was, now))


def _of_database(old: DatabaseSum, new: DatabaseSum) -> Iterator[str]:
    if old.owner != new.owner:
        yield f"its owner was {printable(old.owner, limit=63)} and is {printable(new.owner, limit=63)}"
    if _steady(old.properties) != _steady(new.properties):
        yield "its locale, limits, grants or settings differ"
    if old.schema != new.schema:
        yield "its schema differs"
    if old.ownership != new.ownership:
        yield "owners or grants in it differ"
    if old.extensions != new.extensions:
        yield f"extensions: {', '.join(old.extensions)} then, {', '.join(new.extensions)} now"
    yield from _unlike("table", old.tables, new.tables)
    yield from _unlike("sequence", old.sequences, new.sequences)
    if old.large_objects != new.large_objects:
        yield f"large objects: {old.large_objects[0]} then, {new.large_objects[0]} now, or with other contents"


def _unlike(what: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for verb, names in (
        ("is missing", old.keys() - new.keys()),
        ("was not there before", new.keys() - old.keys()),
        ("differs", {name for name in old.keys() & new.keys() if old[name] != new[name]}),
    ):
        for name in sorted(names)[:_SHOWN]:
            yield f"{what} {printable(name, limit=127)} {verb}"
        if len(names) > _SHOWN:
            yield f"{len(names) - _SHOWN} more {what}s: the same"


def _steady(properties: DatabaseProperties) -> tuple[object, ...]:
    """Without the collation's version, which is each server's own, and in one order."""
    grants = None if properties.grants is None else frozenset(properties.grants)
    one = properties
    return (
        *(one.encoding, one.collate, one.ctype, one.provider, one.locale or "", one.icu_rules or ""),
        *(one.connection_limit, one.comment, grants, frozenset(one.settings), one.template),
    )
