"""Everything that a run, its snapshot and its rollback leave in the state is as private as the state's folder."""

import os
import stat
from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from tests.flows.cli import answer_all, avnwizard


@pytest.mark.parametrize(("folder", "file"), [(0o2770, 0o660), (0o700, 0o600)])
def test_all_that_is_made_takes_after_the_folder(
    practice_host: PracticeHost, tmp_path: Path, folder: int, file: int
) -> None:
    """Shared with a group or private, whatever the umask; as root, all of it is the folder owner's and group's."""
    state, stack = practice_host.home / "state", practice_host.project.directory
    state.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(state, 61001, 61100)
    state.chmod(folder)
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    was = os.umask(0o077 if folder == 0o2770 else 0)
    try:
        done = avnwizard("upgrade", "--to", "v2.0.0", "--answers", answers, "--yes", "--stack", stack)
        back = avnwizard("rollback", "--yes", "--save-rows", "--stack", stack)
        snapshot = avnwizard("snapshot", "create", "--stack", stack)
    finally:
        os.umask(was)
    assert (done.code, back.code) == (ExitCode.DONE, ExitCode.DONE), done.err + back.err
    assert snapshot.code == ExitCode.DONE, snapshot.err
    made = sorted(state.rglob("*"))
    assert {"journal.db", "process.log", "feed.jsonl", "report.html", "env.before", "globals.sql"} <= {
        path.name for path in made
    }
    wrong = [
        f"{path.relative_to(state)} {stat.S_IMODE(path.stat().st_mode):04o}"
        for path in made
        if stat.S_IMODE(path.stat().st_mode) != (folder if path.is_dir() else file)
    ]
    assert wrong == []
    above = state.stat()
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(above.st_uid, above.st_gid)}
