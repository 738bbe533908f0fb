"""Canaries of thirty kinds through every verb that there is: no output, file or argument list may hold one."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer.main

from avnwizard.cli.app import app
from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.canaries import CANARY, SEEDED, holds_one, leaks, seeded, shown_by_processes
from tests.flows.cli import Said, answer_all, avnwizard

_NOT_HERE = {
    "demo": "it makes a stack of its own",
    "carry": "every run below is carried by it",
    "help": "it reads no stack",
}
_RUNNING = {"pause", "abort", "attach", "resume", "accept"}
"""They speak of a run that waits or works; here they are refused, or have nothing to do."""


def _verbs(command: Any, before: str = "") -> Iterator[str]:
    """Every verb of the command line, such as "snapshot create"."""
    inner = getattr(command, "commands", None)
    if inner is None or (before and command.invoke_without_command):
        yield before
    if inner is not None:
        for name, one in inner.items():
            yield from _verbs(one, f"{before} {name}".strip())


@dataclass
class _Story:
    """Runs verbs on one stack, and looks for canaries after each."""

    stack: Path
    tmp: Path
    ran: set[str] = field(default_factory=set)
    argv: set[str] = field(default_factory=set)

    @property
    def state(self) -> Path:
        return self.stack.parent / "state"

    def __call__(self, verb: str, *words: str | Path, code: int | None = ExitCode.DONE, stack: bool = True) -> Said:
        """Run it; neither what it says nor what it leaves holds a canary."""
        said = avnwizard(*verb.split(), *words, *(("--stack", self.stack) if stack else ()))
        self.ran.add(verb)
        assert not holds_one(said.out + said.err), verb
        assert code is None or said.code == code, f"{verb}: {said.err}"
        assert not [file for file in leaks(self.state, self.tmp) if "/snapshots/" not in file], verb
        return said

    def watch(self, ended: threading.Event) -> None:
        """Look at the process table until the story is over."""
        while not ended.wait(0.05):
            self.argv |= shown_by_processes()


@pytest.fixture
def story(practice_host: PracticeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Story]:
    """A stack full of canaries, with a place for copies and a hook; the process table is watched."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    made = _Story(seeded(practice_host.project.directory), tmp_path / "tmp")
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\nulimit -c >>{tmp_path}/core-dumps\nenv >>{made.tmp}/hook-environment\n")
    hook.chmod(0o755)
    settings = f'[hooks]\nbefore_run = ["{hook}"]\nafter_run = ["{hook}"]\n\n[snapshot]\nproof = "read back"\n'
    (made.stack / "avnwizard.toml").write_text(settings + _copies(tmp_path))
    ended = threading.Event()
    watcher = threading.Thread(target=made.watch, args=(ended,))
    watcher.start()
    yield made
    ended.set()
    watcher.join()


