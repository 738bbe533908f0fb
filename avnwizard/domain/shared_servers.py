"""Which servers of data a stack reaches, by what its containers are given: so that two stacks can be compared."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["postgres", "valkey", "s3"]
TITLES: Mapping[Kind, str] = {"postgres": "Postgres", "valkey": "Valkey", "s3": "S3"}
_SCHEMES: Mapping[str, Kind] = {
    "postgres": "postgres", "postgresql": "postgres", "redis": "valkey", "rediss": "valkey", "valkey": "valkey",
    "valkeys": "valkey",
}  # fmt: skip
_PORTS: Mapping[Kind, int] = {"postgres": 5432, "valkey": 6379, "s3": 0}
_HOSTS: Sequence[tuple[re.Pattern[str], Kind]] = (
    (re.compile(r"(PG|POSTGRES_|DB_|DATABASE_)HOST"), "postgres"),
    (re.compile(r"(REDIS|VALKEY)_HOST"), "valkey"),
)
_S3 = re.compile(r"(.*_)?(S3|MINIO|AWS)_(.*_)?(ENDPOINT|URL|HOST)(_.*)?")
_BUCKET = re.compile(r"(.*_)?(S3|MINIO|AWS)_(.*_)?BUCKET(_.*)?")
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,253}")


@dataclass(frozen=True)
class Reached:
    """One server of data.

    Attributes:
        place: "HOST:PORT", as the containers name it; for S3 "HOST:PORT/BUCKET" where they name buckets.
        identity: what is the same for two stacks exactly where it is the same server; "" where nobody can tell.
        how: what that is, such as "system identifier".
        holder: "PROJECT/SERVICE" of the container that it is; "" where it is none of a Compose project.
    """

    kind: Kind
    place: str
    identity: str
    how: str = ""
    holder: str = ""


def named_in(environment: Mapping[str, str]) -> Iterator[tuple[Kind, str, int]]:
    """(kind, host, port) of each server that a container's environment names; port 0 where it names none."""
    for key, value in environment.items():
        for pattern, kind in _HOSTS:
            if pattern.fullmatch(key) and _NAME.fullmatch(value):
                host, _, port = value.partition(":")
                yield kind, host, int(port) if port.isdecimal() else _PORTS[kind]
        if _S3.fullmatch(key) and value:
            text = value if "://" in value else f"http://{value}"
            yield from _of_url(text, "s3")
        elif "://" in value:
            scheme = value.partition("://")[0].lower()
            if scheme in _SCHEMES:
                yield from _of_url(value, _SCHEMES[scheme])


def buckets_in(environment: Mapping[str, str]) -> str:
    """The buckets of S3 that a container's environment names, sorted and joined by commas."""
    named = {value for key, value in environment.items() if _BUCKET.fullmatch(key) and _NAME.fullmatch(value)}
    return ",".join(sorted(named))


def _of_url(text: str, kind: Kind) -> Iterator[tuple[Kind, str, int]]:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return
    if host and _NAME.fullmatch(host):
        yield kind, host, port or _PORTS[kind]


def apart(found: Mapping[str, Sequence[Reached]]) -> Iterator[tuple[str, str]]:
    """What two stacks do not share though both use it: (a sentence, what to do).

    Args:
        found: stack -> the servers that it reaches.
    """
    for kind, title in TITLES.items():
        of = {stack: [one for one in servers if one.kind == kind] for stack, servers in found.items()}
        using = {stack: servers for stack, servers in of.items() if servers}
        if len(using) < 2:  # noqa: PLR2004 - one stack shares with nobody
            continue
        unknown = [stack for stack, servers in using.items() if not all(one.identity for one in servers)]
        sets = [{one.identity for one in servers} for servers in using.values()]
        if unknown:
            silent = ", ".join(sorted({one.place for one in using[unknown[0]] if not one.identity}))
            yield (
                f"Whether {' and '.join(using)} share one {title} is not known: {unknown[0]} reaches {silent}.",
                "Start it, or name the same server in both env files.",
            )
        elif any(one != sets[0] for one in sets[1:]):
            places = "; ".join(
                f"{stack}: {', '.join(sorted({one.place for one in servers}))}" for stack, servers in using.items()
            )
            yield (
                f"{' and '.join(using)} do not reach the same {title} ({places}).",
                "Point both at one server, by a network that they share.",
            )
