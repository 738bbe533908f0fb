"""The whole upgrade on a real engine, through the command line: there, back, broken, killed, a closed terminal."""

import os
import signal
from pathlib import Path

import pytest

from avnwizard.adapters.state.finding import STATE_DIR
from avnwizard.engine.faults import KILL_AT
from avnwizard.engine.lock import holder
from avnwizard.errors import ExitCode
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard, in_a_session
from tests.lab.engine import Lab
from tests.lab.stack import LabStack
from tests.waiting import until

pytestmark = pytest.mark.engine
_LIMIT_S = 900.0


@pytest.fixture
def stack(lab_stack: LabStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabStack:
    """A seeded stack at v1.5.0 whose runs are kept in this test's folder."""
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    return lab_stack


@pytest.fixture
def answers(stack: LabStack, tmp_path: Path) -> Path:
    """Every question of v2.0.0 answered."""
    return answer_all(stack.clone, "v2.0.0", tmp_path / "answers.toml")


def _upgrade(stack: LabStack, answers: Path) -> list[str]:
    return ["upgrade", "--to", "v2.0.0", "--stack", str(stack.clone), "--yes", "--answers", str(answers)]


def _nothing_to_do(stack: LabStack) -> None:
    """A plain `docker compose up -d` would touch no container that serves."""
    done = stack.compose("up", "-d", "--dry-run")
    touched = [line for line in done.stderr.splitlines() if "Recreate" in line or "Creat" in line]
    assert touched == []


def _answers_from(stack: LabStack, service: str) -> str:
    """Which version answers through the edge; Traefik hears of a container some seconds after it is healthy."""
    until(lambda: stack.ask(service)[0] == 200, limit_s=20)
    return str(stack.ask(service)[1]["version"])


def test_there_and_back(stack: LabStack, answers: Path) -> None:
    """v1.5.0 to v2.0.0 with every row; then back to v1.5.0, its schema and its rows."""
    rows = stack.row_counts()
    schema = _schemas(stack)
    there = avnwizard(*_upgrade(stack, answers), timeout_s=_LIMIT_S)
    assert there.code == ExitCode.DONE, there.err
    assert stack.row_counts() == rows
    _rolled_together(stack, "audit", "risk", "saml")
    for service in ("docs", "web", "gateway", "kratos", "hydra"):
        assert _answers_from(stack, service).startswith(("v2.0.0", "v25.4.0"))
    assert avnwizard("status", "--stack", stack.clone, "--json").data["tag"] == "v2.0.0"
    _nothing_to_do(stack)

    back = avnwizard("rollback", "--stack", stack.clone, "--yes", timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert stack.row_counts() == rows
    assert {name: fingerprint for name, fingerprint in _schemas(stack).items() if name in schema} == schema
    for service in ("docs", "web", "gateway", "kratos", "hydra"):
        assert _answers_from(stack, service).startswith(("v1.5.0", "v1.3.1", "v2.3.0"))
    assert avnwizard("status", "--stack", stack.clone, "--json").data["tag"] == "v1.5.0"
    _nothing_to_do(stack)


def _rolled_together(stack: LabStack, *services: str) -> None:
    """Each was begun before any of them was done."""
    journal = open_host(stack.clone).journal()
    steps = [step for step in journal.steps(journal.runs()[0].id) if step.name.removeprefix("roll:") in services]
    assert len(steps) == len(services)
    assert max(step.started_at for step in steps) < min(step.finished_at for step in steps)


def _schemas(stack: LabStack) -> dict[str, str]:
    database = open_host(stack.clone).database()
    return {one.name: database.fingerprint(one.name) for one in database.databases()}


def test_an_image_that_never_gets_healthy(lab: Lab, stack: LabStack, tmp_path: Path) -> None:
    """Exit 4 and the old version serves on; `rollback` ends with 5 and v1.5.0 on its old schema."""
    rows = stack.row_counts()
    lab.push_build("docs-sick", "docs", "v2.0.0", broken=True)
    stack.move_tag("v2.0.0", "/docs:v2.0.0", "/docs-sick:v2.0.0")
    answers = answer_all(stack.clone, "v2.0.0", tmp_path / "answers.toml")
    broken = avnwizard(*_upgrade(stack, answers), timeout_s=_LIMIT_S)
    assert broken.code == ExitCode.STEP_FAILED, broken.err
    assert "did not become healthy" in broken.err
    assert "avnwizard rollback" in broken.err
    assert _answers_from(stack, "docs") == "v1.5.0"
    assert len(open_host(stack.clone).stack.containers("docs")) == 1
    back = avnwizard("rollback", "--stack", stack.clone, "--yes", timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert stack.row_counts() == rows
    assert _answers_from(stack, "gateway") == "v1.5.0"
    assert _answers_from(stack, "docs") == "v1.5.0"


def test_killed_after_the_terminal_was_closed_and_resumed(stack: LabStack, answers: Path) -> None:
    """SIGHUP to the session that started the run does not stop it; SIGKILL does, and `resume` ends it well."""
    rows = stack.row_counts()
    watcher = in_a_session(*_upgrade(stack, answers), env={KILL_AT: "roll:docs:start-new:after"})
    host = open_host(stack.clone)
    journal = host.journal()
    until(lambda: any(run.state == "running" for run in journal.runs()))
    os.killpg(watcher.pid, signal.SIGHUP)
    assert watcher.wait(timeout=30) == -signal.SIGHUP
    run = journal.runs()[0].id
    assert holder(host.lock)["run"] == run, "the run outlives its terminal"
    until(lambda: not holder(host.lock), limit_s=300)
    begun = {step.name: step.state for step in journal.steps(run)}
    assert begun["roll:docs"] == "started", "it was killed there"
    assert _answers_from(stack, "docs") in {"v1.5.0", "v2.0.0"}

    resumed = avnwizard("resume", "--stack", stack.clone, timeout_s=_LIMIT_S)
    assert resumed.code == ExitCode.DONE, resumed.err
    assert stack.row_counts() == rows
    assert len(host.stack.containers("docs")) == 1
    assert _answers_from(stack, "docs") == "v2.0.0"
    _nothing_to_do(stack)


def test_the_engine_is_down(stack: LabStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that does not answer: one clear error, nothing changed."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack.clone, "--yes")
    assert said.code == ExitCode.REFUSED
    assert "Traceback" not in said.err
    assert said.err.count("error:") >= 1
    assert "try: " in said.err
