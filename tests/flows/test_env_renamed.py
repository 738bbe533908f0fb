"""An env file that git tracks and the release calls otherwise: it moves with the checkout, and stays private."""

import stat
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.adapters.docker.at_hand import at_hand
from avnwizard.adapters.files import LocalFiles
from avnwizard.adapters.git import open_repo
from avnwizard.domain.host import ComposeProject
from avnwizard.engine.step import Probe
from avnwizard.flows.stack.run_folder import CARRIED, EDITED, RunFolder
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.code import Checkout, WriteEnv
from tests.adapters.git_stack import commit, git

OLD, NEW = "default.env", "conf/app.env"
TEXT = b"".join(b"SETTING_%d=%d\n" % (one, one) for one in range(9))
MINE, AFTER = TEXT + b"SECRET=mine\n", TEXT + b"MORE=1\nSECRET=mine\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """At v1, with a setting of the operator's own."""
    folder = tmp_path / "clone"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, {OLD: TEXT.decode()}, "v1")
    git(folder, "tag", "v1")
    (folder / "conf").mkdir()
    git(folder, "mv", OLD, NEW)
    commit(folder, {NEW: TEXT.decode() + "MORE=1\n"}, "v2")
    git(folder, "tag", "v2")
    git(folder, "checkout", "-q", "v1")
    (folder / OLD).write_bytes(MINE)
    (folder / OLD).chmod(0o600)
    return folder


def _scene(folder: Path, runs: Path) -> StepInputs:
    files, repo = LocalFiles(), open_repo(folder)
    before = ComposeProject("shop", folder, (), folder / OLD)
    after = before.with_env_file(folder / NEW)

    class Platform:
        """Reads the env file that is there."""

        @property
        def env_file(self) -> Path | None:
            return at_hand(after, before).env_in_use

    plan = SimpleNamespace(
        target=SimpleNamespace(commit=git(folder, "rev-parse", "v2"), tag="v2"),
        current=SimpleNamespace(commit=git(folder, "rev-parse", "v1"), tag="v1"),
        branch="", env=(), edited=(OLD,), project=after, project_before=before, env_file_before=folder / OLD,
        env_file_that_ran=before.env_file,
    )  # fmt: skip
    run = RunFolder(runs, files)
    run.save(env_before=MINE, env_after=AFTER, edits=b"")
    run.save_contents(EDITED, {OLD: MINE})
    run.save_contents(CARRIED, {NEW: AFTER})
    host = SimpleNamespace(repo=repo, files=files, platform=Platform())
    return StepInputs(cast("Any", plan), cast("Any", host), run)


def _is_private(file: Path) -> bool:
    return stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_moves_there_and_back_and_stays_private(checkout: Path, tmp_path: Path) -> None:
    """Where it is readable by others after the checkout, it is written again; the rollback leaves it private too."""
    runs = tmp_path / "run"
    runs.mkdir()
    scene = _scene(checkout, runs)
    ctx = cast(
        "Any", SimpleNamespace(effect=lambda _name: nullcontext(), say=print, note=lambda **_: None, recall=dict)
    )
    moving, writing = Checkout(scene), WriteEnv(scene)
    moving.do(ctx)
    assert ((checkout / OLD).exists(), (checkout / NEW).read_bytes()) == (False, AFTER)
    (checkout / NEW).chmod(0o644)
    assert (moving.probe(ctx), writing.probe(ctx)) == (Probe.DONE, Probe.NOT_DONE)
    writing.do(ctx)
    assert (writing.probe(ctx), (checkout / NEW).read_bytes()) == (Probe.DONE, AFTER)
    writing.undo(ctx)
    moving.undo(ctx)
    assert ((checkout / NEW).exists(), (checkout / OLD).read_bytes()) == (False, MINE)
    assert _is_private(checkout / OLD)
    assert (moving.undone(ctx), writing.undone(ctx)) == (Probe.DONE, Probe.DONE)
