"""Where services sign in to the database server as a role, and how they would as another one.

The role's name is followed through the compose files as its password is: in an address (`DSN: postgres://NAME:…@…`),
or in a setting of its own next to the password's (`DB_USER` and `DB_PASSWORD`, `PGUSER` and `PGPASSWORD`).
"""

import contextlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from avnwizard.domain.compose.writing import written
from avnwizard.domain.interpolation import references
from avnwizard.domain.plain import printable
from avnwizard.domain.secret import Secret
from avnwizard.errors import RefusedError

_VARIABLE = r"\$\{[^{}]*\}|\$\w+"
_ADDRESS = re.compile(
    rf"(?P<head>[A-Za-z][\w+.-]*://)(?P<user>{_VARIABLE}|[^:@/$]+):(?P<password>{_VARIABLE})(?P<rest>@.*)\Z"
)
_USER = re.compile(r"(?P<stem>.*?)USER(?:NAME)?\Z")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LONGEST = 63
"""PostgreSQL cuts longer names (NAMEDATALEN, all versions)."""
_MARK = "__rotating"


@dataclass(frozen=True)
class Login:
    """One service's way in.

    Attributes:
        setting: the variable of the service that names the role.
        bridged: what it is to be, as a compose file says it, for signing in as the twin; it holds no secret.
        variable: the env file's variable with the password.
        database: the one that is signed in to; "" where that is not said.
        password: as the service has it now.
    """

    service: str
    setting: str
    bridged: str
    variable: str
    database: str
    password: Secret = field(repr=False)


def twin_of(role: str) -> str:
    """The name of the role that stands in for a role.

    Raises:
        RefusedError: the role's name would be read otherwise in an address.
    """
    if not _PLAIN.match(role) or len(role) + len(_MARK) > _LONGEST:
        raise RefusedError(
            f"The role {printable(role, limit=63)} cannot have a twin: its name is long, or has other signs than "
            "letters, digits and _. Nothing was changed.",
            "Replace its password by hand: ALTER ROLE, the env file, then each service.",
        )
    return f"{role}{_MARK}"


def logins(texts: Sequence[str], raw: Mapping[str, Any], role: str, server: str) -> tuple[Login, ...]:
    """Every service's way in as a role, by service.

    Args:
        texts: the compose files, in Compose's order.
        raw: the resolved model of them.
        server: the service that is the database server.

    Raises:
        RefusedError: one of them cannot be followed, or signs in through another service.
    """
    names, twin = names_of(raw, server), twin_of(role)
    found = []
    for service, body in sorted((raw.get("services") or {}).items()):
        settings = {str(key): str(value) for key, value in (body.get("environment") or {}).items()}
        for setting, value in settings.items() if service != server else ():
            if _address_user(value) == role:
                _require_direct(service, setting, urlsplit(value).hostname or "", names)
                found.append(_by_address(texts, service, setting, value, twin))
            elif value == role and (kind := _USER.match(setting)):
                _require_direct(service, setting, settings.get(f"{kind['stem']}HOST", server), names)
                found.append(_by_name(texts, service, setting, settings, kind["stem"], twin))
    return tuple(found)


def names_of(raw: Mapping[str, Any], server: str) -> frozenset[str]:
    """The names by which the other services reach the database server."""
    body = raw["services"].get(server) or {}
    found = {server, str(body.get("container_name") or server), str(body.get("hostname") or server)}
    for network in (body.get("networks") or {}).values():
        found.update(map(str, (network or {}).get("aliases") or ()))
    return frozenset(found)


def roles_of(raw: Mapping[str, Any], server: str) -> frozenset[str]:
    """The roles that services' addresses of the database server name, but those that can have no twin."""
    if server not in (raw.get("services") or {}):
        return frozenset()
    names, found = names_of(raw, server), set[str]()
    for service, body in raw["services"].items():
        for value in (body.get("environment") or {}).values() if service != server else ():
            with contextlib.suppress(ValueError):
                if (role := _address_user(str(value))) and (urlsplit(str(value)).hostname or "") in names:
                    found.add(role)
    return frozenset(role for role in found if _PLAIN.match(role) and len(role) + len(_MARK) <= _LONGEST)


def bridge(found: Collection[Login]) -> dict[str, Any]:
    """An override file, as a document: each service signs in as the twin."""
    services: dict[str, Any] = {}
    for one in found:
        services.setdefault(one.service, {"environment": {}})["environment"][one.setting] = one.bridged
    return {"services": services}


def _address_user(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return unquote(parts.username or "") if parts.scheme and parts.netloc else ""


def _by_address(texts: Sequence[str], service: str, setting: str, value: str, twin: str) -> Login:
    template = _template(texts, service, setting)
    parts = _ADDRESS.match(template)
    if not parts:
        raise _unfollowed(service, setting, "does not take the password alone from a variable")
    variable = next(references(parts["password"], nested=False)).name
    database = unquote(urlsplit(value).path.removeprefix("/"))
    bridged = f"{parts['head']}{twin}:{parts['password']}{parts['rest']}"
    password = Secret(unquote(urlsplit(value).password or ""))
    return Login(service, setting, bridged, variable, database, password)


def _by_name(
    texts: Sequence[str], service: str, setting: str, settings: Mapping[str, str], stem: str, twin: str
) -> Login:
    password = next((name for name in (f"{stem}PASSWORD", f"{stem}PASS") if name in settings), "")
    if not password:
        raise _unfollowed(service, setting, "has no setting with a password next to it")
    template = _template(texts, service, password)
    found = list(references(template, nested=False))
    if len(found) != 1 or (found[0].start, found[0].end) != (0, len(template)):
        raise _unfollowed(service, password, "does not take the password alone from a variable")
    ends = ("DATABASE", "DBNAME", "DB", "NAME")
    database = next((settings[f"{stem}{end}"] for end in ends if f"{stem}{end}" in settings), "")
    return Login(service, setting, twin, found[0].name, database, Secret(settings[password]))


def _template(texts: Sequence[str], service: str, setting: str) -> str:
    found = [text for one in texts for text in written(one, service, setting)]
    if not found:
        raise _unfollowed(service, setting, "is written in no compose file")
    return found[-1]


def _require_direct(service: str, setting: str, host: str, names: Collection[str]) -> None:
    if host not in names:
        raise RefusedError(
            f"{printable(service)} signs in through {printable(host, limit=60) or 'another way'} "
            f"({printable(setting)}), which keeps passwords of its own. Nothing was changed.",
            "Replace this password by hand, there too.",
        )


def _unfollowed(service: str, setting: str, what: str) -> RefusedError:
    return RefusedError(
        f"{printable(setting)} of {printable(service)} {what}. Nothing was changed.",
        f"Write it as `{printable(setting)}: postgres://NAME:${{PASSWORD}}@HOST/DATABASE`, or as a user's and a "
        "password's setting, with PASSWORD=… in the env file.",
    )
