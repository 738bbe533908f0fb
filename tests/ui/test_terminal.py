"""What the terminal can do, and that screens wait for one."""

import os
import subprocess
import sys

import pytest

from avnwizard.cli.opening import open_wizard
from avnwizard.domain.answers import Answers
from avnwizard.errors import ExitCode
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs, planning
from avnwizard.ui import terminal


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "xterm-256color"}, "avnwizard"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "avnwizard"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "screen"}, "ansi-dark"),
        ({"TERM": "xterm", "COLORFGBG": "0;15"}, "ansi-light"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "ansi-dark"),
    ],
)
def test_fewer_colours_mean_the_terminals_own(environ: dict[str, str], name: str) -> None:
    """Under 256 colours, or where none are wanted, the sixteen of the terminal."""
    assert terminal.theme(environ) == name


@pytest.mark.parametrize(
    ("term", "encoding", "shown"),
    [
        ("xterm-256color", "UTF-8", True),
        ("screen", "utf8", True),
        ("linux", "UTF-8", False),
        ("xterm", "ASCII", False),
    ],
)
def test_signs_need_an_encoding_and_a_font(
    monkeypatch: pytest.MonkeyPatch, term: str, encoding: str, *, shown: bool
) -> None:
    """The kernel's console speaks UTF-8 and has no glyph for most signs."""
    monkeypatch.setattr("locale.getpreferredencoding", lambda **_: encoding)
    assert terminal.can_show_signs({"TERM": term}, utf8_mode=False) is shown


_SIGNS_SHOWN = """
import locale, os
from avnwizard.ui.terminal import can_show_signs
locale.setlocale(locale.LC_CTYPE, "")
print(can_show_signs(os.environ))
"""


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ({"LC_ALL": "C"}, False),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C"}, False),
        ({}, False),
        ({"LC_CTYPE": "C", "LANG": ""}, False),
        ({"LANG": "xx_XX.ISO-8859-1"}, False),
        ({"LC_ALL": "C.UTF-8"}, True),
        ({"LANG": "xx_XX.UTF-8"}, True),
    ],
)
def test_the_posix_locale_promises_ascii_alone(named: dict[str, str], *, shown: bool) -> None:
    """Though Python speaks UTF-8 there by itself; a UTF-8 locale that the host does not have is the terminal's."""
    environ = {key: value for key, value in os.environ.items() if key not in {"LC_ALL", "LC_CTYPE", "LANG"}}
    told = subprocess.run(
        [sys.executable, "-c", _SIGNS_SHOWN], env={**environ, "TERM": "xterm-256color", **named}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert told.stdout == f"{shown}\n"


@pytest.mark.parametrize("term", ["", "dumb"])
def test_no_screens_without_a_terminal(term: str) -> None:
    """Exit code 2 and the headless command, in one message and without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "avnwizard"], env={**os.environ, "TERM": term}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "avnwizard upgrade --to TAG" in " ".join(done.stderr.split())
    assert done.stdout == ""


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["demo", "--help"]])
def test_help_and_version_do_not_wait_for_textual(argv: list[str]) -> None:
    """Neither imports it."""
    code = (
        "import sys; from avnwizard.cli.app import run; sys.argv = ['avnwizard', *sys.argv[1:]]; run(); "
        "sys.exit(9 if 'textual' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, check=False)
    assert done.returncode == 0


def test_leaving_an_unfinished_run_names_the_ways_on(
    host: Host, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the screens are gone the run, its state and both commands stand on the terminal."""
    draft = inputs.draft(host, "v2.0.0")
    answers = Answers().accepting(draft.decisions(Answers()))
    run = launch.create_upgrade(host, planning.prepare(host, draft, answers))
    monkeypatch.setattr("avnwizard.ui.app.run_app", lambda *_given: ExitCode.DONE)
    monkeypatch.setattr("avnwizard.cli.ending.at_once", lambda: None)
    monkeypatch.setattr("avnwizard.ui.terminal.prepare_environment", lambda: None)
    assert open_wizard(host) == ExitCode.DONE
    said = " ".join(capsys.readouterr().err.split())
    assert f"run {run} (v1.5.0 to v2.0.0) is unfinished (created)" in said
    assert f"go on: avnwizard resume {run} --stack {host.repo.directory}; or take it back with rollback" in said
