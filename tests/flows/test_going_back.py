"""Going back, through the command line: what it costs, whether the databases go too, what the operator may choose."""

import itertools
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from avnwizard.adapters.compose_platform import ComposePlatform
from avnwizard.domain.words import about
from avnwizard.engine.feed import FeedReader
from avnwizard.errors import ExitCode, RefusedError
from avnwizard.flows.rollback.planning import plan_rollback
from avnwizard.flows.steps.save_rows import README
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import Said, answer_all, avnwizard
from tests.waiting import COUNT_NOW


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def upgraded(stack: Path, tmp_path: Path, target: str = "v2.0.0") -> Said:
    """Upgrade, all proposals taken."""
    answers = answer_all(stack, target, tmp_path / f"{target}.toml")
    said = avnwizard("upgrade", "--to", target, "--stack", stack, "--yes", "--answers", answers)
    assert said.code == ExitCode.DONE, said.err
    return said


def execute(host: PracticeHost, database: str, *statements: str) -> None:
    """As the server's superuser, each statement by itself; what they wrote is counted."""
    keywords = host.postgres.connection(database)
    with psycopg.connect(**keywords, autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        for statement in (*statements, COUNT_NOW):
            connection.execute(statement.encode())


def users_write(host: PracticeHost) -> None:
    """What users do after the upgrade to v2.0.0: one identity, 14 sessions, and an account that is changed."""
    execute(
        host,
        "kratos",
        "INSERT INTO identities (id, schema_ref, traits) VALUES (md5('late')::uuid, 'default', '{}')",
        "INSERT INTO sessions (id, identity_id, token, expires_at)"
        " SELECT md5('late' || n)::uuid, md5('late')::uuid, 'late' || n, now() FROM generate_series(1, 14) n",
    )
    execute(host, "avnology", "UPDATE accounts SET email = 'new@example.test' WHERE id = 1")


def counted(found: list[Any]) -> dict[str, tuple[int, int, int]]:
    """{"database/schema.table": (inserted, updated, deleted)} of a plan's cost."""
    return {
        f"{written['database']}/{table['name']}": (table["inserted"], table["updated"], table["deleted"])
        for written in found
        for table in written["tables"]
    }


def _refused_without_room(stack: Path) -> None:
    """Before the files go back, not between them and the databases."""
    host = open_host(stack)
    database, journal = host.database(), host.journal()
    host = replace(host, platform=ComposePlatform(host.stack, host.edge, lambda _service: database))
    told = r"Restoring alongside the live databases needs [0-9.]+ MB on .*; 1 MB is free\. Nothing was changed"
    with patch.object(database, "free_bytes", lambda: 1_000_000), pytest.raises(RefusedError, match=told):
        plan_rollback(host, journal, journal.runs()[0])


def test_the_cost_is_told_in_rows_and_kept_to(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """What users wrote since the snapshot, not what the migrations did; then exactly that is set aside."""
    upgraded(stack, tmp_path)
    users_write(practice_host)
    looked = avnwizard("rollback", "--stack", stack, "--dry-run", "--json")
    assert looked.code == ExitCode.DONE, looked.err
    plan = looked.data
    assert plan["restore"]
    assert not plan["chosen"]
    assert counted(plan["cost"]["lost"]) == {
        "kratos/public.identities": (1, 0, 0),
        "kratos/public.sessions": (14, 0, 0),
        "avnology/public.accounts": (0, 1, 0),
    }
    assert all(written["exact"] for written in plan["cost"]["lost"])
    migrated = {table["name"]: table for table in plan["cost"]["migrated"]["tables"]}
    assert migrated["public.accounts"]["updated"] > 0, "0006 changes the suspended accounts"
    said = avnwizard("rollback", "--stack", stack, "--dry-run")
    assert "14 new sessions, 1 changed account and 1 new identity lost (since " in said.out
    beside_s = plan["cost"]["total_s"] - plan["cost"]["interruption_s"]
    assert f"the restore runs alongside the live databases for about {about(beside_s)};" in said.out
    told = dict(line.split(": ", 1) for line in said.out.splitlines() if ": " in line)
    handled = {name for key, names in told.items() if key.startswith("services, ") for name in names.split(", ")}
    every, stays = {one["service"] for one in plan["services"]}, set(plan["same"])
    assert stays & every, "v2.0.0 leaves some as they are"
    assert handled == every - stays
    assert {"kratos", "gateway"} <= set(told["stopped for the swap"].split(", "))
    assert [run["kind"] for run in avnwizard("runs", "--stack", stack, "--json").data] == ["upgrade"]

    _refused_without_room(stack)
    back = avnwizard("rollback", "--stack", stack, "--yes", "--save-rows")
    assert back.code == ExitCode.DONE, back.err
    assert "set aside: 14 new sessions, 1 changed account and 1 new identity" in back.err
    host = open_host(stack)
    run = host.journal().runs()[0].id
    facts = {step.name: step.facts for step in host.journal().steps(run)}
    assert {table["name"] for table in facts["swap"]["lost"]["kratos"]} == {"public.identities", "public.sessions"}
    folder = Path(facts["save-rows"]["folder"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(list(folder.glob("rows-*.dump"))) == 2
    assert "public.sessions" in (folder / README).read_text()
    text = "".join(_as_sql(practice_host, dump) for dump in folder.glob("rows-*.dump"))
    assert text.count("\tlate") == 14
    assert "new@example.test" in text
    shown = avnwizard("show", run, "--stack", stack).out
    assert "14 new sessions, 1 changed account and 1 new identity" in shown
    assert str(folder) in shown
    kept = avnwizard("snapshot", "prune", "--stack", stack, "--keep", "0", "--dry-run", "--json").data["kept"]
    assert str(folder) in [one["folder"] for one in kept]


def _as_sql(host: PracticeHost, dump: Path) -> str:
    """As the README beside the rows says."""
    call = host.postgres.command(["pg_restore", "--data-only", "--file=-"])
    with dump.open("rb") as stream:
        done = subprocess.run(call.argv, stdin=stream, env=call.environment, check=True, capture_output=True)
    return done.stdout.decode()


def test_the_cost_is_told_live(stack: Path, tmp_path: Path) -> None:
    """The feed of a run says what going back would cost: nothing at first, a restore once the schema has moved."""
    upgraded(stack, tmp_path)
    host = open_host(stack)
    events = [
        event for event in FeedReader(host.state.feed(host.journal().runs()[0].id)).read() if event.kind == "cost"
    ]
    assert events
    assert events[-1].data["restore"]
    assert " down, no row lost (since " in events[-1].text
    texts = [event.text for event in events]
    assert all(one != other for one, other in itertools.pairwise(texts)), "only told when it changed"


def test_a_compatible_schema_stays(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """v2.1.0 only adds to the schema: the code goes back alone, what users wrote stays; a restore can be chosen."""
    upgraded(stack, tmp_path)
    upgraded(stack, tmp_path, "v2.1.0")
    users_write(practice_host)
    plan = avnwizard("rollback", "--stack", stack, "--dry-run", "--json").data
    assert not plan["restore"]
    assert plan["databases"] == []
    assert plan["why"] == "the schema of avnology moved, but only in ways that the old code can work with"
    dearer = avnwizard("rollback", "--stack", stack, "--dry-run", "--json", "--restore").data
    assert dearer["restore"]
    assert dearer["chosen"]
    assert "kratos" in dearer["databases"]
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    database = open_host(stack).database()
    assert not [one.name for one in database.databases() if "__kept_" in one.name]
    assert _late_sessions(practice_host) == 14
    assert open_host(stack).repo.head().tag == "v2.0.0"


def _late_sessions(host: PracticeHost) -> int:
    with psycopg.connect(**host.postgres.connection("kratos")) as connection:  # type: ignore[arg-type]  # strings
        row = connection.execute("SELECT count(*) FROM sessions WHERE token LIKE 'late%'").fetchone()
    assert row is not None
    return int(row[0])


def test_a_schema_that_something_else_moved_goes_back(
    practice_host: PracticeHost, stack: Path, tmp_path: Path
) -> None:
    """A change that no migration that was read accounts for is not trusted, unless the operator vouches for it."""
    upgraded(stack, tmp_path)
    upgraded(stack, tmp_path, "v2.1.0")
    execute(practice_host, "avnology", "ALTER TABLE accounts ADD COLUMN by_hand int")
    plan = avnwizard("rollback", "--stack", stack, "--dry-run", "--json").data
    assert plan["restore"]
    assert plan["why"] == "the schema of avnology moved: the old code cannot work on it"
    (practice_host.home / "state" / "avnwizard.toml").write_text('[rollback]\ncompatible = ["avnology"]\n')
    assert not avnwizard("rollback", "--stack", stack, "--dry-run", "--json").data["restore"]


def test_changed_roles_are_put_back(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """A role's password and settings go back with the databases; a new role is told and left."""
    upgraded(stack, tmp_path)
    execute(
        practice_host,
        "postgres",
        "ALTER ROLE kratos PASSWORD 'of-the-new-release' CREATEDB",
        "CREATE ROLE newcomer",
    )
    said = avnwizard("rollback", "--stack", stack, "--yes")
    assert said.code == ExitCode.DONE, said.err
    assert "role kratos: createdb, password changed, and is put back" in said.err
    assert "role newcomer is new since the snapshot; it is left as it is" in said.err
    assert "of-the-new-release" not in said.err
    assert "SCRAM" not in said.err


def test_a_damaged_snapshot_refuses_before_anything_changes(stack: Path, tmp_path: Path) -> None:
    """Where the databases must go back and the snapshot is not whole, nothing is begun; nor without one."""
    upgraded(stack, tmp_path)
    snapshot = next(open_host(stack).state.snapshots.iterdir())
    dump = max(snapshot.glob("*.dump"), key=lambda file: file.stat().st_size)
    data = bytearray(dump.read_bytes())
    data[len(data) // 2] ^= 1
    dump.write_bytes(data)
    said = avnwizard("rollback", "--stack", stack, "--yes")
    assert said.code == ExitCode.REFUSED
    assert "damaged" in said.err
    (snapshot / "manifest.json").unlink()
    said = avnwizard("rollback", "--stack", stack, "--yes")
    assert said.code == ExitCode.REFUSED
    assert "no snapshot to restore from" in said.err
    assert "--accept-unrestored" in said.err
    agreed = avnwizard("rollback", "--stack", stack, "--dry-run", "--json", "--accept-unrestored").data
    assert (agreed["restore"], agreed["consent"]) == (False, [])
    assert "kratos-migrate" in agreed["cost"]["stays"]
    assert open_host(stack).repo.head().tag == "v2.0.0"
