"""Bad input: one clear error, the right exit code, and nothing changed."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from avnwizard.engine.lock import held
from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import Said, answer_all, avnwizard


def _git(directory: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True)


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    _git(checkout, "fetch", "-q", "--tags")
    return checkout


def _world(stack: Path) -> dict[str, Any]:
    host = open_host(stack)
    return {
        "head": host.repo.head(),
        "edits": host.repo.diff(),
        "env": hashlib.sha256(host.stack.project.env_file.read_bytes()).hexdigest(),
        "containers": sorted((one.id, one.state) for one in host.stack.containers()),
        "runs": len(host.journal().runs()),
    }


def _one_error(said: Said, code: ExitCode, *words: str) -> None:
    """Exactly one error, with a hint, that says these words; nothing on stdout; no traceback."""
    assert said.code == code, said.err
    assert said.err.count("error:") == 1, said.err
    assert "try: " in said.err
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err


def test_not_a_git_repository(tmp_path: Path) -> None:
    """A folder without a checkout is refused, and stays empty."""
    _one_error(avnwizard("status", "--stack", tmp_path), ExitCode.REFUSED, "git")
    assert list(tmp_path.iterdir()) == []


def test_no_such_directory(tmp_path: Path) -> None:
    """A mistyped path is said to be missing."""
    _one_error(avnwizard("status", "--stack", tmp_path / "nope"), ExitCode.REFUSED, "nope")


def test_no_tags(stack: Path) -> None:
    """Without tags there are no releases."""
    tags = subprocess.run(["git", "-C", stack, "tag"], check=True, capture_output=True, text=True).stdout.split()
    _git(stack, "tag", "-d", *tags)
    _git(stack, "remote", "remove", "origin")
    before = _world(stack)
    _one_error(avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes"), ExitCode.REFUSED, "no tags")
    assert _world(stack) == before


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("v9.9.9", "no release 'v9.9.9'"),
        ("v1.4.2", "older than v1.5.0"),
        ("v1.5.0", "at v1.5.0 already"),
        ("--upload-pack=x", "no release"),
        ("v2.0.0\x1b[2J", "no release"),
    ],
)
def test_targets_that_cannot_be(stack: Path, target: str, words: str) -> None:
    """Unknown, older, current and hostile targets are refused, and no escape reaches the terminal."""
    before = _world(stack)
    said = avnwizard("upgrade", f"--to={target}", "--stack", stack, "--yes")
    _one_error(said, ExitCode.REFUSED, words)
    assert "\x1b" not in said.err
    assert _world(stack) == before


def _upgrade(stack: Path) -> Said:
    return avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes")


def test_open_decisions_are_listed(stack: Path) -> None:
    """`--yes` guesses nothing: what only the operator can decide is listed, and refused."""
    before = _world(stack)
    said = _upgrade(stack)
    _one_error(said, ExitCode.REFUSED, "decisions are open", "GATEWAY_SIGNING_SECRET", "--write-answers")
    assert _world(stack) == before


def test_an_env_file_that_others_can_read(stack: Path, tmp_path: Path) -> None:
    """It holds secrets: refused until it is private."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    (stack / ".env.production").chmod(0o644)
    before = _world(stack)
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    _one_error(said, ExitCode.REFUSED, "can be read by others", "chmod 600")
    assert _world(stack) == before


def test_an_env_file_that_is_not_utf8(stack: Path) -> None:
    """The line is named; no byte of it is shown."""
    env = stack / ".env.production"
    env.write_bytes(env.read_bytes() + b"\nBROKEN=\xff\xfe\n")
    said = _upgrade(stack)
    _one_error(said, ExitCode.REFUSED, "UTF-8")


def test_an_env_file_that_is_missing(stack: Path) -> None:
    """The path is named."""
    (stack / ".env.production").unlink()
    _one_error(_upgrade(stack), ExitCode.REFUSED, ".env.production")


