"""PostgreSQL 17 to 18 on a real engine, through the command line: killed, finished, equal; back; refused."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.postgres.clusters import DockerClusters
from avnwizard.adapters.state.finding import STATE_DIR
from avnwizard.domain.postgres.contents import ServerSum, differences
from avnwizard.engine.faults import KILL_AT
from avnwizard.engine.lock import holder
from avnwizard.errors import ExitCode
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.stack import LabStack
from tests.waiting import until

pytestmark = pytest.mark.engine
_LIMIT_S = 600.0
_SEED = (
    "CREATE ROLE \"odd 'role'\" LOGIN PASSWORD 'only a hash of it is kept' CONNECTION LIMIT 7",
    "CREATE ROLE crew NOLOGIN",
    "GRANT crew TO \"odd 'role'\" WITH ADMIN OPTION",
    "ALTER ROLE \"odd 'role'\" SET statement_timeout = '77s'",
    "CREATE DATABASE \"Keto's Store\" OWNER \"odd 'role'\" TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
    "ALTER DATABASE \"Keto's Store\" SET work_mem = '5MB'",
    'GRANT CONNECT ON DATABASE "Keto\'s Store" TO crew',
    "ALTER SYSTEM SET log_min_duration_statement = '12345ms'",
    "SELECT pg_reload_conf()",
)
_IN_STORE = (
    "CREATE TABLE nopk (t text, f float8)",
    "INSERT INTO nopk SELECT 'row ' || i, i / 3.0 FROM generate_series(1, 3000) i",
    "CREATE UNLOGGED TABLE unlogged AS SELECT generate_series(1, 1000) i",
    "CREATE SEQUENCE lonely INCREMENT 5",
    "SELECT setval('lonely', 4711, false)",
    "SELECT lo_from_bytea(0, decode(repeat('6f6464', 5000), 'hex'))",
    "CREATE MATERIALIZED VIEW seen AS SELECT count(*) FROM nopk",
    "CREATE INDEX ON nopk USING hash (t)",
    "GRANT SELECT (t) ON nopk TO crew",
)


@pytest.fixture(scope="module")
def running(lab: Lab, worker_id: str) -> Iterator[LabStack]:
    """A seeded stack with an odd database of its own; each of these tests leaves it on 17 with all that was there."""
    made = bring_up(lab, f"major-{worker_id}")
    for statement in _SEED:
        made.sql("avnology", statement)
    for statement in _IN_STORE:
        made.sql("Keto's Store", statement)
    yield made
    made.remove()


@pytest.fixture
def stack(running: LabStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabStack:
    """The stack with `docker` in reach, its runs kept in this test's folder."""
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, running.env[name])
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    return running


def _sum(stack: LabStack) -> ServerSum:
    return DockerClusters().sum_up(stack.states()["postgres"].id)


def _server(stack: LabStack) -> str:
    return stack.sql(
        "avnology",
        "SELECT current_setting('server_version_num')::int / 10000 || ' ' || current_setting('data_directory')",
    )


def _upgrade(stack: LabStack) -> list[str]:
    """The way is the recommended one."""
    return ["postgres", "upgrade", "--to", "18", "--stack", str(stack.clone), "--yes"]


def _without_marks(stack: LabStack) -> None:
    """Debian's 17.12 marks every column with an option that 18.6 refuses, so pg_upgrade cannot be had with it."""
    stack.sql("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS true")
    for database in stack.sql("postgres", "SELECT datname FROM pg_database").splitlines():
        stack.sql(database, "UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '%attver%'")
    stack.sql("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS false")


def _volumes(stack: LabStack) -> list[str]:
    found = stack.lab.docker("volume", "ls", "-q").stdout.split()
    return sorted(one for one in found if one.startswith(f"{stack.project}_postgres_data"))


