"""Roles on the way back: only a restore puts them back, and only from a file whose checksum was just compared."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from avnwizard.domain.postgres.globals import GlobalsChange, left_alone, read_globals
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.runner import run_steps
from avnwizard.engine.supervise import new_run_id
from avnwizard.errors import ExitCode, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.steps.roles import RepairRoles
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.in_process import take
from tests.flows.test_going_back import execute, stack, upgraded

__all__ = ["stack"]


def _role(host: PracticeHost, name: str) -> tuple[bool, str]:
    """Whether a role may log in, and a hash of its password as the server keeps it."""
    with psycopg.connect(**host.postgres.connection("postgres")) as connection:  # type: ignore[arg-type]  # strings
        query = "SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = %s"
        row = connection.execute(query, (name,)).fetchone()
    assert row is not None
    return bool(row[0]), hashlib.sha256(str(row[1]).encode()).hexdigest()


def test_only_a_restore_changes_roles(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """A login that was closed stays closed when the code goes back alone; a damaged file of roles changes nothing."""
    upgraded(stack, tmp_path)
    upgraded(stack, tmp_path, "v2.1.0")
    execute(practice_host, "postgres", "ALTER ROLE reporting NOLOGIN PASSWORD 'rotated'", "CREATE ROLE newcomer")
    closed = _role(practice_host, "reporting")
    looked = avnwizard("rollback", "--stack", stack, "--dry-run")
    assert "role reporting: login, password not as in the snapshot; left as it is" in looked.out
    assert "role newcomer is new since the snapshot; it is left as it is" in looked.out
    plan = avnwizard("rollback", "--stack", stack, "--dry-run", "--json").data
    assert (plan["restore"], plan["roles"]["repaired"]) == (False, [])
    restoring = avnwizard("rollback", "--stack", stack, "--dry-run", "--restore").out
    assert "role reporting: login, password changed, and is put back" in restoring

    globals_ = max(open_host(stack).state.snapshots.iterdir()) / "globals.sql"
    globals_.write_text(globals_.read_text().replace("SCRAM-SHA-256", "SCRAM-SHA-255", 1))
    looked = avnwizard("rollback", "--stack", stack, "--dry-run")
    assert "the roles were not compared with the snapshot's: globals.sql of the snapshot" in looked.out
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    assert _role(practice_host, "reporting") == closed
    assert _role(practice_host, "hydra")[0]


def _taken(practice_host: PracticeHost) -> tuple[Host, Path]:
    """The practice stack with a snapshot that was read back."""
    host = open_host(practice_host.project.directory)
    return host, take(host, volumes=(), proof="read back")


def _repair(host: Host, folder: Path) -> None:
    """The one step of a run, as the runner carries it."""
    scene = cast("Any", SimpleNamespace(host=host))
    journal, steps = host.journal(), [RepairRoles(scene, folder, sealed=True)]
    run = new_run_id(len(journal.runs()))
    journal.create_run(run, kind="test", title="roles", plan="{}", steps=steps)
    if run_steps(journal, FeedWriter(host.state.feed(run)), journal.run(run), steps) != "done":
        raise StepError(journal.run(run).message)


def test_an_altered_file_of_roles_is_refused_in_the_step(practice_host: PracticeHost, tmp_path: Path) -> None:
    """A statement that was appended is not run, a hash that was changed not written: also when it is resumed."""
    host, folder = _taken(practice_host)
    before = _role(practice_host, "hydra")
    execute(practice_host, "postgres", "ALTER ROLE reporting NOLOGIN")
    closed = _role(practice_host, "reporting")
    globals_, proof = folder / "globals.sql", tmp_path / "proof"
    whole = globals_.read_text()
    globals_.write_text(f"{whole}\nCOPY (SELECT 1) TO PROGRAM 'tee {proof}';\n")
    for _ in ("first", "resumed"):
        with pytest.raises(StepError, match=r"globals\.sql of .* is damaged\. No role was changed by it"):
            _repair(host, folder)
    globals_.write_text(whole.replace("SCRAM-SHA-256", "SCRAM-SHA-255"))
    with pytest.raises(StepError, match="is damaged"):
        _repair(host, folder)
    assert not proof.exists()
    assert (_role(practice_host, "hydra"), _role(practice_host, "reporting")) == (before, closed)
    globals_.write_text(whole)
    _repair(host, folder)
    assert _role(practice_host, "reporting")[0], "the intact file is used"


def test_only_statements_of_globals_are_read() -> None:
    """What pg_dumpall does not write among globals is refused whatever vouches for the file."""
    read_globals("CREATE ROLE a; ALTER ROLE a WITH LOGIN; GRANT a TO b; COMMENT ON TABLESPACE t IS 'x';")
    for statement in ("COPY (SELECT 1) TO PROGRAM 'id'", "DROP ROLE a", "DO $$ BEGIN END $$", "GRANT ALL ON t TO a"):
        with pytest.raises(ValueError, match="pg_dumpall") as raised:
            read_globals(f"CREATE ROLE a; {statement};")
        assert statement not in str(raised.value)


def test_what_is_left_alone_is_said_so() -> None:
    """Of a role that is gone nobody says that it is made again where it is not."""
    change = GlobalsChange(("role a was gone and is made again", "role b: login changed, and is put back"))
    assert left_alone(change) == (
        "role a is gone since the snapshot; it is not made again",
        "role b: login not as in the snapshot; left as it is",
    )
