"""What a release means, read for this operator's stack before anything is decided."""

import subprocess
from pathlib import Path

import pytest

from avnwizard.domain.migrations.verdict import OLD_CODE_WORKS_ON
from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from tests.flows.cli import answer_all, avnwizard


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def test_releases_say_what_they_mean(stack: Path) -> None:
    """Each release with its breaking items, its env changes and the verdict on its migrations."""
    said = avnwizard("releases", "--stack", stack, "--json").data
    assert said["current"] == "v1.5.0"
    assert [one["tag"] for one in said["releases"]] == ["v2.1.0", "v2.0.0"]
    major = said["releases"][1]
    assert (major["kind"], major["breaking"], major["env_changes"]) == ("major", 4, 4)
    assert major["changelog"] == "read"
    assert "going back restores the snapshot" in major["verdict"]


def test_the_plan_tells_what_the_migrations_do(stack: Path, tmp_path: Path) -> None:
    """The statement that breaks the old code stands in the plan with file, line and reason; sizes become times."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json").data
    assert plan["rollback_needs_restore"] is True
    told = {(Path(one["file"]).name, one["kind"]) for one in plan["statements"]}
    assert {("0006_account_handles.sql", "incompatible"), ("0006_account_handles.sql", "destructive")} <= told
    rewriting = next(one for one in plan["statements"] if one["kind"] == "rewriting")
    assert "about" in rewriting["why"]
    assert any("old code does not work on the new schema" in warning for warning in plan["warnings"])
    assert any("Ory" in warning for warning in plan["warnings"])
    assert any(change.startswith("valkey runs") for change in plan["changes"])


def test_no_value_of_the_env_file_is_in_the_plan(stack: Path, tmp_path: Path) -> None:
    """The compose model holds every secret; the plan's sentences about it hold none."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json").out
    for line in (stack / ".env.production").read_text().splitlines():
        key, _, value = line.partition("=")
        if key.endswith(("_PASSWORD", "_SECRET", "_KEY")) and value:
            assert value not in plan


def test_another_postgres_major_is_no_plain_roll(stack: Path, tmp_path: Path) -> None:
    """A release that takes Postgres to its next major is refused, with the reason, before anything is touched."""
    work = tmp_path / "work"
    remote = subprocess.run(
        ["git", "-C", str(stack), "remote", "get-url", "origin"], check=True, capture_output=True, text=True
    ).stdout.strip()
    _git(tmp_path, "clone", "-q", remote, str(work))
    _git(work, "checkout", "-q", "--detach", "v2.0.0")
    compose = work / "docker-compose.traefik.yml"
    compose.write_text(compose.read_text().replace("postgres:17", "postgres:18"))
    _git(work, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam", "Postgres 18")
    _git(work, "-c", "user.name=t", "-c", "user.email=t@t", "tag", "-a", "v2.2.0", "-m", "v2.2.0")
    _git(work, "push", "-q", "origin", "v2.2.0")
    answers = answer_all(stack, "v2.2.0", tmp_path / "answers.toml")
    said = avnwizard("plan", "--to", "v2.2.0", "--stack", stack, "--answers", answers)
    assert said.code == ExitCode.REFUSED
    assert "from Postgres 17 to 18" in said.err
    assert "avnwizard postgres upgrade --to 18. Then give this upgrade again" in " ".join(said.err.split())
    assert "Nothing was changed" in said.err


def _git(directory: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True)


def test_a_release_without_notes_is_called_unread(stack: Path, tmp_path: Path) -> None:
    """A release whose changelog has no section for it is reported as not read, in the list and in the plan."""
    work = tmp_path / "work"
    remote = subprocess.run(
        ["git", "-C", str(stack), "remote", "get-url", "origin"], check=True, capture_output=True, text=True
    ).stdout.strip()
    subprocess.run(["git", "clone", "-q", remote, str(work)], check=True)
    git = ["git", "-C", str(work), "-c", "user.name=t", "-c", "user.email=t@x"]
    subprocess.run([*git, "checkout", "-q", "v1.5.0"], check=True)
    (work / "CHANGELOG.md").write_text("# Changelog\n\nSee the website.\n")
    subprocess.run([*git, "commit", "-qam", "empty"], check=True)
    subprocess.run([*git, "tag", "v1.5.1"], check=True)
    subprocess.run([*git, "push", "-q", "origin", "v1.5.1"], check=True)
    listed = avnwizard("releases", "--stack", stack, "--json").data["releases"]
    assert {one["tag"]: one["changelog"] for one in listed}["v1.5.1"] == "not read"
    answers = answer_all(stack, "v1.5.1", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v1.5.1", "--stack", stack, "--answers", answers, "--json").data
    assert "was not read" in plan["changelog"]
    assert "nothing as breaking" not in plan["changelog"]


def test_what_migrations_mean_is_a_column_of_the_list(stack: Path) -> None:
    """A release whose migrations nobody notices has no line below the table; one that needs more keeps its line."""
    said = avnwizard("releases", "--stack", stack)
    assert "migrations" in said.out.splitlines()[0]
    assert OLD_CODE_WORKS_ON not in said.out + said.err
    assert "going back restores the snapshot" in said.err
