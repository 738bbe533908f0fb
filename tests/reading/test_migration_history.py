"""A folder of all migrations is no upgrade: it gets no verdict, and two tags say which files are new."""

import subprocess
import sys
from pathlib import Path

import pytest

from avnwizard.domain.migrations import is_history, read_migrations
from avnwizard.domain.migrations.verdict import OLD_CODE_WORKS_ON
from tests.reading.in_process import judge

_HISTORY = {
    "0001_accounts.sql": "CREATE TABLE accounts (id int PRIMARY KEY, login_name text, status text);",
    "0002_regions.sql": "CREATE TABLE regions (code text);",
    "0003_handles.sql": "ALTER TABLE accounts RENAME COLUMN login_name TO handle;",
    "0004_state.sql": "ALTER TABLE accounts DROP COLUMN status;",
}


def _is_history(files: dict[str, str], *, folder: bool) -> bool:
    return is_history(read_migrations(files, judge), read_migrations(files, judge, apart=True), folder=folder)


@pytest.mark.parametrize(
    ("names", "folder", "expected"),
    [
        ("1234", True, True),
        ("1234", False, True),
        ("12", True, True),
        ("12", False, False),
        ("34", True, False),
        ("23", False, False),
        ("1", True, False),
        ("", True, False),
    ],
)
def test_what_is_a_history(names: str, folder: bool, expected: bool) -> None:
    """A folder that begins by making tables; or files of which one changes what another made."""
    files = {name: sql for name, sql in _HISTORY.items() if name[3] in names}
    assert _is_history(files, folder=folder) is expected


def test_apart_each_file_meets_tables_that_hold_rows() -> None:
    """What an earlier file made is not new to a later one; within one file it is."""
    assert [str(one.kind) for one in read_migrations(_HISTORY, judge).statements] == ["additive"] * 4
    apart = read_migrations(_HISTORY, judge, apart=True)
    assert [str(one.kind) for one in apart.statements] == ["additive", "additive", "incompatible", "destructive"]
    alone = read_migrations(
        {"1.sql": "CREATE TABLE t (a int); DROP TABLE t; CREATE INDEX ON t (a)"}, judge, apart=True
    )
    assert {str(one.kind) for one in alone.statements} == {"additive"}


def _run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "avnwizard", "migrations", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The migrations of a checkout with the tags v1 (two files) and v2 (four)."""
    made = tmp_path / "a checkout" / "db" / "migrations"
    made.mkdir(parents=True)
    git = ["git", "-C", str(tmp_path / "a checkout"), "-c", "user.name=x", "-c", "user.email=x@example.test"]
    subprocess.run([*git, "init", "-q"], check=True)
    for tag, names in (("v1", "12"), ("v2", "34")):
        for name, sql in _HISTORY.items():
            if name[3] in names:
                (made / name).write_text(sql)
        for words in (["add", "."], ["commit", "-qm", tag], ["tag", tag]):
            subprocess.run([*git, *words], check=True)
    return made


def test_a_whole_folder_gets_no_verdict(folder: Path) -> None:
    """Exit code 3, each statement for what it is on tables with rows, and the way to a verdict."""
    said = _run(folder)
    assert said.returncode == 3
    assert OLD_CODE_WORKS_ON not in said.stdout + said.stderr
    assert said.stdout.startswith("no verdict")
    assert "destructive" in said.stdout
    assert "whole history" in said.stderr
    assert f"avnwizard migrations '{folder}' --from TAG --to TAG" in said.stderr
    document = _run(folder, "--json")
    assert document.returncode == 3
    assert '"verdict": null' in document.stdout
    assert '"rolls_without_interruption": null' in document.stdout


def test_two_tags_name_the_files_that_are_new(folder: Path) -> None:
    """Only what the target adds is judged, and it gets its verdict."""
    said = _run(folder, "--from", "v1", "--to", "v2")
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[-1].endswith("going back restores the snapshot")
    assert "0001_accounts" not in said.stdout
    assert "db/migrations/0004_state.sql:1" in said.stdout
    assert _run(folder, "--from", "v2", "--to", "v2").stdout.strip() == "no migrations"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "v1"), "belong together"),
        (("--from", "v1", "--to", "v3"), "There is no tag 'v3'"),
        ((".", "--from", "v1", "--to", "v2"), "belong together, with one folder"),
    ],
)
def test_tags_that_make_no_sense(folder: Path, words: tuple[str, ...], said: str) -> None:
    """One of two, one that is not there, two folders: a usage error each."""
    found = _run(folder, *words)
    assert found.returncode == 2
    assert said in found.stderr


def test_a_folder_in_no_checkout_has_no_tags(tmp_path: Path) -> None:
    """Said as such, with nothing judged."""
    found = _run(tmp_path, "--from", "v1", "--to", "v2")
    assert found.returncode == 3
    assert "git" in found.stderr
    assert found.stdout == ""
