"""A second login on the same stack, with its own state folder: it is shown who is at work and what is unfinished."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from avnwizard.cli.verbs import looking, runs, upgrade
from avnwizard.domain.answers import Answers
from avnwizard.domain.config import StatePaths
from avnwizard.domain.findings import Finding
from avnwizard.engine import lock
from avnwizard.engine.holding import login
from avnwizard.engine.journal import Journal
from avnwizard.errors import BusyError, ExitCode, HostError, RefusedError
from avnwizard.flows.check import check
from avnwizard.flows.holding import holding
from avnwizard.flows.host import Host
from avnwizard.flows.memory import memory
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.planned import PlannedStep
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@dataclass(frozen=True)
class _Two:
    """Two logins on one stack."""

    deploy: Host
    sudo: Host

    def findings(self) -> list[Finding]:
        """What `check` shows the second one of runs."""
        return [one for one in check(self.sudo) if one.check == "runs"]


@pytest.fixture
def two(practice_host: PracticeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Two:
    """The second login is the one whose verbs are called."""
    deploy = open_host(practice_host.project.directory)
    sudo = replace(deploy, state=StatePaths(tmp_path / "root-state" / "id-1"))
    for module in (looking, runs, upgrade):
        monkeypatch.setattr(module, "open_stack", lambda _directory: sudo)
    return _Two(deploy, sudo)


_ASK: list[Callable[[], int]] = [runs.abort, runs.pause, upgrade.attach]


@pytest.mark.parametrize("verb", _ASK)
def test_a_run_of_another_login_cannot_be_asked_for_anything(two: _Two, verb: Callable[[], int]) -> None:
    """Exit code 3, who holds the stack and where: never a word that something stops, and nothing is posted."""
    with holding(two.deploy, run="20260101-020304-ff", kind="upgrade"), pytest.raises(RefusedError) as raised:
        verb()
    assert raised.value.exit_code == ExitCode.REFUSED
    user = login()
    assert f"Run 20260101-020304-ff (process {os.getpid()}, started by {user}) holds this stack" in str(raised.value)
    assert f"Its journal is in {two.deploy.state.folder}, not in {two.sudo.state.folder}." in str(raised.value)
    place = f"AVNWIZARD_STATE_DIR={two.deploy.state.folder.parent} avnwizard {verb.__name__}"
    assert raised.value.hint == place, "the same user needs no other login, only the other folder"
    for host in (two.deploy, two.sudo):
        assert host.journal().take_controls("20260101-020304-ff") == []


@pytest.mark.parametrize("verb", _ASK)
def test_work_without_a_run_cannot_be_asked_for_anything(two: _Two, verb: Callable[[], int]) -> None:
    """One login is enough: a check of a snapshot hears no control, and is named as what it is."""
    with holding(two.sudo, run="r1", kind="verify"), pytest.raises(RefusedError, match="A check of a snap") as raised:
        verb()
    assert "cannot be" in str(raised.value)
    assert "Ctrl+C" in raised.value.hint
    assert two.sudo.journal().take_controls("r1") == []


def test_an_own_run_still_hears(two: _Two) -> None:
    """The run of this login gets what it is asked."""
    two.sudo.journal().create_run("r1", kind="upgrade", title="t", plan="{}", steps=[])
    with holding(two.sudo, run="r1", kind="upgrade"):
        assert runs.pause() == ExitCode.DONE
    assert two.sudo.journal().take_controls("r1") == ["pause"]
    with pytest.raises(RefusedError, match="No run is live"):
        runs.abort()


def test_an_abort_that_nobody_heard_is_refused(two: _Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run that ended just then, and a run that the journal does not know, do not end with exit code 0."""
    with holding(two.sudo, run="r0", kind="upgrade"), pytest.raises(RefusedError, match="no run 'r0'"):
        runs.abort()
    two.sudo.journal().create_run("r1", kind="upgrade", title="t", plan="{}", steps=[])
    with holding(two.sudo, run="r1", kind="upgrade"):
        answers = iter([lock.holder(two.sudo.lock)])
        monkeypatch.setattr(lock, "holder", lambda _: next(answers, {}))
        with pytest.raises(RefusedError, match="ended before it heard"):
            runs.abort()


