"""What zoo stacks are made of: services as Compose reads them, by plain dictionaries that a case may change.

`@REG@` stands for the lab's registry, `@SOCK@` for the engine's socket and `@PORT@` and `@TLS@` for the edge's
loopback ports; `stack.bring_up` puts the real ones in.
"""

from collections.abc import Mapping
from typing import Any

import yaml

Body = dict[str, Any]
HEALTHY = {
    "test": ["CMD", "healthcheck", "http://127.0.0.1:8080/health/ready"],
    "interval": "15s",
    "timeout": "10s",
    "retries": 2,
    "start_period": "20s",
    "start_interval": "500ms",
}
"""The stand-ins' health check; they listen on port 8080. Each look starts a process in the container (some 70 ms of
CPU), so it is often only while a container starts."""
OFTEN = HEALTHY | {"interval": "3s", "retries": 5}
"""For one that turns unhealthy amid a test."""

_OWN = "Label(`com.docker.compose.project`, `@PROJECT@`) || LabelRegex(`avnwizard.director`, `^@PROJECT@/`)"
"""Only the project's own containers and its directors: the lab's engine runs other stacks too."""


def app(name: str, tag: str, **more: Any) -> Body:
    """A stand-in that serves `/NAME` through the edge: no database, the version `tag` of the image `docs`."""
    body: Body = {
        "image": f"@REG@/docs:{tag}",
        "environment": {"SHUTDOWN_MODE": "abrupt"},
        "healthcheck": dict(HEALTHY),
        "labels": {
            "traefik.enable": "true",
            f"traefik.http.routers.{name}.rule": f"PathPrefix(`/{name}`)",
            f"traefik.http.routers.{name}.entrypoints": "web",
            f"traefik.http.services.{name}.loadbalancer.server.port": "8080",
        },
    }
    return body | more


def worker(tag: str, **more: Any) -> Body:
    """A stand-in without a route."""
    return {"image": f"@REG@/docs:{tag}", "healthcheck": dict(HEALTHY)} | more


def traefik(**more: Any) -> Body:
    """The edge, on `@PORT@`; it sees the containers of its own project alone."""
    return {
        "image": "@REG@/traefik:v3.7",
        "command": [
            "--providers.docker=true",
            "--providers.docker.exposedbydefault=false",
            f"--providers.docker.constraints={_OWN}",
            "--entrypoints.web.address=:8000",
            "--ping=true",
        ],
        "ports": ["127.0.0.1:@PORT@:8000"],
        "volumes": ["@SOCK@:/var/run/docker.sock:ro"],
        "healthcheck": HEALTHY | {"test": ["CMD", "traefik", "healthcheck", "--ping"], "retries": 4},
    } | more


def postgres(image: str = "@REG@/postgres:17", *, volume: str = "pgdata", **more: Any) -> Body:
    """PostgreSQL with the superuser and database `app`."""
    return {
        "image": image,
        "environment": {
            "POSTGRES_USER": "app",
            "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD}",
            "POSTGRES_DB": "app",
        },
        "volumes": [f"{volume}:/var/lib/postgresql/data"],
        "healthcheck": {
            "test": ["CMD-SHELL", "pg_isready -U app -h 127.0.0.1"],
            "interval": "15s",
            "start_period": "20s",
            "start_interval": "500ms",
            "retries": 3,
        },
    } | more


def migrate(sql: str, *, server: str = "postgres", **more: Any) -> Body:
    """A one-shot that gives the statements to a server, whose health it waits for."""
    return {
        "image": "@REG@/postgres:17",
        "entrypoint": ["psql", "-v", "ON_ERROR_STOP=1", "-h", server, "-U", "app", "-d", "app", "-c", sql],
        "environment": {"PGPASSWORD": "${POSTGRES_PASSWORD}"},
        "restart": "no",
        "depends_on": {server: {"condition": "service_healthy"}},
    } | more


def compose(services: Mapping[str, Body], **top: Any) -> str:
    """A compose file's text; every volume that is mounted by name is declared."""
    named = {
        str(mount).partition(":")[0]
        for body in services.values()
        for mount in body.get("volumes", ())
        if not str(mount).startswith((".", "/", "@", "$"))
    }
    volumes = {name: {} for name in sorted(named)} | top.pop("volumes", {})
    document = {"name": "@PROJECT@", **top, "services": dict(services)} | ({"volumes": volumes} if volumes else {})
    return yaml.safe_dump(document, sort_keys=False, width=10_000)
