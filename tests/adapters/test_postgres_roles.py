"""Roles and other globals: compared with a snapshot's, put back, and never a password in sight."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.domain.postgres.globals import GlobalsChange, read_globals
from avnwizard.errors import HostError
from tests.adapters.postgres_server import LocalServer

ODD = 'we"ird; DROP ROLE avnology\n\\restrict x'
QUOTED = '"' + ODD.replace('"', '""') + '"'
CHIEF, READER, LATE = "chief", "reader", "late"


@pytest.fixture
def roles(postgres: LocalServer) -> Iterator[LocalServer]:
    """A server with an odd role, a group with settings, memberships and a parameter grant."""
    _drop(postgres)
    run_sql(
        postgres,
        f"CREATE ROLE {QUOTED} LOGIN PASSWORD 'first-secret' VALID UNTIL '2030-01-01' CONNECTION LIMIT 3",
        "CREATE ROLE chief NOINHERIT CREATEDB",
        "CREATE ROLE reader LOGIN",
        'ALTER ROLE chief SET search_path = a, "b c"',
        "ALTER ROLE chief SET my.x = 'it''s'",
        "COMMENT ON ROLE chief IS 'the; chief'",
        f"GRANT chief TO {QUOTED} WITH ADMIN OPTION",
        "GRANT pg_monitor TO reader",
        "GRANT SET ON PARAMETER work_mem TO reader",
    )
    yield postgres
    _drop(postgres)


def _drop(server: LocalServer) -> None:
    run_sql(server, "ALTER ROLE ALL RESET ALL")
    for name in (QUOTED, CHIEF, READER, LATE):
        literal = name.strip('"').replace('""', '"').replace("'", "''")
        run_sql(
            server,
            f"DO $$BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{literal}')"
            f" THEN DROP OWNED BY {name}; DROP ROLE {name}; END IF; END$$",
        )


def run_sql(server: LocalServer, *statements: str) -> None:
    """Each by psycopg, so that nothing in a name is psql's."""
    import psycopg

    with psycopg.connect(**server.connection("postgres"), autocommit=True) as connection:  # type: ignore[arg-type]  # strings
        for statement in statements:
            connection.execute(statement.encode())


def dumped(server: LocalServer) -> str:
    """The globals as pg_dumpall writes them, without psql's guard."""
    call = server.command(["pg_dumpall", "--globals-only"])
    text = subprocess.run(
        call.argv, env={**os.environ, **call.environment}, check=True, capture_output=True, text=True
    ).stdout
    return "\n".join(
        line for line in text.split("\n") if "restrict" not in line or line.startswith(ODD.split("\n")[1] + '"')
    )


def test_nothing_changed_is_nothing_to_do(roles: LocalServer, tmp_path: Path) -> None:
    """A server that is as it was: no difference is told, nothing is executed."""
    database = PostgresDatabase(roles)
    database.dump_globals(tmp_path / "globals.sql")
    assert ODD in read_globals((tmp_path / "globals.sql").read_text()).roles
    change = database.globals_changes(tmp_path / "globals.sql")
    assert (change.repaired, change.left) == ((), ())
    assert database.repair_globals(tmp_path / "globals.sql") == change


def test_every_change_is_put_back(roles: LocalServer, tmp_path: Path) -> None:
    """Attributes, password, settings, comment, memberships, grants and a role that is gone; a new role is left."""
    database = PostgresDatabase(roles)
    globals_ = tmp_path / "globals.sql"
    database.dump_globals(globals_)
    before = dumped(roles)
    run_sql(
        roles,
        f"ALTER ROLE {QUOTED} NOLOGIN CREATEROLE PASSWORD 'second-secret' CONNECTION LIMIT 7",
        "ALTER ROLE reader PASSWORD 'third-secret' VALID UNTIL '2031-01-01' CONNECTION LIMIT 2",
        "ALTER ROLE reader SET work_mem = '8MB'",
        "ALTER ROLE chief RESET search_path",
        "ALTER ROLE chief SET my.x = 'other'",
        "COMMENT ON ROLE chief IS NULL",
        "COMMENT ON ROLE reader IS 'new'",
        f"REVOKE ADMIN OPTION FOR chief FROM {QUOTED}",
        "GRANT chief TO reader",
        "REVOKE SET ON PARAMETER work_mem FROM reader",
        "REVOKE pg_monitor FROM reader",
        "CREATE ROLE late LOGIN PASSWORD 'fourth-secret'",
        "GRANT chief TO late",
    )
    told = database.globals_changes(globals_)
    done = database.repair_globals(globals_)
    assert done == told
    run_sql(roles, "REVOKE chief FROM late", "DROP ROLE late")
    assert _steady(dumped(roles)) == _steady(before)
    reader = next(line for line in done.repaired if line.startswith("role reader: ") and "membership" not in line)
    assert reader == (
        "role reader: comment, connection limit, end of validity, password, setting work_mem changed, and is put back"
    )
    assert done.left == ("role late is new since the snapshot; it is left as it is",)
    for text in (*done.repaired, *done.left):
        assert "secret" not in text
        assert "SCRAM" not in text
        assert "\n" not in text


