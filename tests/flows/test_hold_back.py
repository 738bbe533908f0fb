"""Expand and contract, through the command line: what breaks the old code waits, and runs once it is gone."""

import subprocess
from pathlib import Path

import psycopg
import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.product import avnology_migrations
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard

_OLD_WRITES = "INSERT INTO accounts (id, organization_id, login_name, email) VALUES (9001, 1, 'old-way', 'o@x.test')"
_NEW_WRITES = "INSERT INTO accounts (id, organization_id, handle, email) VALUES (9002, 1, 'new-way', 'n@x.test')"
_BOTH = "SELECT login_name, handle FROM accounts WHERE id > 9000 ORDER BY id"


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def _sql(host: PracticeHost, *statements: str) -> list[tuple[object, ...]]:
    """Each by itself, as the server's superuser; the rows of the last one."""
    rows: list[tuple[object, ...]] = []
    with psycopg.connect(**host.postgres.connection("avnology"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        for statement in statements:
            found = connection.execute(statement.encode())
            rows = list(found.fetchall()) if found.description else []
    return rows


_SHAPE = """
SELECT 'column', a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
 pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a
 LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
 WHERE a.attrelid = 'accounts'::regclass AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'index', indexname::text, indexdef, '', '' FROM pg_indexes WHERE tablename = 'accounts'
UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(oid), '', '' FROM pg_constraint
 WHERE conrelid = 'accounts'::regclass
UNION ALL SELECT 'trigger', tgname::text, '', '', '' FROM pg_trigger
 WHERE tgrelid = 'accounts'::regclass AND NOT tgisinternal
UNION ALL SELECT 'function', proname::text, '', '', '' FROM pg_proc WHERE proname LIKE 'avnwizard%'
ORDER BY 1, 2
"""


def _straight(host: PracticeHost) -> list[tuple[object, ...]]:
    """The table `accounts` of a database in which v2.0.0's migrations ran as the release runs them."""
    _sql(host, "CREATE DATABASE straight")
    with psycopg.connect(**host.postgres.connection("straight"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        for one in avnology_migrations("v2.0.0"):
            connection.execute(one.sql.encode())
        return list(connection.execute(_SHAPE.encode()).fetchall())


def test_both_codes_work_until_the_rest_runs(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """v2.0.0 renames and drops a column: held back, both codes read and write; then the schema is the release's."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json").data
    assert any("2 statements can wait until you are sure of v2.0.0" in one for one in plan["warnings"])
    held = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--hold-back", "--json").data
    names = [step["name"] for step in held["steps"]]
    assert names[names.index("expand") + 1] == "job:avnology-migrate"
    assert (plan["rollback_needs_restore"], held["rollback_needs_restore"]) == (True, False)

    killed = avnwizard(
        "upgrade", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--hold-back", "--yes",
        env={KILL_AT: "expand:apply:after"},
    )  # fmt: skip
    assert killed.code not in {ExitCode.DONE, ExitCode.USAGE}, killed.err
    resumed = avnwizard("resume", "--stack", stack)
    assert resumed.code == ExitCode.DONE, resumed.err
    assert _sql(practice_host, _OLD_WRITES, _NEW_WRITES, _BOTH) == [("old-way", "old-way"), ("new-way", "new-way")]
    changed = "UPDATE accounts SET handle = handle || '!' WHERE id = 9001"
    back = "UPDATE accounts SET login_name = login_name || '?' WHERE id = 9002"
    assert _sql(practice_host, changed, back, _BOTH) == [("old-way!", "old-way!"), ("new-way?", "new-way?")]

    assert "2 statements of v2.0.0's migrations were held back" in avnwizard("check", "--stack", stack).out
    rest = avnwizard("contract", "--stack", stack, "--dry-run")
    assert "0006_account_handles.sql:6: drops column status" in rest.out
    done = avnwizard("contract", "--stack", stack, "--yes")
    assert done.code == ExitCode.DONE, done.err
    assert _sql(practice_host, _SHAPE) == _straight(practice_host)
    assert _sql(practice_host, "SELECT handle FROM accounts WHERE id > 9000 ORDER BY id") == [
        ("old-way!",),
        ("new-way?",),
    ]
    assert "held back" not in avnwizard("check", "--stack", stack).out
    again = avnwizard("contract", "--stack", stack, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "No release holds back anything" in again.err
    assert avnwizard("rollback", "--stack", stack, "--dry-run", "--json").data["restore"]


def _with_a_drop(checkout: Path, tmp_path: Path) -> None:
    """Make v2.1.0 drop a column too, where the release comes from."""

    def git(*words: str) -> str:
        who = ("-c", "user.name=vendor", "-c", "user.email=v@x.test")
        return subprocess.run(
            ["git", "-C", str(work), *who, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    work = tmp_path / "vendor"
    origin = subprocess.run(
        ["git", "-C", str(checkout), "remote", "get-url", "origin"], check=True, capture_output=True, text=True
    ).stdout.strip()
    subprocess.run(["git", "clone", "-q", origin, str(work)], check=True)
    git("checkout", "-q", "v2.1.0")
    (file,) = work.rglob("0007_audit_retention.sql")
    file.write_text(file.read_text() + "ALTER TABLE accounts DROP COLUMN email;\n")
    git("commit", "-qam", "v2.1.0")
    git("tag", "-f", "v2.1.0")
    git("push", "-qf", "origin", "v2.1.0")


def test_going_back_leaves_the_data(practice_host: PracticeHost, tmp_path: Path) -> None:
    """The code alone goes back, what users wrote stays, and nothing is dropped while the old code runs."""
    checkout = practice_host.project.directory
    _with_a_drop(checkout, tmp_path)
    subprocess.run(["git", "-C", str(checkout), "fetch", "-qf", "--tags"], check=True)
    for target, more in (("v2.0.0", ()), ("v2.1.0", ("--hold-back",))):
        answers = answer_all(checkout, target, tmp_path / f"{target}.toml")
        said = avnwizard("upgrade", "--to", target, "--stack", checkout, "--answers", answers, "--yes", *more)
        assert said.code == ExitCode.DONE, said.err
    writes = "INSERT INTO accounts (id, organization_id, handle) VALUES (9003, 1, 'without-mail')"
    _sql(practice_host, writes)
    back = avnwizard("rollback", "--stack", checkout, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert "the databases stay, and with them 1 new account" in back.err
    assert open_host(checkout).repo.head().tag == "v2.0.0"
    assert _sql(practice_host, "SELECT handle, email FROM accounts WHERE id = 9003") == [("without-mail", None)]
    refused = avnwizard("contract", "--stack", checkout, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert "is at v2.0.0, whose code needs what v2.1.0 held back" in refused.err


def test_what_cannot_wait_is_said(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """A list of migrations that keeps checksums would refuse the release's own file later: said, and refused."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    _sql(practice_host, "ALTER TABLE schema_migrations ADD COLUMN checksum text")
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--hold-back", "--yes")
    assert said.code == ExitCode.REFUSED
    assert "public.schema_migrations keeps a checksum of each migration (checksum)" in said.err
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json").data
    assert any(one.startswith("What breaks the old code cannot be held back: ") for one in plan["warnings"])
