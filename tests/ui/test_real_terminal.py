"""On a real pseudo-terminal: a lost connection, coming back, signals, and what is left behind."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.engine.records import UNFINISHED
from avnwizard.flows.holding import is_live
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.wiring import open_host
from tests.practice_fixtures import copied
from tests.ui.real_terminal import Emulated, Terminal, spawn
from tests.ui.test_runs import created
from tests.waiting import until

ALTERNATE_ON = b"\x1b[?1049h"
ALTERNATE_OFF = b"\x1b[?1049l"
CURSOR_ON = b"\x1b[?25h"


@pytest.fixture
def slow(practice_template: Path, tmp_path: Path) -> Iterator[Host]:
    """A stack whose upgrade takes a while."""
    practice = copied(practice_template, tmp_path / "slow", speed=12.0)
    host = open_host(practice.project.directory)
    host.repo.fetch()
    yield host
    practice.destroy()


def _ended(host: Host, run: str) -> str:
    """The state at the end of a run that goes on by itself."""
    for _ in range(1200):
        if not is_live(host, run) and host.journal().run(run).state not in {"created", "running"}:
            break
        time.sleep(0.05)
    return host.journal().run(run).state


@pytest.mark.parametrize("nohup", [False, True])
def test_a_lost_connection_ends_the_screen_and_not_the_run(slow: Host, *, nohup: bool) -> None:
    """The pty is closed in mid-run; the run goes on; opened again it shows that run, to its end.

    Where SIGHUP is ignored around the screens, as under `nohup`, the end of the input ends them.
    """
    run = created(slow)
    first = spawn([], slow.repo.directory, nohup=nohup)
    first.wait_for("Try again")
    until(lambda: _asks_to_try_again(first))  # keys are ignored for a moment after the run turned out to be cut off
    first.write("\r")
    first.wait_for("▶ running")
    assert is_live(slow, run)
    first.hang_up()
    ended = first.wait()
    assert ended == (0 if nohup else -signal.SIGHUP)
    assert is_live(slow, run)
    again = spawn([], slow.repo.directory)
    again.wait_for("of 27 steps")
    again.wait_for("The upgrade is done")
    again.write("q")
    assert again.wait() == 0
    assert _ended(slow, run) == "done"


def test_a_terminal_lost_in_planning_leaves_a_draft(slow: Host) -> None:
    """The pty is closed after two decisions; the next login is offered them for that release, and they are taken."""
    first = spawn([], slow.repo.directory)
    screen = Emulated(first)
    _to_the_changes(screen)
    screen.wait_for("4 of 4 breaking changes left")
    first.write("  ")
    screen.wait_for("2 of 4 breaking changes left")
    drafts = slow.state.folder / "drafts"
    until(lambda: [len(json.loads(file.read_text())["given"]) for file in drafts.glob("*")] == [2])
    first.hang_up()
    assert first.wait() == -signal.SIGHUP
    again = spawn([], slow.repo.directory)
    screen = Emulated(again)
    _to_the_changes(screen)
    screen.wait_for("There are 2 answers for this release")
    again.write("\r")
    screen.wait_for("2 of 4 breaking changes left")
    again.write("\x03")
    screen.wait_for("Leave the wizard?")
    again.write("\r")
    assert again.wait() == 0


def _to_the_changes(screen: Emulated) -> None:
    """From the first screen, with the recommended release."""
    screen.wait_for("22 of 22 serve")
    screen.terminal.write("\r")
    screen.wait_for("The remote's releases are here.")
    screen.terminal.write("\r")


def _asks_to_try_again(terminal: Terminal) -> bool:
    """Choose it; whether the question is there."""
    terminal.write("\x1b[H\x1b[B\r")
    terminal.read(0.5)
    return "Start the run again" in terminal.text


def test_leaving_says_how_to_come_back(slow: Host) -> None:
    """After q the terminal is as before, and the last line names the command; Ctrl+C leaves too and kills nothing."""
    run = created(slow)
    launch.start(slow, run)
    for key in ("q", "\x03"):
        terminal = spawn([], slow.repo.directory)
        terminal.wait_for("of 27 steps")
        terminal.write(key)
        terminal.wait_for("come back with: avnwizard")
        assert terminal.wait() == 0
        assert ALTERNATE_OFF in terminal.data
        assert CURSOR_ON in terminal.data
        assert slow.journal().run(run).state in UNFINISHED | {"done"}
    assert _ended(slow, run) == "done"


def _state(pid: int) -> str:
    """The kernel's letter for a process: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("how", ["signal", "key"])
def test_suspended_and_resumed_the_screen_comes_back(slow: Host, how: str) -> None:
    """SIGTSTP, or Ctrl+Z: the terminal is the shell's again; SIGCONT draws the whole screen, and its keys work."""
    terminal = spawn([], slow.repo.directory)
    terminal.wait_for("What would you like to do?")
    for _ in range(2):
        terminal.forget()
        if how == "key":
            terminal.write("\x1a")
        else:
            os.kill(terminal.pid, signal.SIGTSTP)
        until(lambda: _state(terminal.pid) == "T")
        terminal.read(0.2)
        assert ALTERNATE_OFF in terminal.data
        assert CURSOR_ON in terminal.data
        terminal.forget()
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for("What would you like to do?")
        assert ALTERNATE_ON in terminal.data
    terminal.forget()
    terminal.write("?")
    terminal.wait_for("Esc close")
    terminal.write("\x03")
    assert terminal.wait() == 0


def test_sigterm_leaves_the_terminal_clean(slow: Host) -> None:
    """Told to end, it leaves the alternate screen and shows the cursor."""
    terminal = spawn([], slow.repo.directory)
    terminal.wait_for("What would you like to do?")
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.wait()
    terminal.read(0.2)
    assert ALTERNATE_OFF in terminal.data
    assert CURSOR_ON in terminal.data


def test_an_ascii_locale_gets_ascii(slow: Host) -> None:
    """Where the locale is not UTF-8, no byte above 127 goes out, and every state still has its word."""
    terminal = spawn([], slow.repo.directory, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0", TERM="linux")
    terminal.wait_for("22 of 22 serve")
    assert all(byte < 0x80 for byte in terminal.data)
    terminal.write("q")
    assert terminal.wait() == 0


def test_sixteen_colours_stay_sixteen(slow: Host) -> None:
    """On TERM=linux no 256-colour or true-colour sequence is sent; with NO_COLOR none at all."""
    terminal = spawn([], slow.repo.directory, TERM="linux", COLORTERM="")
    terminal.wait_for("22 of 22 serve")
    assert b"38;5;" not in terminal.data
    assert b"38;2;" not in terminal.data
    terminal.write("q")
    terminal.wait()
    plain = spawn([], slow.repo.directory, NO_COLOR="1")
    plain.wait_for("22 of 22 serve")
    assert b"38;" not in plain.data
    plain.write("q")
    plain.wait()
