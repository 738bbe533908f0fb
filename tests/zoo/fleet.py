"""Two zoo stacks that share Postgres, Valkey and a store like S3 over an external network, behind a real balancer."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.cli import Said, avnwizard
from tests.lab.engine import Lab, free_port
from tests.waiting import until
from tests.zoo.balancers import DRIVERS, running
from tests.zoo.parts import Body, app, compose, postgres, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, NAMES_POSTGRES, NONE, TOML, UP, Files, ZooStack, bring_up, place

_FIRST = "CREATE TABLE IF NOT EXISTS t (id int, old text)"
SQL = {
    "v1.5.0": _FIRST,
    "v1.6.0": "ALTER TABLE t ADD COLUMN IF NOT EXISTS name text",
    "v2.0.0": "ALTER TABLE t DROP COLUMN IF EXISTS old",
}
_AFTER = {"migrate": {"condition": "service_completed_successfully"}}


@dataclass(frozen=True)
class Pair:
    """`blue` leads and has the servers of data; the balancer answers at `port`."""

    blue: ZooStack
    green: ZooStack
    port: int

    def fleet(self, *words: str, timeout_s: float = 300.0) -> Said:
        """`avnwizard fleet ...` on the leader."""
        return avnwizard("fleet", *words, "--stack", self.blue.clone, timeout_s=timeout_s)

    def served(self) -> dict[str, int]:
        """Stack -> its weight, 0 where it gets no requests."""
        said = self.fleet("status", "--json").out
        found: list[dict[str, Any]] = json.loads(said)["served"] if said else []
        return {one["stack"]: one["weight"] if one["mode"] == "ready" else 0 for one in found}


def _release(tag: str, network: str, *, leads: bool) -> Files:
    both = ["default", "shared"]
    store = {"S3_ENDPOINT": f"http://{network}-s3:8080", "S3_BUCKET": "avatars"}
    settings = store | {
        "DATABASE_URL": f"postgres://app@{network}-pg:5432/app",
        "REDIS_URL": f"redis://{network}-kv:6379/0",
    }
    web = app("web", tag, networks=both, depends_on=_AFTER)
    web["environment"] = {**web["environment"], **settings}
    server = "postgres" if leads else f"{network}-pg"
    job: Body = {
        "image": f"@REG@/migrate:{tag}",
        "environment": {"DATABASE_URL": f"postgres://app:${{POSTGRES_PASSWORD}}@{server}:5432/app"},
        "volumes": ["./migrations:/migrations:ro"],
        "restart": "no",
        "networks": both,
    }
    servers: dict[str, Body] = {}
    if leads:
        servers["postgres"] = postgres(networks={"default": {}, "shared": {"aliases": [f"{network}-pg"]}})
        servers["valkey"] = {
            "image": "@REG@/valkey:8.1",
            "command": ["valkey-server", "--save", "", "--protected-mode", "no"],
            "networks": {"default": {}, "shared": {"aliases": [f"{network}-kv"]}},
        }
        servers["s3"] = worker("v1.5.0", networks={"default": {}, "shared": {"aliases": [f"{network}-s3"]}})
        servers["s3"]["environment"] = {"KEEPS_OBJECTS": "1"}
        job["depends_on"] = {"postgres": {"condition": "service_healthy"}}
    services = {"traefik": traefik(), **servers, "migrate": job, "web": web}
    shared = {"shared": {"external": True, "name": network}}
    labels = {"traefik.docker.network": "@PROJECT@_default"}
    web["labels"] = {**web["labels"], **labels}
    files = {f"migrations/{one}.sql": f"{sql};\n" for one, sql in SQL.items() if one <= tag}
    return {COMPOSE_FILE: compose(services, networks=shared), **files}


@contextlib.contextmanager
def pair(lab: Lab, name: str, folder: Path, *, bake_s: float = 2.0, driver: str = "haproxy") -> Iterator[Pair]:
    """Both at v1.5.0, serving behind the balancer; all of it is removed afterwards."""
    blue, green = place(lab, f"{name}-blue"), place(lab, f"{name}-green")
    network, port = f"{blue.project}-shared", free_port()
    lab.docker("network", "rm", network, check=False)
    lab.docker("network", "create", network)
    section, argv = DRIVERS[driver](folder, port, {"blue": blue.port, "green": green.port})
    fleet = (
        f"\n[fleet]\n{section}watch_s = 2\nbake_s = {bake_s}\n"
        f'stacks = {{blue = "{blue.clone}", green = "{green.clone}"}}\n'
        '\n[snapshot]\nproof = "read back"\n\n[verify]\nbake_s = 0\n'
    )
    try:
        for stack, text in ((blue, NAMES_POSTGRES), (green, TOML + NONE)):
            releases = {tag: _release(tag, network, leads=stack is blue) for tag in SQL}
            bring_up(stack, releases, operator={"avnwizard.toml": text + fleet}, up=[UP])
        with running(argv):
            made = Pair(blue, green, port)
            until(lambda: made.served() == {"blue": 100, "green": 100}, limit_s=60)
            yield made
    finally:
        for stack in (green, blue):
            stack.remove()
        lab.docker("network", "rm", network, check=False)
