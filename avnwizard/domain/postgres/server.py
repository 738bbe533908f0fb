"""Whether a service runs a PostgreSQL server: it does, it does not, or nobody can tell. That question's one home.

The image's name is a hint. What decides is the container: the programs that run in it, else what its image sets and
what it was started with. A pooler speaks PostgreSQL's protocol and passes `SELECT version()` on, and so a server is
never recognised by asking its port.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Judgement = Literal["server", "other", "unsure"]

_SERVERS = re.compile(r"postgres|pgsql|postgis|pgvecto|vchord|timescale|citus|paradedb|cloudnative-pg|spilo|pgroonga")
_TOOLS = re.compile(
    r"postgrest|bouncer|pgcat|pgpool|odyssey|supavisor|proxy|admin|exporter|backup|barman|backrest|wal-g|walg|dump|"
    r"restore|operator|migrat|client|meta|web|graph|tools?\b|\bui\b|init\b|prometheus|monitor|mcp"
)
"""Programs that carry a server's name and are none."""
_OWN_VARIABLES = frozenset({"PGDATA", "PG_MAJOR", "PG_VERSION"})
"""Set by the official image (docker-library/postgres) and all that are built on it. `POSTGRES_USER` and the like tell
nothing: an env file that is shared by all services gives them to the clients too."""
_PORT = "5432/tcp"
_PROGRAMS = frozenset({"postgres", "postmaster", ".postgres-wrapped", ".postgres-wrapp"})
"""As `ps` shows them: the server, and the wrapper of the Nix images (supabase/postgres)."""
_CLIENTS = frozenset(
    {"psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_isready", "pg_basebackup", "pg_receivewal", "pgbench"}
    | {"createdb", "createuser", "dropdb", "vacuumdb", "reindexdb"}
)
_STARTERS = frozenset({"docker-entrypoint.sh", "docker-ensure-initdb.sh", "exec", "tini", "dumb-init", "--"})
"""What stands right before a server's program, where it is not the first word."""


@dataclass(frozen=True)
class Evidence:
    """What one container, or one service of the compose file, shows of itself. Names only, never a value.

    Attributes:
        image: its reference.
        variables: names of the variables that the image itself sets, not the container's: see `_OWN_VARIABLES`.
        exposed: the ports that the image exposes ("5432/tcp").
        command: entrypoint and arguments as it was started; they may hold secrets.
        programs: names of the programs that run in it; None where it does not run, or they cannot be seen.
    """

    service: str
    image: str
    variables: frozenset[str] = frozenset()
    exposed: frozenset[str] = frozenset()
    command: tuple[str, ...] = field(default=(), repr=False)
    programs: frozenset[str] | None = None


def judge(evidence: Evidence) -> Judgement:
    """Whether it is a PostgreSQL server."""
    if evidence.programs is not None:
        return "server" if evidence.programs & _PROGRAMS else "other"
    named = is_named_postgres(evidence.image)
    if not named and not evidence.variables & _OWN_VARIABLES:
        return "unsure" if _PORT in evidence.exposed and not _TOOLS.search(_name(evidence.image)) else "other"
    serves = _starts_server(evidence.command)
    if serves is None:
        return "server" if named and not evidence.command else "unsure"
    return "server" if serves else "other"


def judge_service(found: Iterable[Evidence]) -> Judgement:
    """The same of all containers of a service: one server is enough."""
    judgements = {judge(one) for one in found}
    return "server" if "server" in judgements else "unsure" if "unsure" in judgements else "other"


def is_named_postgres(image: str) -> bool:
    """Whether an image is named as a PostgreSQL server: "pgvector/pgvector:pg17"; no exporter or pooler."""
    name = _name(image)
    return bool(_SERVERS.search(name)) and not _TOOLS.search(name)


def _name(image: str) -> str:
    """The last part of a reference, without tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _starts_server(command: tuple[str, ...]) -> bool | None:
    """Whether a container was started as a server; None where its command shows neither."""
    words = [word.rpartition("/")[2] for part in command for word in re.split(r"[\s;&|()'\"]+", part) if word]
    if words and words[0].startswith("-"):
        return True  # options alone: the image's own entrypoint puts the server before them
    pairs = list(zip(["exec", *words], words, strict=False))
    if any(before in _STARTERS and word in _PROGRAMS for before, word in pairs):
        return True
    if any(before == "docker-entrypoint.sh" and word.startswith("-") for before, word in pairs):
        return True
    if _CLIENTS & set(words):
        return False
    return ("postgres", "postgres") in pairs or None  # "gosu postgres postgres": the first is the account
