"""Fifteen services that the lab's product does not resemble: how real operators run one.

Every routed service has an http and an https router of one rule, with a catch-all behind them. One service reads an
`env_file:`, one has a `container_name`, one runs twice. v1.6.0 is compatible; v2.0.0 renames a column that `risk`
reads, so the old `risk` turns unhealthy between the migration and its roll.
"""

from typing import Any

from tests.zoo.parts import OFTEN, Body, app, compose, migrate, postgres, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, NAMES_POSTGRES

ROUTED = ("docs", "gateway", "audit", "risk", "webhook", "saml", "polis", "kratos", "hydra", "keto")
"""All but `web`, which answers whatever no other router takes."""
FOLDER = "my identity stack"
ENV = (
    "# the operator's own, edited on another system\r\n"
    "export POSTGRES_PASSWORD=zoo-s3cret-pw\r\n"
    "EDGE_BIND=127.0.0.1:@PORT@\r\n"
    "EDGE_TLS_BIND=127.0.0.1:@TLS@\r\n"
    "export WEBHOOK_PEPPER='a b#c'\r\n"
)
OPERATOR = {".env": ENV, "avnwizard.toml": NAMES_POSTGRES}
EXAMPLE = "POSTGRES_PASSWORD=\nEDGE_BIND=127.0.0.1:80\nEDGE_TLS_BIND=127.0.0.1:443\nWEBHOOK_PEPPER=\n"
_CHANGELOG = """\
## v2.0.0
### Breaking changes
- The column `name` of `accounts` is now `handle`. The old code does not run on this schema.

## v1.6.0
- Small improvements.

## v1.5.0
- First release.
"""
_MIGRATIONS = {
    "0001_accounts.sql": "CREATE TABLE IF NOT EXISTS accounts (id int, name text);",
    "0002_region.sql": "ALTER TABLE accounts ADD COLUMN region text;",
    "0003_handle.sql": "ALTER TABLE accounts RENAME COLUMN name TO handle;",
}
_COUNT = {"v1.5.0": 1, "v1.6.0": 2, "v2.0.0": 3}
_APPLY = (
    "for file in /migrations/*.sql; do name=$$(basename $$file); "
    '[ -n "$$(psql -qAtc "SELECT 1 FROM done WHERE name = \'$$name\'")" ] || '
    "psql -1 -qv ON_ERROR_STOP=1 -f $$file -c \"INSERT INTO done VALUES ('$$name')\" || exit 1; done"
)


def release(tag: str) -> dict[str, str]:
    """The files of v1.5.0, v1.6.0 or v2.0.0."""
    waits = {"migrate": {"condition": "service_completed_successfully"}}
    services: dict[str, Body] = {
        "traefik": traefik(
            ports=["${EDGE_BIND}:8000", "${EDGE_TLS_BIND}:8443"], command=[*traefik()["command"], *_TLS]
        ),
        "postgres": postgres(),
        "migrate": _migrate(),
        "web": _app("web", tag, rule="PathPrefix(`/`)"),
        "worker": worker(tag, depends_on=waits),
        **{name: _app(name, tag, depends_on=waits) for name in ROUTED},
    }
    services["hydra"]["env_file"] = ["hydra.env"]
    services["polis"]["container_name"] = "@PROJECT@-the-polis"
    services["saml"]["deploy"] = {"replicas": 2}
    services["risk"] |= _reads("handle" if tag == "v2.0.0" else "name")
    services["webhook"]["environment"] |= {"PEPPER": "${WEBHOOK_PEPPER:?}"}
    files = {f"migrations/{name}": f"{sql}\n" for name, sql in list(_MIGRATIONS.items())[: _COUNT[tag]]}
    return files | {
        COMPOSE_FILE: compose(services),
        "CHANGELOG.md": _CHANGELOG,
        ".env.example": EXAMPLE,
        "hydra.env": f"HYDRA_LOG_LEVEL=info\nHYDRA_RELEASE={tag}\n",
    }


_TLS = ("--entrypoints.websecure.address=:8443", "--entrypoints.websecure.http.tls=true")


def _app(name: str, tag: str, *, rule: str = "", **more: Any) -> Body:
    rule = rule or f"PathPrefix(`/{name}`)"
    body = app(name, tag, **more)
    body["environment"] |= {"RATE_LIMIT": f"of-{name}"}  # its answers repeat it, so that they can be told apart
    body["labels"] |= {
        f"traefik.http.routers.{name}.rule": rule,
        f"traefik.http.routers.{name}-tls.rule": rule,
        f"traefik.http.routers.{name}-tls.entrypoints": "websecure",
    }
    return body


def _migrate() -> Body:
    body = migrate("")
    body["entrypoint"] = ["sh", "-c", f'psql -qc "CREATE TABLE IF NOT EXISTS done (name text)"; {_APPLY}']
    body["environment"] |= {"PGHOST": "postgres", "PGUSER": "app", "PGDATABASE": "app"}
    body["volumes"] = ["./migrations:/migrations:ro"]
    return body


def _reads(column: str) -> Body:
    """Healthy only while the accounts have that column."""
    server = "host=postgres user=app dbname=app"
    look = f"import psycopg; psycopg.connect('{server}').execute('SELECT {column} FROM accounts')"
    test = ["CMD-SHELL", f'healthcheck http://127.0.0.1:8080/health/ready && python3 -c "{look}"']
    return {
        "environment": {
            "SHUTDOWN_MODE": "abrupt",
            "RATE_LIMIT": "of-risk",
            "PGPASSWORD": "${POSTGRES_PASSWORD}",
        },
        "healthcheck": OFTEN | {"test": test},
    }
