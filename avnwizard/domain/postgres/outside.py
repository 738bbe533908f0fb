"""A Postgres server that is no service of the stack: how it is reached, and how a stack shows that it uses one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from avnwizard.domain.plain import printable

TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""`sslmode` of libpq (PostgreSQL 16 to 18)."""
_PORT = 5432
_SCHEMES = {"postgres", "postgresql"}
_URL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://[^\s\"'`]+")
_HOST_NAMES = re.compile(r"(?:.*_)?(?:PG|POSTGRES(?:QL|DB)?|DB|DATABASE)_*(?:HOST|HOSTNAME|SERVER)")
"""As PGHOST, DB_HOSTNAME (Immich), DB_POSTGRESDB_HOST (n8n) or AUTHENTIK_POSTGRESQL__HOST (authentik)."""
_HERE = {"localhost", "127.0.0.1", "::1", ""}


@dataclass(frozen=True)
class OutsideServer:
    """How it is reached; the password is looked up when it is needed.

    Attributes:
        databases: those on it that belong to this stack.
        tls: `sslmode`.
        ca_file: `sslrootcert`; "" for libpq's own choice.
        client_image: see `[postgres] client_image`.
    """

    host: str
    port: int
    user: str
    databases: tuple[str, ...]
    tls: str = "require"
    ca_file: str = ""
    password_variable: str = ""
    password_file: str = ""
    client_image: str = ""

    @property
    def name(self) -> str:
        """For sentences: host and port, nothing else."""
        return printable(f"{self.host}:{self.port}", limit=100)


def outside_from(
    dsn: str,
    *,
    databases: tuple[str, ...] = (),
    password_variable: str = "",
    password_file: str = "",
    client_image: str = "",
) -> OutsideServer:
    """Read a `dsn` without a password.

    Raises:
        ValueError: names the key of `[postgres]` first; the value is not repeated, since it may hold a password.
    """
    try:
        parts = urlsplit(dsn)
        port = parts.port or _PORT
    except ValueError:
        raise ValueError("dsn: Must be a URL such as postgresql://app@db.example.com:5432/app") from None
    if parts.scheme not in _SCHEMES or not parts.hostname or not parts.username:
        raise ValueError("dsn: Must be a URL such as postgresql://app@db.example.com:5432/app")
    options = dict(parse_qsl(parts.query))
    if parts.password is not None or "password" in options:
        raise ValueError("dsn: Must hold no password: name password_variable or password_file")
    if unknown := sorted(set(options) - {"sslmode", "sslrootcert"}):
        raise ValueError(f"dsn: Must have no option but sslmode and sslrootcert: {printable(unknown[0], limit=40)}")
    if (tls := options.get("sslmode", "require")) not in TLS:
        raise ValueError(f"dsn: sslmode must be one of {', '.join(TLS)}")
    if password_file and not password_file.startswith("/"):
        raise ValueError("password_file: Must be an absolute path")
    if password_file and password_variable:
        raise ValueError("password_file: Must not be set together with password_variable")
    own = databases or tuple(filter(None, [unquote(parts.path.strip("/"))]))
    if not own:
        raise ValueError("databases: Must name those of this stack, where the dsn names none")
    ca_file = options.get("sslrootcert", "")
    return OutsideServer(
        parts.hostname,
        port,
        unquote(parts.username),
        own,
        tls,
        ca_file,
        password_variable,
        password_file,
        client_image,
    )


def pointed_outside(services: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Host and port of every database server that is no service here -> the services whose environment names it.

    Args:
        services: the resolved compose file's.
    """
    ours = {*services, *_aliases(services), *_HERE}
    found: dict[str, list[str]] = {}
    for service in sorted(services):
        body = services[service] if isinstance(services[service], dict) else {}
        for host, port in sorted(set(_pointed(_environment(body)))):
            if host not in ours:
                found.setdefault(f"{host}:{port}", []).append(service)
    return {place: tuple(names) for place, names in found.items()}


def _environment(service: Mapping[str, Any]) -> dict[str, str]:
    found = service.get("environment") or {}
    pairs = found.items() if isinstance(found, dict) else (str(one).partition("=")[::2] for one in found)
    return {str(key): "" if value is None else str(value) for key, value in pairs}


def _pointed(environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for key, value in environment.items():
        for match in _URL.findall(value):
            try:
                parts = urlsplit(match)
                yield (parts.hostname or "").lower(), parts.port or _PORT
            except ValueError:
                continue
        if _HOST_NAMES.fullmatch(key.upper()) and re.fullmatch(r"[\w.-]+", value):
            yield value.lower(), _PORT


def _aliases(services: Mapping[str, Any]) -> Iterator[str]:
    for body in services.values():
        if not isinstance(body, dict):
            continue
        yield from map(str, filter(None, (body.get("container_name"), body.get("hostname"))))
        networks = body.get("networks")
        for network in networks.values() if isinstance(networks, dict) else ():
            yield from map(str, (network or {}).get("aliases") or ())