def _steady(text: str) -> list[str]:
    """Settings come in the order in which they were made; a validity that was lifted reads as one without end."""
    return sorted(text.replace(" VALID UNTIL 'infinity'", "").splitlines())


def test_missing_roles_come_first(roles: LocalServer, tmp_path: Path) -> None:
    """Only the roles that are gone are made; the changed ones wait until the services are stopped."""
    database = PostgresDatabase(roles)
    globals_ = tmp_path / "globals.sql"
    database.dump_globals(globals_)
    before = dumped(roles)
    run_sql(roles, f"DROP ROLE {QUOTED}", "ALTER ROLE reader CREATEDB")
    done = database.repair_globals(globals_, only_missing=True)
    assert len(done.repaired) == 1
    assert "was gone and is made again" in done.repaired[0]
    assert done.left == ()
    assert "ALTER ROLE reader WITH NOSUPERUSER INHERIT NOCREATEROLE CREATEDB" in dumped(roles)
    assert database.repair_globals(globals_).repaired
    assert _steady(dumped(roles)) == _steady(before)
    assert database.repair_globals(globals_).repaired == ()


def test_missing_roles_are_made_whole(roles: LocalServer, tmp_path: Path) -> None:
    """On a server that has none of them: settings, comments, memberships and parameter grants come with the roles."""
    database = PostgresDatabase(roles)
    globals_ = tmp_path / "globals.sql"
    database.dump_globals(globals_)
    before = dumped(roles)
    _drop(roles)
    assert "chief" not in dumped(roles)
    done = database.repair_globals(globals_, only_missing=True)
    assert len(done.repaired) == 3
    assert done.left == ()
    assert _steady(dumped(roles)) == _steady(before)
    assert database.globals_changes(globals_) == GlobalsChange()


def test_what_this_server_refuses_of_a_role_is_told(roles: LocalServer, tmp_path: Path) -> None:
    """A setting that a server of another version does not know: the role is there all the same, the rest too."""
    database = PostgresDatabase(roles)
    globals_ = tmp_path / "globals.sql"
    database.dump_globals(globals_)
    text = globals_.read_text()
    globals_.write_text(text.replace("ALTER ROLE chief SET search_path", "ALTER ROLE chief SET gone_since_then"))
    _drop(roles)
    done = database.repair_globals(globals_, only_missing=True)
    (refused,) = done.left
    assert refused.startswith("role chief: setting gone_since_then could not be made again: the server refuses it")
    assert "ALTER ROLE chief SET \"my.x\" TO 'it''s'" in dumped(roles)
    assert "GRANT pg_monitor TO reader" in dumped(roles)


def test_damaged_globals_are_refused(roles: LocalServer, tmp_path: Path) -> None:
    """What is no dump of globals, or none at all, is one clear error; nothing is executed."""
    database = PostgresDatabase(roles)
    broken = tmp_path / "globals.sql"
    broken.write_text("ALTER ROLE reader WITH SUPERUSER; 'secret-text\n")
    for file in (broken, tmp_path / "none.sql"):
        with pytest.raises(HostError) as raised:
            database.repair_globals(file)
        assert "secret-text" not in raised.value.message
        assert raised.value.hint
