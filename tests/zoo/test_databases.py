"""Databases that an image's name does not tell: PostgreSQL under any name, outside the project, and twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avnwizard.errors import ExitCode
from tests.flows.cli import avnwizard
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
    name = f"{zoo.project[:40]}-outside"  # a host's name has at most 63 characters
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
    assert "no row lost" not in looked.out
    refused = zoo.rollback()
    assert refused.code == ExitCode.REFUSED
    assert "migrate may have changed a schema in a database that no snapshot holds" in refused.err
    assert zoo.version("web") == "v1.6.0"
    back = zoo.rollback("--accept-unrestored")
    assert back.code == ExitCode.DONE, back.err
    assert zoo.version("web") == "v1.5.0"
    assert "will run on it as it is" in _said(zoo, "show")


def test_two_servers(zoo: ZooStack) -> None:
    """Zoo 06: each has its own dumps and its own way back, though their databases have the same name."""
    names = ("hydra-postgres", "kratos-postgres")
    servers = {"kratos-postgres": postgres(), "hydra-postgres": postgres(volume="hydradata")}

    def release(tag: str, sql: str) -> dict[str, str]:
        jobs = {f"migrate-{name}": migrate(sql, server=name) for name in names}
        after = {name: {"condition": "service_completed_successfully"} for name in jobs}
        services = {"traefik": traefik(), **servers, **jobs, "web": app("web", tag, depends_on=after)}
        return {COMPOSE_FILE: compose(services), f"migrations/{tag}.sql": f"{sql};\n"}

    bring_up(zoo, {"v1.5.0": release("v1.5.0", _MAKE), "v1.6.0": release("v1.6.0", _DROP)})
    for name in names:
        zoo.sql(f"INSERT INTO t SELECT n, '{name}' FROM generate_series(1, 20) n", service=name)
    said = _said(zoo, "check")
    assert all(f"{name} is a PostgreSQL server that is snapshotted" in said for name in names)
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    assert {name for name, _ in plan["snapshot"]["databases"]} >= {f"{name}/app" for name in names}
    done = zoo.upgrade()
    assert done.code == ExitCode.DONE, done.err
    assert zoo.sql("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'old'",
                   service=names[0]) == "0"  # fmt: skip
    looked = zoo.avnwizard("rollback", "--dry-run")
    assert all(f"{name}/app" in looked.out for name in names)
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    for name in names:
        assert zoo.sql("SELECT string_agg(DISTINCT old, ',') || count(*) FROM t", service=name) == f"{name}20"
        assert zoo.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'app\\_\\_kept%'", service=name) == "1"

    (zoo.clone / "avnwizard.toml").write_text(TOML + '\n[postgres]\nservice = "kratos-postgres"\n')
    left_out = "hydra-postgres runs PostgreSQL and is in no snapshot: its databases do not go back in a rollback."
    assert left_out in _said(zoo, "check")
    shown = _said(zoo, "plan", "--to", "v1.6.0")
    assert left_out in shown
    assert "Take a snapshot of every database of kratos-postgres" in shown


def test_a_server_outside_that_is_snapshotted(zoo: ZooStack, outside: str, tmp_path: Path) -> None:
    """Zoo 05: its own databases alone are dumped, proven in a server of this host, and put back."""
    job: dict[str, Any] = {"server": outside, "networks": ["outside"], "depends_on": {}}
    networks = {"outside": {"external": True, "name": outside}}
    pointed = {"DATABASE_URL": f"postgres://app:${{POSTGRES_PASSWORD}}@{outside}/app", "SHUTDOWN_MODE": "abrupt"}

    def release(tag: str, sql: str) -> dict[str, str]:
        web = app("web", tag, depends_on=_AFTER, environment=pointed)
        services = {"traefik": traefik(), "migrate": migrate(sql, **job), "web": web}
        return {COMPOSE_FILE: compose(services, networks=networks), f"migrations/{tag}.sql": f"{sql};\n"}

    bring_up(zoo, {"v1.5.0": release("v1.5.0", _MAKE), "v1.6.0": release("v1.6.0", _DROP)})
    stopped = zoo.upgrade()
    assert stopped.code == ExitCode.REFUSED
    assert f"web is pointed at the database server {outside}:5432 outside it" in stopped.err
    assert "it is yours to back up" in stopped.err

    def sql(statement: str, database: str = "app") -> str:
        argv = ("psql", "-U", "app", "-d", database, "-qAtc", statement)
        return zoo.lab.docker("exec", outside, *argv).stdout.strip()

    sql("CREATE DATABASE neighbour")
    sql("INSERT INTO t SELECT n, 'kept' FROM generate_series(1, 30) n")
    (address,) = zoo.inspect(outside)["NetworkSettings"]["Networks"].values()
    dsn = f"postgresql://app@{address['IPAddress']}/app?sslmode=prefer"
    image = f"{zoo.lab.registry}/postgres:17"
    section = f'[postgres]\ndsn = "{dsn}"\npassword_variable = "POSTGRES_PASSWORD"\nclient_image = "{image}"\n'
    (zoo.clone / "avnwizard.toml").write_text(f"{TOML}\n{section}")
    place = f"{address['IPAddress']}:5432"
    assert f"{place}, outside this stack, is the PostgreSQL server that is snapshotted" in _said(zoo, "check")
    done = zoo.upgrade()
    assert done.code == ExitCode.DONE, done.err
    listed = avnwizard("snapshot", "show", "--stack", str(zoo.clone), "--json").data
    assert [one["name"] for one in listed["databases"]] == ["app"]
    assert listed["proof"] == "restored"
    assert zoo.lab.docker("ps", "-aq", "--filter", "label=avnwizard.proof").stdout == ""
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert sql("SELECT count(*) FROM t WHERE old = 'kept'") == "30"
    assert zoo.version("web") == "v1.5.0"
    assert sql("SELECT count(*) FROM pg_database WHERE datname ~ 'neighbour'") == "1"
    journal = [file.read_bytes() for file in (tmp_path / "state").rglob("journal.db*")]
    assert journal
    assert all(b"zoo-s3cret-pw" not in content for content in journal)
