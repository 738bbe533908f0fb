"""The verbs that read a release: JSON for scripts, plain text for people, clear errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ENV_OLD = "# who\nTEAM_NAME=zebra7\nPLAIN=1\n"
_ENV_NEW = "# who\nORGANIZATION_NAME=zebra7\nPLAIN=2\nNEWCOMER=\x1b[31mred\n"


def _run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "avnwizard", *map(str, args)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with one file of each kind."""
    (tmp_path / "old.env").write_text(_ENV_OLD)
    (tmp_path / "new.env").write_text(_ENV_NEW)
    (tmp_path / "CHANGELOG.md").write_text(
        "## 2.0.0 (2024-01-02)\n\n### Breaking\n\n- [BREAK]\x1b[2J it\n\n## 1.0.0\n"
    )
    (tmp_path / "1.sql").write_text("ALTER TABLE t DROP COLUMN c;\n")
    return tmp_path


def test_env_diff_json(files: Path) -> None:
    """The document has the agreed keys, and stdout holds nothing else."""
    found = json.loads(_run("env", "diff", files / "old.env", files / "new.env", "--json").stdout)
    assert found["added"] == ["NEWCOMER"]
    assert found["removed"] == []
    assert [(r["old"], r["new"]) for r in found["renamed"]] == [("TEAM_NAME", "ORGANIZATION_NAME")]
    assert 0.5 <= found["renamed"][0]["confidence"] <= 1
    assert found["renamed"][0]["why"]
    assert found["changed"] == [{"key": "PLAIN", "old_default": "1", "new_default": "2", "comment_changed": False}]


def test_env_diff_passes_over_a_line_that_is_no_assignment(files: Path) -> None:
    """The rest of a release's file is compared, and the line is reported by number in both forms of output."""
    (files / "broken.env").write_text("/*\nTEAM_NAME=zebra7\nsome prose\nPLAIN=1\nMORE='x\nLATER=1\n")
    found = json.loads(_run("env", "diff", files / "old.env", files / "broken.env", "--json").stdout)
    assert (found["added"], found["removed"], found["renamed"]) == (["LATER"], [], [])
    assert found["unread_lines"] == {"old": [], "new": [1, 3, 5]}
    shown = _run("env", "diff", files / "old.env", files / "broken.env").stdout
    assert [number for number in range(1, 7) if f"skipped   broken.env, line {number}  " in shown] == [1, 3, 5]


def test_changelog_json(files: Path) -> None:
    """Versions, dates and breaking items; a missing section is talk on stderr."""
    found = _run("changelog", files / "CHANGELOG.md", "--from", "v0.9.0", "--to", "v2.0.0", "--json")
    document = json.loads(found.stdout)
    assert (document["from"], document["to"]) == ("v0.9.0", "v2.0.0")
    assert [(v["version"], v["date"], len(v["breaking"])) for v in document["versions"]] == [
        ("2.0.0", "2024-01-02", 1),
        ("1.0.0", None, 0),
    ]
    assert (document["read"], document["unread"]) == ("read", [])
    assert [(v["read"], v["notices"], v["doubts"]) for v in document["versions"]] == [("read", [], [])] * 2
    assert "v0.9.0" in found.stderr


def test_migrations_json(files: Path) -> None:
    """A folder or a file gives statements with their places, and a verdict."""
    for path in (files, files / "1.sql"):
        found = json.loads(_run("migrations", path, "--json").stdout)
        assert [(s["line"], s["kind"], s["table"]) for s in found["statements"]] == [(1, "destructive", "t")]
        assert "restore" in found["verdict"]


def test_sql_that_kills_its_reader_is_named(files: Path) -> None:
    """The verb goes on, says which file it was, and is cautious."""
    (files / "2.sql").write_text("select " + "+".join(["1"] * 30_000))
    found = _run("migrations", files)
    assert found.returncode == 0, found.stderr
    assert "2.sql:1    could not be read (it crashed PostgreSQL's parser (signal 11))" in found.stdout
    assert "drops column c" in found.stdout


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["env", "diff", "old.env", "new.env"], "TEAM_NAME -> ORGANIZATION_NAME"),
        (["changelog", "CHANGELOG.md", "--from", "1.0.0", "--to", "2.0.0"], "[BREAK]␛[2J it"),
        (["migrations", "1.sql"], "drops column c"),
    ],
)
def test_for_people(files: Path, args: list[str], expected: str) -> None:
    """Without --json the text is readable, keeps its brackets, and no escape reaches the terminal."""
    found = _run(*(files / a if (files / a).exists() else a for a in args))
    assert found.returncode == 0
    assert expected in found.stdout
    assert "\x1b" not in found.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["env", "diff", "none.env", "none.env"], "cannot be read"),
        (["env", "diff", ".", "."], "is a folder"),
        (["env", "diff", "bad.env", "bad.env"], "not UTF-8"),
        (["env", "diff", "old.env", "new.env", "--env", "broken.env"], "line 2"),
        (["changelog", "old.env", "--from", "main", "--to", "1.0"], "is not a version"),
        (["migrations", "none.sql"], "does not exist"),
        (["changelog", "old.env"], "--from"),
    ],
)
def test_bad_input(files: Path, args: list[str], said: str) -> None:
    """Bad input is one clear error on stderr, exit code 2, and nothing on stdout."""
    (files / "bad.env").write_bytes(b"A=\xff\n")
    (files / "broken.env").write_text("A=1\nB='x\n")
    found = _run(*(files / a if "." in a and not a[0].isdigit() else a for a in args))
    assert found.returncode == 2
    assert said in " ".join(found.stderr.split())
    assert found.stdout == ""
    assert "Traceback" not in found.stderr


def test_help_is_light() -> None:
    """`--help` loads no screen, no adapter and none of the parsers."""
    script = (
        "import sys; sys.argv = ['avnwizard', '--help']\n"
        "from avnwizard.cli.app import run\nrun()\n"
        "heavy = {'textual', 'git', 'psycopg', 'python_on_whales', 'pglast', 'yaml'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stderr


_NOTES = """# Changelog

## [2.0.0] - 2025-08-06

### Breaking

- **Names are handles.** `0006.sql` renames
  `accounts.login`. Going back needs the dump.

### Added

- Accounts have a region.

## [1.0.0]
"""


def test_the_changelog_is_told_in_full(tmp_path: Path) -> None:
    """Every sentence of what breaks, and what was added and changed too; in a pipe one line each, without marks."""
    (tmp_path / "CHANGELOG.md").write_text(_NOTES)
    lines = _run("changelog", tmp_path / "CHANGELOG.md", "--from", "1.0.0", "--to", "2.0.0").stdout.splitlines()
    assert "BREAKING  Names are handles. 0006.sql renames accounts.login. Going back needs the dump." in lines
    assert "Added: Accounts have a region." in lines
