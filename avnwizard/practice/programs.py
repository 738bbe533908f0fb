"""What the program in a container does: refuses to start, migrates, answers its health check. Decided by looking.

What each release needs is the product's own data (`practice.product`); the database is real, and each program
signs in to it with the address and password that its container was given.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avnwizard.practice.containers import Record
from avnwizard.practice.product import (
    LAB_RELEASES,
    Kind,
    Migration,
    Runtime,
    UnreadableRowError,
    open_sealed,
    ory_migrations,
    runtime,
    service,
)
from avnwizard.practice.product.cipher import secrets_list
from avnwizard.practice.product.migrations import migrations_table

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import psycopg

Connect = Callable[[str], "AbstractContextManager[psycopg.Connection[Any]]"]
"""Opens the database of a `postgres://` address."""

_SHORTEST_SECRET = 16
"""Ory Hydra and Kratos refuse system and cookie secrets that are shorter."""


@dataclass(frozen=True)
class Answer:
    """What a health check answers, or how a one-shot ended: well or not, and the line that it logs."""

    ok: bool
    lines: tuple[str, ...] = ()


def facts(record: Record) -> Runtime | None:
    """What the product says about this container's service at its image's version; None for a stranger's."""
    tag = record.image.rpartition(":")[2]
    for release in LAB_RELEASES:
        if release.tags.get(record.service) == tag:
            return runtime(record.service, release.tag)
    return None


def refusal(record: Record) -> str:
    """Why the program exits at once with this configuration; "" when it starts."""
    known = facts(record)
    environment = _environment(record)
    for name in known.requires if known else ():
        if not environment.get(name):
            return f"fatal: {name} is required by {record.service} {known.version if known else ''} and is not set"
    secrets = secrets_list(environment.get("SECRETS_SYSTEM", ""))
    if any(len(secret) < _SHORTEST_SECRET for secret in secrets):
        return f"fatal: SECRETS_SYSTEM: each secret must have at least {_SHORTEST_SECRET} characters"
    return ""


def acts(record: Record) -> bool:
    """Whether the program changes the world once it is up: a one-shot, or Polis, which migrates when it boots."""
    return record.service == "polis" or is_job(record)


def is_job(record: Record) -> bool:
    """Whether it is a one-shot, or a service's image that `compose run` started with another command."""
    try:
        return record.one_off or service(record.service).kind is Kind.JOB
    except KeyError:
        return False


def migrate(record: Record, connect: Connect, *, fail: bool) -> Answer:
    """Apply what is pending, each migration in a transaction of its own.

    With `fail`, the last one of the product's own (not of an Ory service's) breaks, and leaves those before it.
    """
    import psycopg

    is_own = is_job(record) and not service(record.service).ory
    said = [f"{record.service} {record.image.rpartition(':')[2]}"]
    try:
        with connect(_dsn(record)) as database:
            pending = list(_pending(record, database))
            for position, each in enumerate(pending, start=1):
                broken = fail and is_own and position == len(pending)
                _apply(database, _table(record), each, broken=broken)
                said.append(f"applied {each.name}")
    except (psycopg.Error, OSError) as error:
        return Answer(ok=False, lines=(*said, f"error: {_first_line(error)}"))
    return Answer(ok=True, lines=(*said, f"{len(pending)} applied, nothing is pending"))


def health(record: Record, connect: Connect) -> Answer:
    """What the health check would answer now, by the real database."""
    import psycopg

    known = facts(record)
    if known is None or known.schema is None:
        return Answer(ok=True)
    need = known.schema
    try:
        with connect(_dsn(record)) as database:
            applied = {row[0] for row in database.execute(f"SELECT version FROM {need.table}")}  # noqa: S608 - the product's own names
            missing = [name for name in need.needs if name not in applied]
            if missing:
                return Answer(ok=False, lines=(f"not ready: migrations are pending: {', '.join(missing)}",))
            database.execute(need.reads)
            if record.service == "hydra":
                _read_keys(record, database)
    except (psycopg.Error, OSError) as error:
        return Answer(ok=False, lines=(f"error: {_first_line(error)}",))
    except UnreadableRowError as error:
        return Answer(ok=False, lines=(f"Could not ensure that signing keys exist: {error}",))
    return Answer(ok=True)


def _pending(record: Record, database: "psycopg.Connection[Any]") -> Iterator[Migration]:
    table = _table(record)
    database.execute(
        f"CREATE TABLE IF NOT EXISTS {table}"
        " (version text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    applied = {row[0] for row in database.execute(f"SELECT version FROM {table}")}  # noqa: S608 - the product's own names
    yield from (each for each in _brought(record) if each.name not in applied)


def _table(record: Record) -> str:
    """Where applied migrations are recorded: in the table of the service that a one-shot serves."""
    return migrations_table(record.service.removesuffix("-migrate"))


def _brought(record: Record) -> Sequence[Migration]:
    """The migrations that the container holds: an Ory image its own, another a folder mounted from the checkout."""
    ory = record.service.removesuffix("-migrate")
    if service(record.service).ory or ory == "polis":
        return ory_migrations(ory, record.image.rpartition(":")[2])
    mounted = [
        Path(each["source"]) for each in record.config.get("volumes", ()) if each.get("target") == "/migrations"
    ]
    files = sorted(file for folder in mounted for file in folder.glob("*.sql"))
    return [Migration(file.name, file.read_text(encoding="utf-8")) for file in files]


def _apply(database: "psycopg.Connection[Any]", table: str, migration: Migration, *, broken: bool) -> None:
    import psycopg

    with database.transaction():
        database.execute(migration.sql)
        database.execute(f"INSERT INTO {table} (version) VALUES (%s)", (migration.name,))  # noqa: S608 - the product's own names
        if broken:
            raise psycopg.errors.LockNotAvailable(f"{migration.name}: canceling statement due to lock timeout")


def _read_keys(record: Record, database: "psycopg.Connection[Any]") -> None:
    secrets = secrets_list(_environment(record).get("SECRETS_SYSTEM", ""))
    for (sealed,) in database.execute("SELECT keydata FROM hydra_jwk"):
        open_sealed(secrets, sealed)


def _environment(record: Record) -> dict[str, str]:
    return {name: value or "" for name, value in (record.config.get("environment") or {}).items()}


def _dsn(record: Record) -> str:
    return _environment(record).get(service(record.service).dsn_variable, "")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