def test_check_and_runs_name_the_place_and_what_lies_elsewhere(
    two: _Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the state is; a login that is led elsewhere by its environment; earlier runs in another folder."""
    old = tmp_path / "old"
    _begun(replace(two.deploy, state=StatePaths(old)))
    state = replace(two.sudo.state, pointer=tmp_path / "pointer", pointed=two.sudo.state.folder, others=(old,))
    sudo = replace(two.sudo, state=state)
    monkeypatch.setattr(runs, "open_stack", lambda _directory: sudo)
    sudo.journal()
    place, also = memory(sudo)
    assert (place.level, place.message) == ("ok", f"The state of this stack is in {state.folder}.")
    assert also.message.startswith("also: 1 earlier run, the last ")
    assert also.message.endswith(f" in {old}")
    assert runs.runs() == ExitCode.DONE
    assert f"in {old}" in "".join(capsys.readouterr().err.split("\n"))
    sudo.repo.git_dir.chmod(0o775)
    assert "A group shares the checkout, but not the state" in [*memory(sudo)][1].message
    led = replace(sudo, state=replace(state, pointed=tmp_path / "all"))
    first = next(iter(memory(led)))
    assert (first.level, str(tmp_path / "all") in first.message) == ("warn", True)


def test_check_shows_who_holds_the_stack(two: _Two) -> None:
    """A live run of another login is a stop; nothing can start over it."""
    with holding(two.deploy, run="r1", kind="upgrade"):
        found = two.findings()
        with pytest.raises(BusyError, match="Run r1"):
            upgrade.upgrade("v2.0.0")
    assert [one.level for one in found] == ["stop"]
    assert "Run r1" in found[0].message


def test_an_unfinished_run_of_another_login_is_a_stop(two: _Two) -> None:
    """Its journal is read where that can be done; `resume`, `rollback` and `attach` name it too, and `status`."""
    run = _begun(two.deploy)
    (found,) = two.findings()
    assert found.level == "stop"
    assert f"Run {run} (v1.5.0 to v2.0.0)" in found.message
    assert "is unfinished (created)" in found.message
    assert str(two.deploy.state.folder) in found.message
    for verb in (upgrade.resume, upgrade.rollback, upgrade.attach):
        with pytest.raises(RefusedError, match=f"Run {run}"):
            verb()
    two.deploy.journal().set_run(run, "done")
    assert [(one.level, one.message) for one in two.findings()] == [("ok", "No unfinished run.")]


def test_a_journal_that_cannot_be_read_is_not_an_empty_one(two: _Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether something is unfinished there cannot be told: a stop, until that login has said that nothing is."""
    run = _begun(two.deploy)

    def private(path: Path) -> list[object]:
        raise HostError(f"The journal {path} cannot be read: Permission denied")

    monkeypatch.setattr(Journal, "look", private)
    (found,) = two.findings()
    assert found.level == "stop"
    assert "whether a run is unfinished is not known" in found.message
    two.deploy.journal().set_run(run, "done")
    with holding(two.deploy, run="r2", kind="prune"):
        pass
    assert [one.level for one in two.findings()] == ["ok"], "the lock file says that nothing is"


@pytest.mark.parametrize("file", ["journal.db", "by-hand.db"])
def test_a_restore_of_another_login_that_did_not_finish_is_a_stop(two: _Two, file: str) -> None:
    """Also where an earlier version kept it in a journal of its own, and that login has not come since."""
    with holding(two.deploy, run="r1", kind="restore"):
        journal = Journal(two.deploy.state.folder / file)
        steps = [PlannedStep("swap", "Swap")]
        journal.create_run("r1", kind="restore", title="restore of 20260101-v1.5.0", plan="{}", steps=steps)
        journal.set_step("r1", "swap", "started")
    (found,) = two.findings()
    assert "restore of 20260101-v1.5.0" in found.message
    assert found.level == "stop"


def test_an_env_file_may_be_readable_for_the_group_that_shares_the_checkout(two: _Two) -> None:
    """Only there, and never for all: a member of the group needs the secrets to work on the stack."""
    env, git_dir = two.deploy.stack.project.env_file, two.deploy.repo.git_dir
    levels = []
    for env_mode, git_mode in ((0o660, 0o755), (0o660, 0o2775), (0o664, 0o2775)):
        env.chmod(env_mode)
        git_dir.chmod(git_mode)
        levels += [one.level for one in check(two.deploy) if one.check == "env"]
    assert [level for level in levels if level != "warn"] == ["stop", "ok", "stop"]


def _begun(host: Host) -> str:
    """An upgrade that was written down and never carried."""
    assert releases.fetch(host) == ""
    draft = inputs.draft(host, "v2.0.0")
    return launch.create_upgrade(host, prepare(host, draft, Answers().accepting(draft.decisions(Answers()))))
