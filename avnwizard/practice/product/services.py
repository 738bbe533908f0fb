"""The services of the stack: what each is to a roll, which database it uses, and where the edge finds it."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a service is to a roll."""

    EDGE = "edge"
    """Traefik: a fixed host port, recreated."""
    STATEFUL = "stateful"
    """Keeps data in a volume, recreated."""
    JOB = "job"
    """A one-shot that must exit 0."""
    STATELESS = "stateless"
    """Two may run side by side."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the compose file.

    `database` is the database it speaks to, `dsn_variable` the container variable that holds its address.
    `host` (a prefix of the domain, may be empty) and `path` are its route through the edge; `path` is None
    when it has none. `ports` are what it listens on in its container, `health` what its health check reads.
    """

    name: str
    kind: Kind
    ports: tuple[int, ...] = ()
    health: str = ""
    database: str | None = None
    dsn_variable: str = ""
    host: str = ""
    path: str | None = None
    ory: bool = False
    stand_in: bool = True


def _ory(
    name: str, ports: tuple[int, ...], *, database: str | None, host: str = "", path: str | None = None
) -> Service:
    return Service(
        name,
        Kind.STATELESS,
        ports,
        f"http://127.0.0.1:{ports[-1]}/health/ready",
        database,
        "DSN" if database else "",
        host,
        path,
        ory=True,
    )


def _own(
    name: str, *, port: int = 8080, database: str | None = "avnology", host: str = "", path: str | None = None
) -> Service:
    dsn = "DATABASE_URL" if database else ""
    return Service(name, Kind.STATELESS, (port,), f"http://127.0.0.1:{port}/health/ready", database, dsn, host, path)


def _infra(name: str, kind: Kind) -> Service:
    return Service(name, kind, stand_in=False)


SERVICES: tuple[Service, ...] = (
    _infra("traefik", Kind.EDGE),
    _infra("postgres", Kind.STATEFUL),
    _infra("valkey", Kind.STATEFUL),
    _infra("nats", Kind.STATEFUL),
    _infra("pgbouncer", Kind.STATELESS),
    Service("minio", Kind.STATEFUL, (9000,), "http://127.0.0.1:9000/minio/health/live"),
    Service("avnology-migrate", Kind.JOB, database="avnology", dsn_variable="DATABASE_URL"),
    Service("kratos-migrate", Kind.JOB, database="kratos", dsn_variable="DSN", ory=True),
    Service("hydra-migrate", Kind.JOB, database="hydra", dsn_variable="DSN", ory=True),
    Service("keto-migrate", Kind.JOB, database="keto", dsn_variable="DSN", ory=True),
    _ory("kratos", (4433, 4434), database="kratos", path="/kratos"),
    _ory("hydra", (4444, 4445), database="hydra", host="auth.", path="/"),
    _ory("keto", (4466, 4467), database="keto"),
    _ory("oathkeeper", (4455, 4456), database=None, host="proxy.", path="/"),
    Service(
        "polis",
        Kind.STATELESS,
        (5225,),
        "http://127.0.0.1:5225/api/health",
        "avnology",
        "DATABASE_URL",
        "",
        "/scim",
    ),
    _own("gateway", path="/api"),
    _own("audit", path="/audit"),
    _own("risk"),
    _own("webhook", path="/hooks"),
    _own("saml", path="/saml"),
    _own("web", port=3000, database=None, path="/"),
    _own("docs", database=None, host="docs.", path="/"),
)
"""In the order of the compose file."""

_BY_NAME = {each.name: each for each in SERVICES}


def service(name: str) -> Service:
    """The service of that name; KeyError when the stack has none."""
    return _BY_NAME[name]
