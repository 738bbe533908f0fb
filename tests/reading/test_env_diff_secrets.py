"""`env diff` on the operator's own file: secrets are masked, and shown on a terminal only."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

CANARY = "CaNaRy"
_EXAMPLE = "POSTGRES_PASSWORD=\nPLAIN=1\nSMTP_URL=\n"
_OWN = (
    f"POSTGRES_PASSWORD={CANARY}1\nPLAIN=2\nSMTP_URL=smtps://a:{CANARY}2@{CANARY}3@h\nGITHUB_PAT=ghp_{CANARY}456\n"
    f"NOTE=ghp_{CANARY}789\n# PGPASSWORD={CANARY}8\n"
)


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """`env diff` of an example file and the operator's own."""
    for name, text in (("example.env", _EXAMPLE), ("own.env", _OWN)):
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / name) for name in ("example.env", "own.env")]
    return [sys.executable, "-m", "avnwizard", "env", "diff", *files]


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_no_secret_is_printed(command: list[str], option: list[str]) -> None:
    """Neither for people nor for scripts; what is no secret is."""
    done = subprocess.run([*command, *option], capture_output=True, text=True, check=True, timeout=60)
    assert CANARY not in done.stdout + done.stderr
    assert "***" in done.stdout
    assert "GITHUB_PAT" in done.stdout
    assert "smtps://***@h" in done.stdout


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_secrets_are_not_shown_into_a_pipe(command: list[str], option: list[str]) -> None:
    """What goes into a file or a log is refused, and nothing is printed."""
    done = subprocess.run(
        [*command, "--show-secrets", *option], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "terminal only" in done.stderr


def test_secrets_are_shown_on_a_terminal_where_it_is_asked_for(command: list[str]) -> None:
    """The operator who asks sees both values."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*command, "--show-secrets"], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        try:
            while block := os.read(ours, 4096):
                said += block
        except OSError:
            pass  # Linux's way to tell that the other side is closed
        assert process.wait(60) == 0
    os.close(ours)
    assert f"{CANARY}1".encode() in said
