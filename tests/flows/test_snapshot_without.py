"""The documented way to restore a snapshot without avnwizard, word for word, on a server that has nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.ports import ToolCommand
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.adapters.postgres_server import LocalServer, running
from tests.flows.cli import avnwizard
from tests.flows.test_going_back import execute

README = Path(__file__).parents[2] / "avnwizard" / "docs" / "snapshots.md"


@pytest.fixture
def fresh() -> Iterator[LocalServer]:
    """A server of version 16 as `initdb` leaves it."""
    yield from running("pginstall")


def _commands() -> str:
    """The block of `help snapshots` that begins with the checksums."""
    found = re.search(r"```sh\n(sha256sum -c SHA256SUMS\n.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found
    return found.group(1)


def _roles(server: PostgresDatabase, to: Path) -> list[str]:
    server.dump_globals(to)
    lines = to.read_text("utf-8").splitlines()
    return sorted(line for line in lines if line.startswith(("CREATE ROLE", "ALTER ROLE", "GRANT")))


def test_the_readmes_commands_restore_it(practice_host: PracticeHost, fresh: LocalServer, tmp_path: Path) -> None:
    """Roles with their passwords, every database with owner, schema and rows: as on the stack."""
    host = open_host(practice_host.project.directory)
    made = avnwizard("snapshot", "create", "--stack", host.repo.directory, "--json")
    assert made.code == ExitCode.DONE, made.err
    password = practice_host.postgres.connection("postgres")["password"]
    fresh.sql("postgres", f"ALTER ROLE avnology PASSWORD '{password}'")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    env |= {"PGHOST": str(fresh.folder), "PGPASSWORD": password, "PATH": f"{fresh.programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", _commands()], cwd=made.data["folder"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    complaints = [line for line in done.stderr.splitlines() if "already exists" not in line]
    assert not [line for line in complaints if "error" in line.lower() and "postgres" not in line], done.stderr
    there = PostgresDatabase(_With(fresh, password))
    live = host.database()
    assert [(one.name, one.owner) for one in there.databases()] == [(one.name, one.owner) for one in live.databases()]
    for one in live.databases():
        assert there.fingerprint(one.name) == live.fingerprint(one.name), one.name
        assert there.row_counts(one.name) == live.row_counts(one.name), one.name
    inner = PostgresDatabase(practice_host.postgres)
    assert _roles(there, tmp_path / "there") == _roles(inner, tmp_path / "live")


def test_restore_on_an_empty_server(practice_host: PracticeHost, tmp_path: Path) -> None:
    """Postgres' volume is gone and made anew: `snapshot restore` alone brings back every role and every database."""
    stack = practice_host.project.directory
    host = open_host(stack)
    inner = PostgresDatabase(practice_host.postgres)
    execute(practice_host, "postgres", "ALTER ROLE avnology SET work_mem = '5MB'")
    roles, rows = _roles(inner, tmp_path / "before"), _rows(host)
    assert "GRANT readers TO reporting" in "\n".join(roles)
    assert avnwizard("snapshot", "create", "--stack", stack, "--proof", "read back").code == ExitCode.DONE
    password = practice_host.postgres.connection("postgres")["password"]
    practice_host.cluster.stop()
    shutil.rmtree(practice_host.cluster.data)
    practice_host.cluster.create(password)
    practice_host.cluster.start()
    assert list(_rows(host)) == ["postgres"]
    done = avnwizard("snapshot", "restore", "--stack", stack, "--yes")
    assert done.code == ExitCode.DONE, done.err
    assert "role avnology: password, setting work_mem not as in the snapshot; left as it is" in done.err
    assert _rows(host) == rows
    assert _without("avnology", _roles(inner, tmp_path / "after")) == _without("avnology", roles)


def _rows(host: Host) -> dict[str, tuple[str, dict[str, int]]]:
    """Database -> (owner, rows per table)."""
    database = host.database()
    return {one.name: (one.owner, database.row_counts(one.name)) for one in database.databases()}


def _without(role: str, lines: Sequence[str]) -> list[str]:
    return [line for line in lines if f"ROLE {role} " not in line]


class _With(LocalServer):
    """The server once its superuser has another password."""

    def __init__(self, server: LocalServer, password: str) -> None:
        super().__init__(server.programs, server.folder)
        object.__setattr__(self, "_password", password)

    def connection(self, database: str) -> dict[str, str]:
        """With that password."""
        return {**super().connection(database), "password": self.__dict__["_password"]}

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """With that password."""
        call = super().command(tool)
        return replace(call, environment={**call.environment, "PGPASSWORD": self.__dict__["_password"]})
