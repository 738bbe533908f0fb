"""Where a service's secret is written: followed from its variable through the compose files to a file of the host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from avnwizard.domain.compose.writing import written
from avnwizard.domain.interpolation import references
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError

_SECRETS = "/run/secrets/"
"""Where Compose mounts a service's `secrets:` (Compose specification, secrets)."""


@dataclass(frozen=True)
class Place:
    """A secret's place on the host.

    Attributes:
        file: the env file, or a file that holds the secret alone.
        variable: its name in the env file; "" where the file holds the secret alone.
        services: those whose setting leads here, in order.
    """

    file: Path
    variable: str
    services: tuple[str, ...]

    @property
    def shown(self) -> str:
        """As the operator knows it."""
        return printable(f"{self.variable} in {self.file}" if self.variable else str(self.file))


def services_with(raw: Mapping[str, Any], setting: str) -> tuple[str, ...]:
    """The services of a resolved model that have a setting, or the name of a file with it (`…_FILE`)."""
    services = raw.get("services") or {}
    return tuple(sorted(name for name, body in services.items() if _told(body, setting) or _told_file(body, setting)))


def value_of(raw: Mapping[str, Any], service: str, setting: str) -> str:
    """A setting's value in the resolved model; "" where there is none."""
    return _told(raw["services"][service], setting)


def database_of(raw: Mapping[str, Any], service: str) -> str:
    """The database that a service's `DSN` names; "" where it names none."""
    path = urlsplit(_told(raw["services"][service], "DSN")).path
    return unquote(path.removeprefix("/"))


def find(
    texts: Sequence[str],
    raw: Mapping[str, Any],
    setting: str,
    *,
    env_file: Path,
    passing: Sequence[str] = (),
    among: Sequence[str] = (),
) -> Place:
    """Follow a setting of the stack to where its value is written.

    Args:
        texts: the compose files, in Compose's order.
        raw: the resolved model of them; its paths are absolute.
        passing: the services that are given the env file as a whole.
        among: the services that have it though it may be empty; () for those that have a value.

    Raises:
        RefusedError: no service has it, it is written into a compose file itself or made of several parts, or several
            services take it from places of their own.
    """
    services = tuple(among) or services_with(raw, setting)
    if not services:
        raise RefusedError(
            f"No service of this stack has the setting {setting}.", "Look at: docker compose config --services"
        )
    places = {_place(texts, raw, name, setting, env_file, passing) for name in services}
    if len(places) > 1:
        raise RefusedError(
            f"{setting} of {', '.join(map(printable, services))} is written in {len(places)} places.",
            "Have all of them take it from one variable, then give the command again.",
        )
    file, variable = places.pop()
    return Place(file, variable, services)


def _place(
    texts: Sequence[str], raw: Mapping[str, Any], service: str, setting: str, env_file: Path, passing: Sequence[str]
) -> tuple[Path, str]:
    if path := _told_file(raw["services"][service], setting):
        return _secret_file(raw, service, path), ""
    told = [text for one in texts for text in written(one, service, setting)]
    if not told:
        if service in passing:
            return env_file, setting
        raise _unfollowed(service, setting, "comes from a file that avnwizard does not follow")
    template = told[-1]
    found = list(references(template, nested=False))
    if len(found) != 1 or (found[0].start, found[0].end) != (0, len(template)):
        what = "is made of several parts" if found else "is written into the compose file itself"
        raise _unfollowed(service, setting, what)
    return env_file, found[0].name


def _unfollowed(service: str, setting: str, what: str) -> RefusedError:
    return RefusedError(
        f"{setting} of {printable(service)} {what}. Nothing was changed.",
        f"Write `{setting}: ${{NAME}}` there and NAME=… into the env file; the value itself stays.",
    )


def _secret_file(raw: Mapping[str, Any], service: str, path: str) -> Path:
    for one in raw["services"][service].get("secrets") or ():
        source = str(one.get("source") or "")
        target = str(one.get("target") or source)
        if path in {target, f"{_SECRETS}{target}"}:
            file = ((raw.get("secrets") or {}).get(source) or {}).get("file")
            if file:
                return Path(str(file))
    for one in raw["services"][service].get("volumes") or ():
        if one.get("type") == "bind" and one.get("target") == path:
            return Path(str(one["source"]))
    raise RefusedError(
        f"{printable(path)} of {printable(service)} is no file of this host. Nothing was changed.",
        "Have it come from `secrets:` with a `file:`, or from a bind mount.",
    )


def _told(body: Mapping[str, Any], setting: str) -> str:
    return str((body.get("environment") or {}).get(setting) or "")


def _told_file(body: Mapping[str, Any], setting: str) -> str:
    return _told(body, f"{setting}_FILE")
