"""Hostile and odd tags on the remote stop no verb, and none of their characters reaches the terminal."""

import os
import subprocess
from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from tests.adapters.test_git_hostile_tags import HOSTILE, tag_all
from tests.flows.cli import avnwizard


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """A checkout at v1.5.0 whose remote has hostile tags, tags of another product and words that nobody knows."""
    checkout = practice_host.project.directory
    remote = practice_host.home / "remote.git"
    for name in (*HOSTILE, "helm-9.9.9", "latest", "v2.1.0-preprod"):
        argv = [b"git", b"-C", os.fsencode(remote), b"tag", b"--", os.fsencode(name), b"v2.1.0^{}"]
        subprocess.run(argv, check=True, capture_output=True)
    tag_all(checkout, ("v1.5.0\u202e9",))
    return checkout


def test_every_verb_goes_on(stack: Path, tmp_path: Path) -> None:
    """Status, releases, check and plan do what they do, in characters that can be shown."""
    said = avnwizard("releases", "--stack", stack)
    assert said.code == ExitCode.DONE, said.err
    assert "v2.1.0 *" in said.out
    assert said.out.count(" *") == 1
    assert "v2.1.0-preprod: " in said.err
    assert "not recommended: nobody can say what 'preprod' in its name means" in said.err
    assert f"{len(HOSTILE) + 3} tags are not listed" in said.err
    answers = tmp_path / "answers.toml"
    for arguments in (("status",), ("check",), ("plan", "--to", "v2.0.0", "--write-answers", str(answers))):
        said = avnwizard(*arguments, "--stack", stack)
        assert said.code == ExitCode.DONE, said.err
        assert all(line.isprintable() for line in (said.out + said.err).split("\n"))
    for name in ("v9\x85x", "helm-9.9.9", "latest"):
        said = avnwizard("plan", "--to", name, "--stack", stack)
        assert said.code == ExitCode.REFUSED, said.err
        assert all(line.isprintable() for line in (said.out + said.err).split("\n"))


def test_the_newest_is_not_claimed_unasked(stack: Path) -> None:
    """Where the remote does not answer, the newest release is the newest of those that are here."""
    subprocess.run(["git", "-C", str(stack), "remote", "set-url", "origin", "/nowhere"], check=True)
    said = avnwizard("releases", "--stack", stack)
    assert said.code == ExitCode.DONE, said.err
    assert "v1.5.0 is the newest release that is here; the remote may have a newer one" in said.err
