"""What the operator edits between a plan and the step that would overwrite it."""

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.step import Step, StepContext
from avnwizard.errors import RefusedError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.stack.run_folder import EARLY, ENV_AFTER
from avnwizard.flows.steps.code import Checkout, WriteEnv
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import Prepared, prepare
from avnwizard.flows.upgrade.steps import scene_of
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack at v1.5.0 that knows every release."""
    found = open_host(practice_host.project.directory)
    assert releases.fetch(found) == ""
    return found


def _prepared(host: Host) -> Prepared:
    draft = inputs.draft(host, "v2.0.0")
    return prepare(host, draft, Answers().accepting(draft.decisions(Answers())))


def _context(host: Host, run: str, step: Step) -> StepContext:
    return StepContext(host.journal(), FeedWriter(host.state.feed(run)), run, step.name)


def test_an_env_file_edited_during_the_snapshot_is_not_overwritten(host: Host) -> None:
    """It may hold a secret that is nowhere else; put back as it was, the step goes on."""
    prepared = _prepared(host)
    run = launch.create_upgrade(host, prepared)
    scene = scene_of(prepared.plan, host, run)
    step, file = WriteEnv(scene), host.stack.project.env_file
    file.write_bytes(prepared.env_before + b"\nROTATED=today\n")
    with pytest.raises(StepError, match="was edited since the plan was made") as raised:
        step.do(_context(host, run, step))
    assert "put" in raised.value.hint
    assert file.read_bytes().endswith(b"ROTATED=today\n")
    file.write_bytes(prepared.env_before)
    step.do(_context(host, run, step))
    assert file.read_bytes() == scene.folder.env(ENV_AFTER)


def test_a_tracked_file_edited_during_the_snapshot_is_kept(host: Host) -> None:
    """The checkout takes the plan's edits; a later one is in the run's folder, and told."""
    prepared = _prepared(host)
    run = launch.create_upgrade(host, prepared)
    scene = scene_of(prepared.plan, host, run)
    (path,) = prepared.plan.edited
    file = host.repo.directory / path
    mine = file.read_bytes() + b"\n# edited during the snapshot\n"
    file.write_bytes(mine)
    step = Checkout(scene)
    step.do(_context(host, run, step))
    assert file.read_bytes() == prepared.carried[path]
    assert scene.folder.contents(EARLY) == {path: mine}
    step.do(_context(host, run, step))
    assert scene.folder.contents(EARLY) == {path: mine}, "the first kept copy stays"


def test_an_edit_between_plan_and_start_is_refused(host: Host) -> None:
    """A plan holds the edits of its moment; with others it is made again."""
    prepared = _prepared(host)
    (path,) = prepared.plan.edited
    with (host.repo.directory / path).open("a", encoding="utf-8") as file:
        file.write("\n# a moment later\n")
    with pytest.raises(RefusedError, match="changed since the plan was made"):
        launch.create_upgrade(host, prepared)
    assert host.journal().runs() == []