def test_a_compose_file_that_does_not_resolve(stack: Path) -> None:
    """A required variable without a value is told by name, before anything is touched."""
    env = stack / ".env.production"
    env.write_text(env.read_text().replace("POSTGRES_PASSWORD=", "POSTGRES_PASSWORD_OLD="))
    _one_error(_upgrade(stack), ExitCode.REFUSED, "POSTGRES_PASSWORD")


def test_a_database_volume_that_the_files_no_longer_name(stack: Path, tmp_path: Path) -> None:
    """The compose file was edited since the stack was started: the database would start on another, empty volume."""
    compose = stack / "docker-compose.traefik.yml"
    compose.write_text(compose.read_text().replace("postgres_data", "pg_data"))
    before = _world(stack)
    words = "_postgres_data; v1.5.0 looks for them in the volume", "_pg_data", "start it empty"
    said = avnwizard("check", "--stack", stack)
    assert said.code == ExitCode.REFUSED
    assert all(word in " ".join(said.out.split()) for word in words), said.out
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    _one_error(said, ExitCode.REFUSED, *words)
    assert _world(stack) == before


def test_local_edits_that_conflict(stack: Path) -> None:
    """A conflict is told with the file's name, never resolved silently."""
    compose = stack / "docker-compose.traefik.yml"
    compose.write_text(compose.read_text().replace("valkey:8.0", "valkey:7.2"))
    before = _world(stack)
    _one_error(_upgrade(stack), ExitCode.REFUSED, "docker-compose.traefik.yml", "conflict")
    assert _world(stack) == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not toml", "not TOML"),
        ('from = "v1.4.2"\nto = "v2.0.0"', "another upgrade"),
        ('from = "v1.5.0"\nto = "v2.0.0"\n[value]\nTYPO = "x"', "TYPO"),
        ('from = "v1.5.0"\nto = "v2.0.0"\n[value]\nGATEWAY_SIGNING_SECRET = "Generate"', "write { generate = true }"),
        ('from = "v1.5.0"\nto = "v2.0.0"\n[value]\nA = { generate = 3 }', "neither text nor { generate = true }"),
        ('from = "v1.5.0"\nto = "v2.0.0"\n[rename]\nSMTP_URL = "COURIER SMTP"', "is no name of a variable"),
        ('from = "v1.5.0"\nto = "v2.0.0"\n[acknowledge]\n"2.0.0/1" = "yes"', "true or false"),
    ],
)
def test_answers_that_make_no_sense(stack: Path, tmp_path: Path, line: str, words: str) -> None:
    """A malformed answers file is a usage error that names the place."""
    answers = tmp_path / "answers.toml"
    answers.write_text(line + "\n")
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    _one_error(said, ExitCode.USAGE, words)


def test_answers_are_private_and_never_overwritten(stack: Path, tmp_path: Path) -> None:
    """The answers file is made 0600, and a file that is there is left alone."""
    file = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    assert file.stat().st_mode & 0o777 == 0o600
    said = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--write-answers", file)
    _one_error(said, ExitCode.USAGE, "exists already")


def test_answers_in_the_checkout_are_warned_of(stack: Path, tmp_path: Path) -> None:
    """They may hold secrets once they are filled in, and a checkout is copied, searched and committed."""
    inside, outside = (
        avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--write-answers", folder / "decided.toml")
        for folder in (stack, tmp_path)
    )
    assert (inside.code, outside.code) == (ExitCode.DONE, ExitCode.DONE)
    assert "lies in the checkout, and may hold secrets" in inside.err
    assert "may hold secrets" not in outside.err


def test_a_second_run_at_the_same_time(stack: Path, tmp_path: Path) -> None:
    """Whoever comes second is told which run holds the stack."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    host = open_host(stack)
    with held(host.lock, run="20260101-020304-ff", state_dir=tmp_path):
        said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
        _one_error(said, ExitCode.BUSY, "20260101-020304-ff", "attach")
    assert host.journal().runs() == []


def test_a_tag_that_the_remote_has_moved(stack: Path, tmp_path: Path) -> None:
    """The release that was fetched is no longer the one that the remote has under its name."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    _git(stack.parent / "remote.git", "tag", "-f", "v2.0.0", "v1.4.2^{commit}")
    before = _world(stack)
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    _one_error(said, ExitCode.REFUSED, "v2.0.0", "the tag was moved")
    assert _world(stack) == before


