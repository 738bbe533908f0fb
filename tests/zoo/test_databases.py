"""Databases that an image's name does not tell: PostgreSQL under any name, outside the project, and twice."""

from collections.abc import Iterator
from typing import Any

import pytest

from avnwizard.errors import ExitCode
from tests.waiting import until
from tests.zoo.parts import Body, app, compose, migrate, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, TOML, ZooStack, bring_up, push_as

pytestmark = pytest.mark.engine

_MAKE = "CREATE TABLE IF NOT EXISTS t (id int, old text)"
_DROP = "ALTER TABLE t DROP COLUMN IF EXISTS old"
_ADD = "ALTER TABLE t ADD COLUMN IF NOT EXISTS name text"
_AFTER = {"migrate": {"condition": "service_completed_successfully"}}


def _release(tag: str, sql: str, servers: dict[str, Body], **job: Any) -> dict[str, str]:
    services = {
        "traefik": traefik(),
        **servers,
        "migrate": migrate(sql, **job),
        "web": app("web", tag, depends_on=_AFTER),
    }
    return {COMPOSE_FILE: compose(services), f"migrations/{tag}.sql": f"{sql};\n"}


def _said(zoo: ZooStack, *words: str) -> str:
    said = zoo.avnwizard(*words)
    return said.out + said.err


def test_postgres_under_any_name(zoo: ZooStack) -> None:
    """Zoo 04: an image whose name says nothing is known by what runs in it; one that only holds the tools is not."""
    push_as(zoo.lab, "postgres:17", "acme/datastore:3")
    idle = {"image": "@REG@/postgres:17", "entrypoint": ["sleep", "infinity"], "volumes": ["dumps:/dumps"]}
    servers = {"store": postgres("@REG@/acme/datastore:3"), "pg-backup": idle}
    before = _release("v1.5.0", _MAKE, servers, server="store")
    bring_up(zoo, {"v1.5.0": before, "v1.6.0": _release("v1.6.0", _DROP, servers, server="store")})
    zoo.sql("INSERT INTO t SELECT n, 'kept' FROM generate_series(1, 50) n", service="store")
    assert "store is the PostgreSQL server that is snapshotted" in _said(zoo, "check")
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    assert (plan["postgres_service"], plan["snapshot"]["taken"], plan["snapshot"]["not_held"]) == ("store", True, [])
    done = zoo.upgrade()
    assert done.code == ExitCode.DONE, done.err
    assert "old" not in zoo.sql("SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attrelid = 't'::regclass",
                                service="store").split()  # fmt: skip
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert zoo.sql("SELECT count(*) FROM t WHERE old = 'kept'", service="store") == "50"


@pytest.fixture
def outside(zoo: ZooStack) -> Iterator[str]:
    """A server outside the project, on a network of its own; the name is that of both."""
    name = f"{zoo.project}-outside"
    zoo.lab.docker("rm", "-f", "-v", name, check=False)
    zoo.lab.docker("network", "rm", name, check=False)
    zoo.lab.docker("network", "create", name)
    words = ("-e", "POSTGRES_USER=app", "-e", "POSTGRES_PASSWORD=zoo-s3cret-pw", "-e", "POSTGRES_DB=app")
    zoo.lab.docker("run", "-d", "--name", name, "--network", name, *words, f"{zoo.lab.registry}/postgres:17")
    ready = ("exec", name, "pg_isready", "-U", "app", "-h", "127.0.0.1")
    until(lambda: zoo.lab.docker(*ready, check=False).returncode == 0, limit_s=60)
    yield name
    zoo.remove()
    zoo.lab.docker("rm", "-f", "-v", name, check=False)
    zoo.lab.docker("network", "rm", name, check=False)


def test_a_database_outside_the_project(zoo: ZooStack, outside: str) -> None:
    """Zoo 05: nothing starts before the operator says so; then nothing promises a restore, and going back asks."""
    job: dict[str, Any] = {"server": outside, "networks": ["outside"], "depends_on": {}}
    networks = {"outside": {"external": True, "name": outside}}

    def release(tag: str, sql: str) -> dict[str, str]:
        services = {"traefik": traefik(), "migrate": migrate(sql, **job), "web": app("web", tag, depends_on=_AFTER)}
        return {COMPOSE_FILE: compose(services, networks=networks), f"migrations/{tag}.sql": f"{sql};\n"}

    bring_up(zoo, {"v1.5.0": release("v1.5.0", _MAKE), "v1.6.0": release("v1.6.0", _DROP)})
    stopped = zoo.upgrade()
    assert stopped.code == ExitCode.REFUSED
    assert "No service of this stack was found to be PostgreSQL, so no snapshot could be taken." in stopped.err
    assert 'service = "none"' in stopped.err

    (zoo.clone / "avnwizard.toml").write_text(TOML + '\n[postgres]\nservice = "none"\n')
    shown = _said(zoo, "plan", "--to", "v1.6.0")
    assert "No snapshot is taken: avnwizard.toml says that this stack has no database of its own" in shown
    assert "restored from the snapshot" not in shown
    assert "going back restores the snapshot" not in shown
    done = zoo.upgrade()
    assert done.code == ExitCode.DONE, done.err
    looked = zoo.avnwizard("rollback", "--dry-run")
    assert "no row lost" not in looked.err
    refused = zoo.rollback()
    assert refused.code == ExitCode.REFUSED
    assert "migrate may have changed a schema in a database that no snapshot holds" in refused.err
    assert zoo.version("web") == "v1.6.0"
    back = zoo.rollback("--accept-unrestored")
    assert back.code == ExitCode.DONE, back.err
    assert zoo.version("web") == "v1.5.0"
    assert "will run on it as it is" in _said(zoo, "show")


def test_two_servers(zoo: ZooStack) -> None:
    """Zoo 06: both are named and nothing starts; with one named, the other is said to be in no snapshot."""
    servers = {"kratos-postgres": postgres(), "hydra-postgres": postgres(volume="hydradata")}
    bring_up(
        zoo,
        {
            "v1.5.0": _release("v1.5.0", _MAKE, servers, server="kratos-postgres"),
            "v1.6.0": _release(
                "v1.6.0", "ALTER TABLE t ADD COLUMN IF NOT EXISTS name text", servers, server="kratos-postgres"
            ),
        },
    )
    stopped = zoo.upgrade()
    assert stopped.code == ExitCode.REFUSED
    assert "PostgreSQL runs in 2 services: hydra-postgres, kratos-postgres." in stopped.err

    (zoo.clone / "avnwizard.toml").write_text(TOML + '\n[postgres]\nservice = "kratos-postgres"\n')
    left_out = "hydra-postgres runs PostgreSQL and is in no snapshot: its databases do not go back in a rollback."
    assert left_out in _said(zoo, "check")
    shown = _said(zoo, "plan", "--to", "v1.6.0")
    assert left_out in shown
    assert "Take a snapshot of every database of kratos-postgres" in shown
    done = zoo.upgrade()
    assert done.code == ExitCode.DONE, done.err
    assert left_out in _said(zoo, "show")
    looked = zoo.avnwizard("rollback", "--dry-run")
    assert looked.code == ExitCode.DONE, looked.err
    assert left_out in looked.err
