"""Files that git does not track: what a checkout that was cut off leaves behind, and what was there before it."""

from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.steps.code import Checkout
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.flows.upgrade.steps import scene_of
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.adapters.git_stack import git

_LEFT = ("deploy/docker/migrations/0005_account_regions.sql", "deploy/docker/migrations/0006_account_handles.sql")
"""Migrations that only v2.0.0 has."""


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack at v1.5.0 that knows every release."""
    found = open_host(practice_host.project.directory)
    assert releases.fetch(found) == ""
    return found


def _checkout(host: Host) -> tuple[Checkout, StepContext]:
    draft = inputs.draft(host, "v2.0.0")
    prepared = prepare(host, draft, Answers().accepting(draft.decisions(Answers())))
    run = launch.create_upgrade(host, prepared)
    step: Step = Checkout(scene_of(prepared.plan, host, run))
    assert isinstance(step, Checkout)
    return step, StepContext(host.journal(), FeedWriter(host.state.feed(run)), run, step.name)


def _status(folder: Path) -> str:
    return git(folder, "status", "--porcelain", "--ignored")


def test_a_checkout_that_was_cut_off_leaves_nothing_after_the_rollback(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full: one migration came whole, one empty. The old one-shot would have applied them both."""
    folder, before = host.repo.directory, _status(host.repo.directory)
    step, ctx = _checkout(host)
    monkeypatch.setattr("avnwizard.adapters.git_worktree._LOCK_WAIT_S", 0.1)
    (host.repo.git_dir / "index.lock").touch()
    with pytest.raises(HostError):
        step.do(ctx)
    (host.repo.git_dir / "index.lock").unlink()
    whole, empty = (folder / path for path in _LEFT)
    whole.write_bytes(host.repo.read("v2.0.0", _LEFT[0]) or b"")
    empty.touch()
    assert step.undone(ctx) is Probe.NOT_DONE
    step.undo(ctx)
    assert step.undone(ctx) is Probe.DONE
    assert (whole.exists(), empty.exists()) == (False, False)
    assert _status(folder) == before


def test_a_file_of_the_operators_that_the_release_brings_too_comes_back(host: Host) -> None:
    """Copied from the release beforehand: tracked after the upgrade, untracked again after the rollback."""
    folder, path = host.repo.directory, _LEFT[0]
    mine = (host.repo.read("v2.0.0", path) or b"")[:40]
    (folder / path).write_bytes(mine)
    before = _status(folder)
    step, ctx = _checkout(host)
    step.do(ctx)
    assert (step.probe(ctx), (folder / path).read_bytes()) == (Probe.DONE, host.repo.read("v2.0.0", path))
    step.undo(ctx)
    assert (step.undone(ctx), (folder / path).read_bytes()) == (Probe.DONE, mine)
    assert _status(folder) == before


def test_a_file_in_the_way_of_the_release_is_refused_before_anything_is_planned(host: Host) -> None:
    """Zoo 29: found in the middle of the run before, after the snapshot was taken."""
    (host.repo.directory / _LEFT[0]).write_text("-- my own\n")
    with pytest.raises(RefusedError, match="in the way of v2.0.0: " + _LEFT[0]) as raised:
        inputs.draft(host, "v2.0.0")
    assert "Nothing was changed" in raised.value.message
    assert "git" in raised.value.hint
