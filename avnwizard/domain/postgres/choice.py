"""Which PostgreSQL server of a stack is snapshotted and goes back, which others are left out, and when to stop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.names import server_label
from avnwizard.domain.postgres.server import Judgement

NONE = "none"
"""`[postgres] service`: the stack has no database of its own."""
_DECLARE = (
    'Say it in avnwizard.toml: [postgres] service = "NAME" names the service that is the database; dsn = '
    '"postgresql://USER@HOST/DATABASE" names a server outside this stack; service = "none" says that this stack has '
    "no database of its own, because it lies outside and is yours to back up, or there is none."
)


@dataclass(frozen=True)
class DatabaseChoice:
    """The answer.

    Attributes:
        service: the service that is snapshotted; "" where there is none, or it is not known.
        also: further services that are snapshotted and go back, each with its own databases.
        outside: host and port of a server outside the project that is snapshotted too; "" where there is none.
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
    also: tuple[str, ...] = ()
    outside: str = ""

    @property
    def services(self) -> tuple[str, ...]:
        """The services that are snapshotted."""
        return (self.service, *self.also) if self.service else ()

    @property
    def servers(self) -> tuple[str, ...]:
        """Every server that is snapshotted, the services by name; "" is the one outside the project."""
        return (*([""] if self.outside else []), *self.services)

    @property
    def labels(self) -> tuple[str, ...]:
        """What several servers are called in the names of their databases; () where there is one, or none."""
        return tuple(map(server_label, self.servers)) if len(self.servers) > 1 else ()

    def named(self) -> str:
        """The servers for a sentence."""
        return _listed([*([self.outside] if self.outside else []), *self.services])

    @property
    def why_no_snapshot(self) -> str:
        """Why no snapshot can be taken, as a clause; "" where one can."""
        if self.servers:
            return ""
        if self.declared_none:
            return f'avnwizard.toml says that this stack has no database of its own ([postgres] service = "{NONE}")'
        return "nobody knows which service is the database"


def choose_database(
    said: str,
    found: Mapping[str, Judgement],
    *,
    outside: str = "",
    reached: Mapping[str, Sequence[str]] | None = None,
) -> DatabaseChoice:
    """Decide by what the operator said and by what the services are.

    Args:
        said: `[postgres] service`; "" leaves it to what is found.
        found: every service, those of the compose file and those that have a container.
        outside: host and port of the server that `[postgres] dsn` names.
        reached: database servers outside the stack that services are pointed at, as far as that was looked at.
    """
    servers = sorted(name for name, what in found.items() if what == "server")
    unsure = sorted(name for name, what in found.items() if what == "unsure")
    if said == NONE:
        return DatabaseChoice(others=tuple(servers), declared_none=not outside, outside=outside)
    if said:
        return replace(_named(said, found, servers), outside=outside)
    if unsure:
        names = _listed(unsure)
        return _stop(f"avnwizard cannot tell whether {names} {'is a' if len(unsure) == 1 else 'are'} PostgreSQL "
                     f"server{'' if len(unsure) == 1 else 's'}.", servers)  # fmt: skip
    if servers or outside:
        return DatabaseChoice("".join(servers[:1]), also=tuple(servers[1:]), outside=outside)
    if reached:
        place, users = next(iter(reached.items()))
        return _stop(
            f"No service of this stack is PostgreSQL. {_listed(list(users))} {'is' if len(users) == 1 else 'are'} "
            f"pointed at the database server {printable(place, limit=100)} outside it: no snapshot could be taken.",
            servers,
            f'Let avnwizard snapshot it: [postgres] dsn = "postgresql://USER@{printable(place, limit=100)}/DATABASE" '
            'in avnwizard.toml; or say that it is yours to back up and to put back: [postgres] service = "none".',
        )
    return _stop("No service of this stack was found to be PostgreSQL, so no snapshot could be taken.", servers)


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
