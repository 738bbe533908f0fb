"""A run that is taken up again long after its snapshot."""

import time

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.engine import supervise
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@pytest.fixture
def begun(practice_host: PracticeHost) -> tuple[Host, str]:
    """An upgrade that failed at the pull; only the journal says so."""
    host = open_host(practice_host.project.directory)
    assert releases.fetch(host) == ""
    draft = inputs.draft(host, "v2.0.0")
    run = launch.create_upgrade(host, prepare(host, draft, Answers().accepting(draft.decisions(Answers()))))
    journal = host.journal()
    for step in ("snapshot", "checkout", "env"):
        journal.set_step(run, step, "done")
    journal.set_step(run, "pull", "failed")
    journal.set_run(run, "failed", pid=1, message="no room")
    return host, run


def _started(host: Host, run: str, monkeypatch: pytest.MonkeyPatch, *, days: float) -> bool:
    now, started = time.time(), list[list[str]]()
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now + days * 86400)
        patched.setattr(supervise, "spawn", lambda argv, **_: started.append(argv))
        launch.start(host, run)
    return bool(started)


def test_refused_while_a_new_one_costs_nothing(begun: tuple[Host, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Three days later a restore would lose three days; minutes later it goes on."""
    with pytest.raises(RefusedError, match="3 days old, and nothing was migrated yet") as raised:
        _started(*begun, monkeypatch, days=3)
    assert f"avnwizard rollback {begun[1]}" in raised.value.hint
    assert _started(*begun, monkeypatch, days=0.01)


def test_not_once_something_was_migrated(begun: tuple[Host, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the only way on is on, and the rollback says what it costs."""
    host, run = begun
    job = next(step.name for step in host.journal().steps(run) if step.name.startswith("job:"))
    host.journal().set_step(run, "pull", "done")
    host.journal().set_step(run, job, "failed")
    assert _started(host, run, monkeypatch, days=3)
