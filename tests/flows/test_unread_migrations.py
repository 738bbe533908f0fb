"""Migrations that nobody looked at, or that could not be read, are not taken for none, nor for harmless ones."""

import subprocess
from pathlib import Path

import pytest

from avnwizard.domain.plan import from_json
from avnwizard.errors import ExitCode
from avnwizard.flows.rollback.verdict import foreseen
from avnwizard.practice.host import PracticeHost
from tests.adapters.test_sql_reader import DEEP
from tests.flows.cli import answer_all, avnwizard


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def _release(stack: Path, work: Path, tag: str, files: dict[str, str]) -> None:
    """Tag a release after v2.0.0 on the remote, with files more."""

    def git(*words: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@t")
        done = subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("clone", "-q", git("-C", str(stack), "remote", "get-url", "origin"), str(work))
    git("-C", str(work), "checkout", "-q", "--detach", "v2.0.0")
    for name, text in files.items():
        (work / name).write_text(text)
    git("-C", str(work), "add", "-A")
    git("-C", str(work), "commit", "-qm", tag)
    git("-C", str(work), "tag", tag)
    git("-C", str(work), "push", "-q", "origin", tag)


def test_a_folder_that_is_not_there_is_told(stack: Path, tmp_path: Path) -> None:
    """`releases` and `plan` say that nothing was read, name the job that migrates, and promise no easy way back."""
    (stack / "avnwizard.toml").write_text('[stack]\nmigrations = "db/migrations"\n')
    said = avnwizard("releases", "--no-fetch", "--stack", stack)
    assert "v2.0.0: migrations not read: the release has no folder db/migrations" in said.err
    assert "no migrations" not in said.err
    assert avnwizard("releases", "--no-fetch", "--stack", stack, "--json").data["releases"][0]["migrations"] is None
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    said = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json")
    assert said.code == ExitCode.DONE, said.err
    plan = from_json(said.out)
    assert plan.verdict == "not read: the release has no folder db/migrations"
    assert not plan.migrations_read
    told = next(one for one in plan.warnings if "were not read" in one)
    assert "avnology-migrate" in told
    assert "hydra-migrate" in told
    assert "may change the database" in told
    assert foreseen(plan, ["avnology-migrate"], None).restore


def test_sql_that_kills_its_reader_is_one_file(stack: Path, tmp_path: Path) -> None:
    """A newer tag with such a file stops neither the list of releases nor the plan; the file is named."""
    folder = "deploy/docker/migrations"
    files = {f"{folder}/0007_deep.sql": DEEP, f"{folder}/0008_good.sql": "CREATE TABLE late (a int);\n"}
    _release(stack, tmp_path / "work", "v2.0.1", files)
    said = avnwizard("releases", "--stack", stack)
    assert said.code == ExitCode.DONE, said.err
    line = next(line for line in said.err.split("\n") if line.startswith("v2.0.1: "))
    assert "going back restores the snapshot" in line
    assert f"{folder}/0007_deep.sql could not be read (it crashed PostgreSQL's parser (signal 11))" in line
    answers = answer_all(stack, "v2.0.1", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v2.0.1", "--stack", stack, "--answers", answers, "--json").data
    assert plan["rollback_needs_restore"] is True
    told = {one["file"]: one["why"] for one in plan["statements"]}
    assert told[f"{folder}/0007_deep.sql"].startswith("could not be read (it crashed PostgreSQL's parser")
    assert any(one.endswith("0006_account_handles.sql") for one in told), "the others are judged as ever"
