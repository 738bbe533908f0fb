"""Whole runs on the practice host, through the command line: upgrade, failures, resume, rollback, a lost terminal."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avnwizard.engine.lock import holder
from avnwizard.errors import ExitCode
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.stack.run_folder import ENV_AFTER
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.host import open_host as open_practice
from avnwizard.wiring import open_host
from tests.flows.cli import Said, answer_all, avnwizard, in_a_session
from tests.waiting import until


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def _upgrade(stack: Path, answers: Path, env: dict[str, str] | None = None) -> Said:
    return avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers, env=env)


def _images(stack: Path) -> dict[str, str]:
    return {one.service: one.image for one in open_host(stack).stack.containers()}


def _rows(stack: Path) -> dict[str, Any]:
    database = open_host(stack).database()
    return {one.name: database.row_counts(one.name) for one in database.databases() if "__" not in one.name}


def test_there_and_back(stack: Path, tmp_path: Path) -> None:
    """v1.5.0 to v2.0.0 with every row kept, then back with the old schema, the old files and the old images."""
    images, rows, head = _images(stack), _rows(stack), open_host(stack).repo.head()
    env = (stack / ".env.production").read_bytes()
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")

    assert _upgrade(stack, answers).code == ExitCode.DONE
    host = open_host(stack)
    assert host.repo.head().tag == "v2.0.0"
    assert (stack / ".env.production").stat().st_mode & 0o777 == 0o600
    after = _rows(stack)
    assert {t: n for t, n in rows["kratos"].items() if "migration" not in t}.items() <= after["kratos"].items()
    text = (stack / ".env.production").read_text()
    assert "\nCOURIER_SMTP_URL=" in text
    assert "\nGATEWAY_RATE_LIMIT_RPM=1200" in text
    assert "\n# AUDIT_LEGACY_SINK=" in text or "\n#AUDIT_LEGACY_SINK=" in text
    assert host.repo.state().edited == ("docker-compose.traefik.yml",)

    again = avnwizard("rollback", "--stack", stack, "--yes")
    assert again.code == ExitCode.DONE, again.err
    assert (_images(stack), _rows(stack), open_host(stack).repo.head()) == (images, rows, head)
    assert (stack / ".env.production").read_bytes() == env
    kept = [one.name for one in open_host(stack).database().databases() if "__kept_" in one.name]
    assert len(kept) == 4, "the databases as they were at v2.0.0 are set aside, not destroyed"
    assert [run["state"] for run in avnwizard("runs", "--stack", stack, "--json").data] == ["done", "undone"]


def test_a_minor_upgrade_goes_back_without_a_restore(
    practice_host: PracticeHost, stack: Path, tmp_path: Path
) -> None:
    """Where the schema did not move, going back leaves the databases and what was written since alone."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    practice_host.order("pull:web")
    said = _upgrade(stack, answers)
    assert said.code == ExitCode.STEP_FAILED
    assert "avnwizard rollback" in said.err
    assert avnwizard("rollback", "--stack", stack, "--yes").code == ExitCode.DONE
    assert not [one.name for one in open_host(stack).database().databases() if "__kept_" in one.name]
    assert open_host(stack).repo.head().tag == "v1.5.0"


@pytest.mark.parametrize("failure", ["pull", "unhealthy:docs", "migration", "disk"])
def test_a_failure_is_told_mended_and_resumed(
    practice_host: PracticeHost, stack: Path, tmp_path: Path, failure: str
) -> None:
    """Each failure: exit 4 with the way on, the old stack serving; once mended, `resume` ends well."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    practice_host.order(failure)
    said = _upgrade(stack, answers)
    assert said.code == ExitCode.STEP_FAILED, said.err
    assert "avnwizard resume" in said.err or "resume" in said.err
    serving = [one for one in practice_host.stack.containers("docs") if one.is_serving]
    assert [one.image.rpartition(":")[2] for one in serving] == ["v1.5.0"]
    refused = _upgrade(stack, answers)
    assert refused.code == ExitCode.REFUSED
    assert "unfinished" in refused.err or "at v2.0.0 already" in refused.err
    found = avnwizard("check", "--stack", stack).out
    moved = failure != "disk"
    assert ("is half done." in found) == moved
    assert ("Do not bring the services in step by hand." in found) == moved
    assert "up -d" not in found, "nothing is to be brought in step by hand meanwhile"
    status = avnwizard("status", "--stack", stack).err
    assert ("is half done: " in status) == moved
    assert "which this release does not pin" not in status
    practice_host.failures.clear()
    resumed = avnwizard("resume", "--stack", stack)
    assert resumed.code == ExitCode.DONE, resumed.err


def test_a_full_disk_leaves_no_half_snapshot(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """A disk that fills up in mid-dump: told as such, nothing changed, no partial snapshot left behind."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    practice_host.order("disk")
    said = _upgrade(stack, answers)
    assert said.code == ExitCode.STEP_FAILED
    assert "No space left" in said.err
    assert "Nothing was changed" in said.err
    host = open_host(stack)
    assert list(host.state.snapshots.iterdir()) == []
    assert host.repo.head().tag == "v1.5.0"


