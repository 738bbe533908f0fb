"""The SQL that each release's one-shots run: Avnology's files and the Ory services' own, by version."""

from dataclasses import dataclass
from importlib.resources import files

from avnwizard.practice.product.releases import release

_HERE = files("avnwizard.practice.product")


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration: the name under which it is recorded as applied, and its SQL."""

    name: str
    sql: str


def avnology_migrations(tag: str) -> tuple[Migration, ...]:
    """What `avnology-migrate` of a release applies to the database `avnology`, in order.

    Recorded in `schema_migrations (version, applied_at)` by file name.
    """
    folder = _HERE / "avnology"
    return tuple(Migration(name, (folder / name).read_text("utf-8")) for name in release(tag).migrations)


def ory_migrations(service_name: str, version: str) -> tuple[Migration, ...]:
    """What an Ory service (or Polis) of that version applies to its database, in order.

    Recorded in `schema_migration (version, applied_at)` by file name without its suffix.
    """
    folder = _HERE / "ory" / service_name
    found = [(_version(each.name), each) for each in folder.iterdir() if each.name.endswith(".sql")]
    chosen = sorted(((key, each) for key, each in found if key[0] <= _numbers(version)), key=lambda pair: pair[0])
    return tuple(Migration(each.name.removesuffix(".sql"), each.read_text("utf-8")) for _, each in chosen)


def migrations_table(service_name: str) -> str:
    """The table in which a service records what was applied."""
    if service_name == "polis":
        return "polis_migrations"
    return "schema_migration" if service_name in {"kratos", "hydra", "keto"} else "schema_migrations"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))


def _version(file_name: str) -> tuple[tuple[int, ...], str]:
    version, rest = file_name.split("_", 1)
    return _numbers(version), rest