def _every_row_was_compared(stack: LabStack, before: ServerSum) -> None:
    journal = open_host(stack.clone).journal()
    found = journal.facts(journal.runs()[0].id, "rows")
    assert (found["wrong"], found["open"]) == ([], "")
    assert found["rows"] == before.rows


def _killed_at(stack: LabStack, words: list[str], point: str) -> None:
    """Run until the process that carries the run is killed at a point."""
    avnwizard(*words, env=dict(os.environ) | {KILL_AT: point}, timeout_s=_LIMIT_S)
    until(lambda: not holder(open_host(stack.clone).lock), limit_s=60)


def test_by_dump_and_restore(stack: LabStack) -> None:
    """Killed in the switch and resumed, it ends on 18 with all that was there; then back on 17; then forgotten."""
    stack.sql("avnology", "SELECT pg_create_physical_replication_slot('left_behind')")
    refused = avnwizard(*_upgrade(stack))
    assert refused.code == ExitCode.REFUSED
    assert "left_behind" in refused.err
    stack.sql("avnology", "SELECT pg_drop_replication_slot('left_behind')")
    assert "17 already" in avnwizard("postgres", "plan", "--to", "17", "--stack", stack.clone).err

    before, rows = _sum(stack), stack.row_counts()
    compose = (stack.clone / "docker-compose.traefik.yml").read_bytes()
    _killed_at(stack, _upgrade(stack), "switch:files:after")

    done = avnwizard("resume", "--stack", stack.clone, timeout_s=_LIMIT_S)
    assert done.code == ExitCode.DONE, done.err
    assert _server(stack) == "18 /var/lib/postgresql/18/docker"
    after = _sum(stack)
    assert differences(before, after) == ()
    _every_row_was_compared(stack, before)
    assert after.databases["Keto's Store"].tables["public.unlogged"][0] == 1000
    assert stack.sql("avnology", "SHOW log_min_duration_statement") == "12345ms"
    assert stack.sql("Keto's Store", "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'nopk'") == "t"
    old, new = _volumes(stack)
    mounted = stack.lab.docker("inspect", "--format", "{{json .Mounts}}", stack.states()["postgres"].id).stdout
    assert new in mounted
    assert f'"{old}"' not in mounted
    stack.wait_ready()
    up = stack.compose("up", "-d", "--dry-run").stderr
    assert [line for line in up.splitlines() if "Recreate" in line or "Creat" in line] == []
    assert "PASSWORD" not in (done.out + done.err)

    stack.sql("Keto's Store", "INSERT INTO nopk VALUES ('written to 18', 0)")
    back = avnwizard("rollback", "--stack", stack.clone, "--yes", timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert _server(stack) == "17 /var/lib/postgresql/data"
    assert differences(before, _sum(stack)) == ()
    assert stack.row_counts() == rows
    assert (stack.clone / "docker-compose.traefik.yml").read_bytes() == compose
    assert _volumes(stack) == [old, new], "what was written to 18 stays"
    young = avnwizard("postgres", "forget", "--stack", stack.clone, "--yes")
    assert young.code == ExitCode.REFUSED
    gone = avnwizard("postgres", "forget", "--keep-days", "0", "--stack", stack.clone, "--yes")
    assert gone.code == ExitCode.DONE, gone.err
    assert _volumes(stack) == [old]
    stack.wait_ready()


def test_by_logical_replication(stack: LabStack) -> None:
    """Killed while the new server follows, it ends on 18 with all; nothing of it is left in a server; and back."""
    before, pool, hydra = _sum(stack), _started_at(stack, "pgbouncer"), _started_at(stack, "hydra")
    _killed_at(stack, [*_upgrade(stack), "--way", "logical"], "follow:subscribe:after")
    assert stack.sql("avnology", "SHOW wal_level") == "logical"

    done = avnwizard("resume", "--stack", stack.clone, timeout_s=_LIMIT_S)
    assert done.code == ExitCode.DONE, done.err
    assert _server(stack) == "18 /var/lib/postgresql/18/docker"
    assert differences(before, _sum(stack)) == ()
    _every_row_was_compared(stack, before)
    _nothing_follows(stack)
    journal = open_host(stack.clone).journal()
    assert journal.facts(journal.runs()[0].id, "stop")["held"] is True, "PgBouncer did not let go of the server"
    assert _started_at(stack, "pgbouncer") == pool, "PgBouncer did not find the new server"
    assert stack.states()["hydra"].id in journal.facts(journal.runs()[0].id, "stop")["paused"]
    assert _started_at(stack, "hydra") == hydra, "it was stopped, not paused"

    back = avnwizard("rollback", "--stack", stack.clone, "--yes", timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert differences(before, _sum(stack)) == ()
    _nothing_follows(stack)
    stack.wait_ready()


def _started_at(stack: LabStack, service: str) -> str:
    return stack.lab.docker("inspect", "--format", "{{.State.StartedAt}}", stack.states()[service].id).stdout


def _nothing_follows(stack: LabStack) -> None:
    """Neither slot, nor publication, nor subscription, nor identity, nor the setting."""
    assert stack.sql("avnology", "SHOW wal_level") == "replica"
    assert stack.sql("avnology", "SELECT count(*) FROM pg_replication_slots") == "0"
    assert stack.sql("avnology", "SELECT count(*) FROM pg_subscription") == "0"
    for database in stack.sql("postgres", "SELECT datname FROM pg_database WHERE datallowconn").splitlines():
        assert stack.sql(database, "SELECT count(*) FROM pg_publication") == "0"
        assert stack.sql(database, "SELECT count(*) FROM pg_class WHERE relreplident = 'f'") == "0"


def test_by_a_live_copy(stack: LabStack) -> None:
    """What pg_upgrade cannot do is told by the plan; killed once the old server is stopped, it ends on 18.

    Killed again while the old server follows the new one, it goes back with what was written to 18. It comes last:
    what it takes from the server to be possible, the others had.
    """
    (stack.clone / "avnwizard.toml").write_text("[postgres]\nkeep_reverse_s = 900\n")
    stack.sql("Keto's Store", "DROP TABLE unlogged")
    plan = avnwizard("postgres", "plan", "--to", "18", "--stack", stack.clone, "--json").data
    assert plan["way"] == "dump"
    assert "pg_attver" in next(one["why_not"] for one in plan["ways"] if one["way"] == "copy")
    _without_marks(stack)
    before = _sum(stack)
    _killed_at(stack, _upgrade(stack), "move:stop-old:after")
    assert stack.states()["postgres"].state == "exited"

    _killed_at(stack, ["resume", "--stack", str(stack.clone)], "follow-back:follow:after")
    assert _server(stack) == "18 /var/lib/postgresql/18/docker"
    assert differences(before, _sum(stack)) == ()
    assert stack.sql("avnology", "SHOW log_min_duration_statement") == "12345ms"
    behind = "SELECT count(*) FROM pg_database WHERE datcollversion <> pg_database_collation_actual_version(oid)"
    assert stack.sql("avnology", behind) == "0"
    _every_row_was_compared(stack, before)

    stack.sql("Keto's Store", "INSERT INTO nopk VALUES ('written to 18', 0)")
    stack.sql("Keto's Store", "UPDATE nopk SET f = 7 WHERE t = 'row 7'")
    stack.sql("Keto's Store", "SELECT setval('lonely', 5000)")
    after = _sum(stack)
    back = avnwizard("rollback", "--stack", stack.clone, "--yes", timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert _server(stack) == "17 /var/lib/postgresql/data"
    assert differences(after, _sum(stack)) == (), "nothing of it was lost"
    left = stack.lab.docker("ps", "-a", "--filter", f"label=avnwizard.postgres={stack.project}", "-q").stdout
    assert left.split() == []
    _nothing_follows(stack)
    stack.wait_ready()