def _copies(folder: Path) -> str:
    """A repository of restic's, where it is installed."""
    if shutil.which("restic") is None:
        return ""
    (folder / "password").write_text("correct-horse-battery")
    values = {"RESTIC_PASSWORD_FILE": folder / "password", "RESTIC_CACHE_DIR": folder / "cache"}
    (folder / "copy.env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    (folder / "copy.env").chmod(0o600)
    argv = ["restic", "-q", "init", "--repo", str(folder / "repository")]
    subprocess.run(argv, env=os.environ | {key: str(one) for key, one in values.items()}, check=True, timeout=60)
    return f'copy = ["restic:{folder / "repository"}"]\ncopy_env = "{folder / "copy.env"}"\n'


def test_no_verb_says_a_secret_and_nothing_keeps_one(story: _Story, tmp_path: Path) -> None:
    """Every verb of the command line, each refused or done: output, journal, feeds, reports, folders, processes."""
    assert len(set(re.findall(rf"{CANARY}\d\d", SEEDED, re.IGNORECASE))) >= 30
    answers = answer_all(story.stack, "v2.0.0", tmp_path / "answers.toml")
    assert CANARY not in answers.read_text()
    answers.write_text(answers.read_text().replace("{generate = true}", f'"{CANARY}24-of-the-gateway"'))
    to = ("--to", "v2.0.0", "--answers", answers)
    _look(story, to)
    _keep(story)
    story("rehearse", *to, code=None)
    story("upgrade", *to, "--yes")
    assert f"{CANARY}24" in (story.stack / ".env.production").read_text()
    _read_again(story)
    story("rollback", "--dry-run", "--json")
    story("rollback", "--yes")
    story("rotate kratos", "--yes")
    story("redo", "--yes", code=None)
    _others(story)
    assert story.ran | _NOT_HERE.keys() == set(_verbs(typer.main.get_command(app))), (
        "a new verb belongs in this story"
    )
    assert leaks(story.state / "runs", story.tmp) == []
    assert story.argv == set()
    limits = set((tmp_path / "core-dumps").read_text().split())
    assert limits == {"0"}, "nothing that a run starts may leave its memory on a disk"


def _look(story: _Story, to: tuple[str | Path, ...]) -> None:
    """What is read before an upgrade."""
    story("check")
    story("releases")
    story("plan", *to)
    shown = {edit["key"]: edit["shown"] for edit in story("plan", *to, "--json").data["env"]}
    assert shown["SMTP_URL"] == "smtps://***@mail.example.test:465"
    assert shown["AUDIT_LEGACY_SINK"] == "https://***@sink.example"
    assert shown["GATEWAY_SIGNING_SECRET"] == "***"
    for option in ([], ["--json"]):
        files = (story.stack / ".env.example", story.stack / ".env.production")
        story("env diff", *files, *option, stack=False)
    story("changelog", story.stack / "CHANGELOG.md", "--from", "v1.0.0", "--to", "v1.5.0", code=None, stack=False)
    story("migrations", story.stack / "deploy/docker/migrations", code=None, stack=False)


def _keep(story: _Story) -> None:
    """Snapshots, and their copies: they hold the env file on purpose, as their help says."""
    story("snapshot create")
    story("snapshot list")
    story("snapshot show")
    story("snapshot verify", "--json")
    story("snapshot restore", "--database", "keto", "--yes")
    there = shutil.which("restic") is not None
    story("snapshot copy", code=ExitCode.DONE if there else None)
    story("snapshot copies", code=ExitCode.DONE if there else None)
    if there:
        (folder,) = open_host(story.stack).state.snapshots.iterdir()
        shutil.rmtree(folder)
    story("snapshot fetch", code=ExitCode.DONE if there else None)
    story("snapshot prune", "--yes")


def _read_again(story: _Story) -> None:
    """What is read after a run."""
    story("status")
    story("runs")
    story("show", "--json")
    for kind in ("md", "html", "json"):
        story("report", "--format", kind)


def _others(story: _Story) -> None:
    """What is refused here, or has nothing to do: a refusal quotes nothing either."""
    for verb in sorted(_RUNNING):
        story(verb, code=None)
    story("rotate hydra", code=None)
    story("rotate forget", "kratos", "--yes", code=None)
    story("postgres plan", "--to", "18", code=None)
    story("postgres upgrade", "--to", "18", "--dry-run", code=None)
    story("postgres forget", "--dry-run", code=None)
    story("postgres reindex", "--yes", code=None)
    story("recover")
    story("contract", "--dry-run", code=None)
    story("rehearse show", code=None)
    story("rehearse forget", code=None)
    for verb in ("canary setup", "canary status", "canary remove", "fleet status", "kubernetes check"):
        story(verb, code=None)
    for verb in ("fleet plan", "fleet upgrade"):
        story(verb, "--to", "v2.1.0", code=None)
    story("fleet rotate", "hydra", "--yes", code=None)
    for verb in ("fleet flip", "fleet rollback"):
        story(verb, code=None)
    story("kubernetes find", code=None)
    story("kubernetes plan", code=None)
    story("kubernetes upgrade", "--yes", code=None)
    story("rotate cipher", "--yes", code=None)
    story("rotate cookie", "--yes", code=None)
    story("rotate password", "keto", "--yes", code=None)