def test_secrets_stay_where_they_belong(stack: Path, tmp_path: Path) -> None:
    """No secret of either env file is in the journal, a feed, a log, a report, the plan, or what is printed."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack, "--answers", answers, "--json")
    said = _upgrade(stack, answers)
    host = open_host(stack)
    run = host.journal().runs()[0].id
    env = (host.state.run(run) / ENV_AFTER).read_text()
    secrets = [
        line.partition("=")[2].strip()
        for line in env.splitlines()
        if line.partition("=")[0].endswith(("_PASSWORD", "_SECRET", "_KEY")) and not line.startswith("#")
    ]
    assert len(secrets) > 8
    host.journal().close()
    told = [plan.out, plan.err, said.out, said.err]
    for kind in ("*.jsonl", "*.md", "*.log"):
        told += [file.read_text() for file in host.state.folder.rglob(kind)]
    told.append((host.state.folder / "journal.db").read_bytes().decode("latin-1"))
    for text in told:
        for secret in secrets:
            assert secret not in text
    manifest = snapshots.load(host.files, next(host.state.snapshots.iterdir()))
    assert {one.name for one in manifest.databases} >= {"avnology", "kratos", "hydra", "keto"}


def _slow(stack: Path) -> None:
    practice = open_practice(stack)
    practice.state.set("speed", 8.0)
    practice.close()


def test_closing_the_terminal_does_not_stop_the_run(stack: Path, tmp_path: Path) -> None:
    """SIGHUP to the session that started the run: the run goes on, and can be attached to."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    _slow(stack)
    watcher = in_a_session("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers)
    host = open_host(stack)
    lock, journal = host.lock, host.journal()
    until(lambda: any(run.state == "running" for run in journal.runs()))
    os.killpg(watcher.pid, signal.SIGHUP)
    assert watcher.wait(timeout=30) == -signal.SIGHUP
    assert holder(lock).get("run"), "the run went on"
    attached = avnwizard("attach", "--stack", stack)
    assert attached.code == ExitCode.DONE, attached.err
    assert open_host(stack).repo.head().tag == "v2.0.0"


def test_pause_abort_resume(stack: Path, tmp_path: Path) -> None:
    """A live run pauses after its step, stops where it is safe, and goes on when resumed."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    _slow(stack)
    started = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers, "--detach")
    assert started.code == ExitCode.DONE
    host = open_host(stack)
    journal = host.journal()
    run = journal.runs()[0].id
    until(lambda: holder(host.lock).get("run") == run)
    assert avnwizard("pause", "--stack", stack).code == ExitCode.DONE
    until(lambda: journal.run(run).state == "paused")
    done = [step.name for step in journal.steps(run) if step.state == "done"]
    assert avnwizard("rollback", run, "--stack", stack, "--yes").code == ExitCode.REFUSED
    assert avnwizard("abort", "--stack", stack).code == ExitCode.DONE
    until(lambda: journal.run(run).state == "aborted" and not holder(host.lock))
    assert [step.name for step in journal.steps(run) if step.state == "done"] == done
    practice = open_practice(stack)
    practice.state.set("speed", 1000.0)
    assert avnwizard("resume", run, "--stack", stack).code == ExitCode.DONE


def test_sigterm_stops_where_it_is_safe(stack: Path, tmp_path: Path) -> None:
    """SIGTERM to the run's process (a machine that shuts down): it stops between effects, and is resumed later."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    _slow(stack)
    avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers, "--detach")
    host = open_host(stack)
    journal = host.journal()
    until(lambda: any(run.state == "running" for run in journal.runs()))
    run = journal.runs()[0]
    os.kill(run.pid, signal.SIGTERM)
    until(lambda: not holder(host.lock))
    assert journal.run(run.id).state == "aborted"
    assert "started" not in {step.state for step in journal.steps(run.id) if step.name != "snapshot"}


@pytest.fixture
def own_tmp() -> Iterator[Path]:
    """A folder for temporary files that is no other test's, and that the user of PostgreSQL reaches too."""
    folder = Path(tempfile.mkdtemp(prefix="avnwizard-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_the_demo_runs_unattended(own_tmp: Path) -> None:
    """It says what to expect, and leaves nothing but the report where it says; --remove asks, then takes that too."""
    env = {"TMPDIR": str(own_tmp)}  # what other demos of this machine left behind is none of ours
    said = avnwizard("demo", "--yes", "--speed", "1000", env=env)
    assert said.code == ExitCode.DONE, said.err
    folder = Path(said.err.partition("practice stack in ")[2].split()[0])
    assert folder.name.startswith("avnwizard-demo-")
    assert "expected: this release's migration does not work with the old code" in said.err
    before = said.err.partition("making a practice stack")[2].partition("expected: ")[0]
    assert len(before.splitlines()) <= 13, "the plan is a summary"
    report = Path(said.err.partition("the report is ")[2].split()[0])
    assert "requests" in report.read_text()
    loses = " 0 lost" not in said.err.partition("edge: ")[2].partition("\n")[0]
    assert loses == ("from the migrations on as expected: " in said.err), "afterwards too"
    assert {file.name for file in folder.rglob("*") if file.is_file()} == {"report.md", "report.html"}
    asked = avnwizard("demo", "--remove", env=env)
    assert asked.code == ExitCode.USAGE, "there is no terminal to answer on"
    assert str(folder) in asked.err
    assert report.exists()
    assert avnwizard("demo", "--remove", "--yes", env=env).code == ExitCode.DONE
    assert not folder.exists()


def test_a_failed_demo_is_removed_by_its_name(tmp_path: Path) -> None:
    """It says how to look at it and how to remove it; a folder that is no practice stack is left alone."""
    folder = tmp_path / "demo"
    said = avnwizard("demo", "--yes", "--speed", "1000", "--fail", "pull", "--dir", folder)
    assert said.code == ExitCode.STEP_FAILED
    assert f"avnwizard --stack {folder}/avnology-id" in said.err
    assert f"avnwizard demo --remove --dir {folder}" in said.err
    assert avnwizard("demo", "--remove", "--dir", folder).code == ExitCode.DONE
    assert not folder.exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine").touch()
    assert avnwizard("demo", "--remove", "--dir", other).code == ExitCode.REFUSED
    assert (other / "mine").exists()
