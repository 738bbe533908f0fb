"""Which PostgreSQL server of a stack is snapshotted and goes back, which others are left out, and when to stop."""

from collections.abc import Mapping
from dataclasses import dataclass

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.server import Judgement

NONE = "none"
"""`[postgres] service`: the stack has no database of its own."""
_DECLARE = (
    'Say it in avnwizard.toml: [postgres] service = "NAME" names the service that is the database; service = "none" '
    "says that this stack has no database of its own, because it lies outside or there is none."
)


@dataclass(frozen=True)
class DatabaseChoice:
    """The answer.

    Attributes:
        service: the service that is snapshotted; "" where there is none, or it is not known.
        others: further PostgreSQL servers: no snapshot holds them, and they do not go back.
        declared_none: `avnwizard.toml` says that the stack has no database of its own.
        trouble: why nothing may start before the operator says which one it is; "" where it is known.
        hint: how to say it.
    """

    service: str = ""
    others: tuple[str, ...] = ()
    declared_none: bool = False
    trouble: str = ""
    hint: str = ""

    @property
    def why_no_snapshot(self) -> str:
        """Why no snapshot can be taken, as a clause; "" where one can."""
        if self.service:
            return ""
        if self.declared_none:
            return f'avnwizard.toml says that this stack has no database of its own ([postgres] service = "{NONE}")'
        return "nobody knows which service is the database"


def choose_database(said: str, found: Mapping[str, Judgement]) -> DatabaseChoice:
    """Decide by what the operator said and by what the services are.

    Args:
        said: `[postgres] service`; "" leaves it to what is found.
        found: every service, those of the compose file and those that have a container.
    """
    servers = sorted(name for name, what in found.items() if what == "server")
    unsure = sorted(name for name, what in found.items() if what == "unsure")
    if said == NONE:
        return DatabaseChoice(others=tuple(servers), declared_none=True)
    if said:
        return _named(said, found, servers)
    if unsure:
        names = _listed(unsure)
        return _stop(f"avnwizard cannot tell whether {names} {'is a' if len(unsure) == 1 else 'are'} PostgreSQL "
                     f"server{'' if len(unsure) == 1 else 's'}.", servers)  # fmt: skip
    if len(servers) > 1:
        return _stop(
            f"PostgreSQL runs in {len(servers)} services: {_listed(servers)}. A snapshot holds the databases of one.",
            servers,
            f'Name it in avnwizard.toml: [postgres] service = "{printable(servers[0])}". '
            "The others are then in no snapshot and do not go back; dump them yourself first.",
        )
    if not servers:
        return _stop("No service of this stack was found to be PostgreSQL, so no snapshot could be taken.", servers)
    return DatabaseChoice(servers[0])


def _named(said: str, found: Mapping[str, Judgement], servers: list[str]) -> DatabaseChoice:
    others = tuple(name for name in servers if name != said)
    name, known = printable(said, limit=63), f" PostgreSQL runs in {_listed(servers)}." if servers else ""
    if said not in found:
        return _stop(f'avnwizard.toml names the database service "{name}", and this stack has none of that name.'
                     f"{known}", servers)  # fmt: skip
    if found[said] == "other":
        return _stop(f'avnwizard.toml names "{name}" as the database, and no PostgreSQL server runs in it.{known}',
                     servers)  # fmt: skip
    return DatabaseChoice(said, others)


def _stop(trouble: str, servers: list[str], hint: str = _DECLARE) -> DatabaseChoice:
    return DatabaseChoice(others=tuple(servers), trouble=trouble, hint=hint)


def _listed(names: list[str]) -> str:
    return ", ".join(printable(name, limit=63) for name in names)
