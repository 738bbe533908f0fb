"""What the ways "copy" and "cold" rely on in pg_upgrade: tried with the real one, from 16 to 18."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.adapters.postgres.contents import server_sum
from avnwizard.domain.postgres.contents import differences
from tests.adapters.postgres_server import NOBODY, PASSWORD, SUPERUSER, LocalServer, programs_of, run_program

_MADE = (
    "CREATE TABLE t AS SELECT generate_series(1, 777) i",
    "VACUUM FULL t",
    "CREATE UNLOGGED TABLE unlogged AS SELECT generate_series(1, 500) i",
    "CREATE SEQUENCE s",
    "SELECT setval('s', 42)",
    "SELECT lo_from_bytea(77, 'large')",
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the servers' user may write to."""
    made = Path(tempfile.mkdtemp(prefix="avnpgu-"))
    try:
        if os.geteuid() == 0:
            os.chown(made, NOBODY, NOBODY)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _made(programs: Path, folder: Path, data: str, *more: str) -> None:
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    words: list[str | Path] = [
        "initdb",
        "-D",
        folder / data,
        "-U",
        SUPERUSER,
        "-A",
        "trust",
        "--pwfile",
        password,
        "-N",
        *more,
    ]
    run_program(programs, [*words, "-E", "UTF8", "--no-locale"])


def _on(programs: Path, folder: Path, data: str, how: str) -> None:
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    words: list[str | Path] = ["-o", options, "-l", folder / "log"] if how == "start" else ["-m", "fast"]
    run_program(programs, ["pg_ctl", "-D", folder / data, "-w", *words, how])


def test_a_linked_copy_has_the_same_files_and_rows(folder: Path) -> None:
    """Tables keep the numbers of their files, unlogged ones their rows; the cluster that was copied is as before."""
    old, new = programs_of("pginstall", folder / "16"), programs_of("pginstall18", folder / "18")
    _made(old, folder, "old")
    _on(old, folder, "old", "start")
    LocalServer(old, folder).sql("postgres", *_MADE)
    before = [server_sum(LocalServer(old, folder), depth) for depth in ("outline", "rows")]
    _on(old, folder, "old", "stop")

    run_program(old, [Path("/bin/cp"), "-a", folder / "old", folder / "copy"])
    _made(new, folder, "new", "--no-data-checksums")
    places: list[str | Path] = ["-b", old, "-B", new, "-d", folder / "copy", "-D", folder / "new"]
    run_program(new, ["pg_upgrade", *places, "-U", SUPERUSER, "--link", "-s", folder], cwd=folder)
    _on(new, folder, "new", "start")
    after = [server_sum(LocalServer(new, folder), depth) for depth in ("outline", "rows")]
    _on(new, folder, "new", "stop")
    for was, now in zip(before, after, strict=True):
        assert differences(was, now) == ()
    assert after[1].databases["postgres"].tables["public.unlogged"][0] == 500

    _on(old, folder, "old", "start")
    again = server_sum(LocalServer(old, folder), "rows")
    _on(old, folder, "old", "stop")
    assert again == before[1]
    assert replace(again, data_directory="") != replace(after[1], data_directory="")
