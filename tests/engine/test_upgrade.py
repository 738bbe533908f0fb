"""The whole upgrade on a real engine, through the command line: broken, killed, a closed terminal, there, back.

It is one story on one stack: starting the fifteen services takes as long as an upgrade of them.
"""

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


def _upgrade(stack: LabStack, tag: str, folder: Path) -> list[str]:
    """The words of an upgrade with every question answered."""
    answers = answer_all(stack.clone, tag, folder / f"{tag}.toml")
    return ["upgrade", "--to", tag, "--stack", str(stack.clone), "--yes", "--answers", str(answers)]


def _nothing_to_do(stack: LabStack) -> None:
    """A plain `docker compose up -d` would touch no container that serves."""
    done = stack.compose("up", "-d", "--dry-run")
    touched = [line for line in done.stderr.splitlines() if "Recreate" in line or "Creat" in line]
    assert touched == []


def _answers_from(stack: LabStack, service: str) -> str:
    """Which version answers through the edge; Traefik hears of a container some seconds after it is healthy."""
    until(lambda: stack.ask(service)[0] == 200, limit_s=20)
    return str(stack.ask(service)[1]["version"])


def test_there_and_back(lab: Lab, stack: LabStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """v1.5.0 to v2.0.0 with every row, whatever happens on the way; then back to v1.5.0, its schema and its rows."""
    rows = stack.row_counts()
    schema = _schemas(stack)
    _the_engine_is_down(stack, monkeypatch)
    _an_image_that_never_gets_healthy(lab, stack, tmp_path)
    assert stack.row_counts() == rows
    assert _known(_schemas(stack), schema) == schema

    _killed_after_the_terminal_was_closed_and_resumed(stack, tmp_path)
    assert stack.row_counts() == rows
    _rolled_together(stack, "audit", "risk", "saml")
    for service in ("docs", "web", "gateway", "kratos", "hydra"):
        assert _answers_from(stack, service).startswith(("v2.0.0", "v25.4.0"))
    assert avnwizard("status", "--stack", stack.clone, "--json").data["tag"] == "v2.0.0"
    _nothing_to_do(stack)

    back = avnwizard("rollback", "--stack", stack.clone, "--yes", timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert stack.row_counts() == rows
    assert _known(_schemas(stack), schema) == schema
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


def _known(found: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """Of the databases that were there before: a rollback keeps the ones that it put aside."""
    return {name: fingerprint for name, fingerprint in found.items() if name in before}


def _an_image_that_never_gets_healthy(lab: Lab, stack: LabStack, folder: Path) -> None:
    """Exit 4 and the old version serves on; `rollback` ends with 0 and v1.5.0."""
    lab.push_build("docs-sick", "docs", "v2.0.0", broken=True)
    stack.release_patch("v2.0.0", "v2.0.1", "/docs:v2.0.0", "/docs-sick:v2.0.0")
    broken = avnwizard(*_upgrade(stack, "v2.0.1", folder), timeout_s=_LIMIT_S)
    assert broken.code == ExitCode.STEP_FAILED, broken.err
    assert "did not become healthy" in broken.err
    assert "avnwizard rollback" in broken.err
    assert _answers_from(stack, "docs") == "v1.5.0"
    assert len(open_host(stack.clone).stack.containers("docs")) == 1
    back = avnwizard("rollback", "--stack", stack.clone, "--yes", timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert _answers_from(stack, "gateway") == "v1.5.0"
    assert _answers_from(stack, "docs") == "v1.5.0"


def _killed_after_the_terminal_was_closed_and_resumed(stack: LabStack, folder: Path) -> None:
    """SIGHUP to the session that started the run does not stop it; SIGKILL does, and `resume` ends it well."""
    host = open_host(stack.clone)
    journal = host.journal()
    former = {run.id for run in journal.runs()}
    watcher = in_a_session(*_upgrade(stack, "v2.0.0", folder), env={KILL_AT: "roll:docs:start-new:after"})
    until(lambda: any(run.state == "running" for run in journal.runs()))
    os.killpg(watcher.pid, signal.SIGHUP)
    assert watcher.wait(timeout=30) == -signal.SIGHUP
    run = journal.runs()[0].id
    assert run not in former
    assert holder(host.lock)["run"] == run, "the run outlives its terminal"
    until(lambda: not holder(host.lock), limit_s=300)
    begun = {step.name: step.state for step in journal.steps(run)}
    assert begun["roll:docs"] == "started", "it was killed there"
    assert _answers_from(stack, "docs") in {"v1.5.0", "v2.0.0"}

    resumed = avnwizard("resume", "--stack", stack.clone, timeout_s=_LIMIT_S)
    assert resumed.code == ExitCode.DONE, resumed.err
    assert len(host.stack.containers("docs")) == 1
    assert _answers_from(stack, "docs") == "v2.0.0"


def _the_engine_is_down(stack: LabStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that does not answer: one clear error, nothing changed."""
    with monkeypatch.context() as away:
        away.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack.clone, "--yes")
    assert said.code == ExitCode.REFUSED
    assert "Traceback" not in said.err
    assert said.err.count("error:") >= 1
    assert "try: " in said.err