def test_a_full_disk(stack: Path, tmp_path: Path) -> None:
    """A disk that cannot hold the snapshot (a small tmpfs) is seen before anything is begun."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    snapshots = open_host(stack).state.snapshots
    snapshots.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", snapshots], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        before = _world(stack)
        said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
        _one_error(said, ExitCode.REFUSED, "A snapshot may need", "is free", "AVNWIZARD_STATE_DIR")
        assert _world(stack) == before
        assert list(snapshots.iterdir()) == []
    finally:
        subprocess.run(["umount", snapshots], check=True)


def test_a_service_that_ails(stack: Path, practice_host: PracticeHost, tmp_path: Path) -> None:
    """A stack with an unhealthy service is not upgraded; the service is named."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    practice_host.stack.stop(practice_host.stack.containers("web")[0].id, grace_s=1)
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    _one_error(said, ExitCode.REFUSED, "web")


def test_names_that_mean_nothing_here(stack: Path) -> None:
    """A run, a snapshot, a topic and a release that are not there: each is one error that says how to list them."""
    before = _world(stack)
    runs = ("There is no run 'nosuch'", "avnwizard runs")
    snapshots = ("There is no snapshot 'nosuch'", "avnwizard snapshot list")
    for verb, words in (
        *((verb, runs) for verb in ("show nosuch", "report nosuch", "resume nosuch", "rollback nosuch --yes")),
        *((f"snapshot {verb} nosuch", snapshots) for verb in ("verify", "restore --yes")),
        ("accept nosuch --yes", runs),
        ("rollback --yes", ("There is no run to roll back", "avnwizard runs")),
    ):
        _one_error(avnwizard(*verb.split(), "--stack", stack), ExitCode.REFUSED, *words)
    _one_error(avnwizard("help", "nosuch"), ExitCode.USAGE, "no help topic 'nosuch'", "screens")
    assert "Did you mean 'upgrade'?" in avnwizard("upgrad").err
    assert "No such option" in avnwizard("plan", "--too", "v2.0.0").err
    assert _world(stack) == before


def test_a_remote_that_is_gone(stack: Path) -> None:
    """The releases that are here are listed all the same, with git's own reason and not its arguments."""
    _git(stack, "remote", "set-url", "origin", "http://bot:hunter2@127.0.0.1:9/x.git")
    said = avnwizard("releases", "--stack", stack)
    assert said.code == ExitCode.DONE
    assert "v2.1.0" in said.out
    assert "These are the releases that are here. The remote was not reached: fatal: " in said.err
    assert "hunter2" not in said.err
    assert "--no-prune" not in said.err


def test_no_terminal_to_confirm_on(stack: Path, tmp_path: Path) -> None:
    """Without --yes and without a terminal nothing starts."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--answers", answers)
    _one_error(Said(said.code, "", said.err), ExitCode.USAGE, "--yes")


@pytest.mark.parametrize("words", [["upgrade"], ["nonsense"], ["upgrade", "--to"], ["status", "--colour"]])
def test_a_command_line_that_makes_no_sense(words: list[str]) -> None:
    """Usage errors have exit code 2 and leave stdout alone."""
    said = avnwizard(*words)
    assert said.code == ExitCode.USAGE
    assert said.out == ""


def test_help_and_version_import_nothing_heavy() -> None:
    """`--help` and `--version` need neither Textual nor an adapter's library."""
    code = (
        "import sys; sys.argv = ['avnwizard', '{}']\n"
        "from avnwizard.cli.app import run\n"
        "assert run() == 0\n"
        "heavy = {{'textual', 'git', 'psycopg', 'pydantic', 'python_on_whales'}} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for word in ("--help", "--version"):
        subprocess.run([sys.executable, "-c", code.format(word)], check=True, capture_output=True)
