"""Canaries in the env file: no complaint quotes one, and a signal while planning leaves none behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from tests.flows.canaries import CANARY, leaks, seeded
from tests.flows.cli import answer_all, avnwizard


@pytest.fixture
def stack(practice_host: PracticeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of a practice stack whose env file holds canaries at every place that an edit shows."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return seeded(practice_host.project.directory)


def test_a_complaint_about_the_env_file_quotes_no_secret(stack: Path) -> None:
    """Neither of a line that cannot be read nor of a dollar that begins nothing."""
    env_file = stack / ".env.production"
    whole = env_file.read_text()
    for broken in (f"{CANARY}/rest-of-a-key=\n", f"DB_PASSWORD=a${{{CANARY} b\n"):
        env_file.write_text(whole + broken)
        for verb in (["check"], ["plan", "--to", "v2.0.0"], ["status"]):
            said = avnwizard(*verb, "--stack", stack)
            assert said.code != ExitCode.DONE, verb
            assert CANARY not in said.out + said.err, verb


_SLOW = """
import sys, time
from avnwizard.practice.stack import PracticeStack
resolve = PracticeStack.resolve
def slow(self, files=(), env_file=None):
    if env_file:
        assert b"CaNa" b"Ry" in env_file.read_bytes()  # in two parts: this text is in the process table
        print("reading", flush=True)
        time.sleep(600)
    return resolve(self, files, env_file)
PracticeStack.resolve = slow
from avnwizard.__main__ import main
main()
"""
"""The command line, with a Compose that takes long over another release's files."""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_planning_leaves_nothing(stack: Path, tmp_path: Path, number: signal.Signals) -> None:
    """A dropped line, a machine that shuts down, a kill: no file with secrets stays; the signal is what ends it."""
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what is ignored is inherited, as from nohup
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _SLOW, "plan", "--to", "v2.0.0", "--stack", str(stack), "--answers", str(answers)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reading\n"
        os.kill(process.pid, number)
        assert process.wait(timeout=60) == -number
    assert leaks(stack.parent / "state", tmp_path / "tmp") == []
