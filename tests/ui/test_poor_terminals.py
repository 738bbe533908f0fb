"""The screens on terminals that can do little, to the byte: the kernel's console, `screen`, no UTF-8, no colour.

How each of them looks there is in the pictures of `test_walk.py` that are called plain.
"""

import re
from collections.abc import Mapping

import pytest

from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from tests.ui.conftest import USUAL
from tests.ui.real_terminal import Emulated, spawn
from tests.ui.test_walk import practice

__all__ = ["practice"]
"""The fixture is used by its name."""
_DOWN, _HOME, _ESCAPE = "\x1b[B", "\x1b[H", "\x1b"
_PATIENCE_S = 300.0
_LONGER_THAN_THE_PAGE = "avnology-migrate      "
_BAR_COLUMN, _BAR_ROWS = USUAL[0] - 2, range(3, 18)
_WALK = (
    ("", "22 of 22 serve"),
    (f"{_DOWN}\r", _LONGER_THAN_THE_PAGE),
    (_ESCAPE, "What would you like to do?"),
    (f"{_HOME}\r", "The remote's releases are here."),
    (f"{_DOWN}\r", "4 of 4 breaking changes left"),
    ("    ", "All 4 breaking changes"),
    ("\r", "1 setting to be decided"),
    (" d", "@ line 27"),
    (_ESCAPE, "Everything is decided"),
    ("\r", "v chooses from 4"),
    ("v", "Volumes that the snapshot archives"),
    (f"{_DOWN} ", "[x]  nats_data"),
    (_ESCAPE, "v chooses from 4"),
    ("\r", "Read the steps, then press Enter"),
    ("c", "Compose file"),
    (_ESCAPE, "Read the steps, then press Enter"),
    ("\r", "Type v2.0.0 to start"),
)
"""Keys, and what the screen says then."""
_SGR = re.compile(rb"\x1b\[([0-9;]*)m")
_RICH = re.compile(rb"(?:^|;)[34]8;")
_COLOURS = {*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108)}


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "linux", "LC_ALL": "POSIX"},
        {"TERM": "xterm-256color", "LC_ALL": "C"},
        {"TERM": "screen", "LC_ALL": "C.UTF-8"},
        {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"},
    ],
    ids=["linux", "posix", "screen", "no-colour"],
)
def test_every_screen_keeps_to_what_the_terminal_has(practice: PracticeHost, environ: Mapping[str, str]) -> None:
    """Each page up to the typed name, and on the console a run with its failure and its log."""
    checkout, console = practice.project.directory, environ["TERM"] == "linux"
    terminal = spawn([], checkout, given={"COLORTERM": "", **environ})
    emulated = Emulated(terminal)
    try:
        for keys, said in _WALK:
            if keys:
                terminal.write(keys)
            emulated.wait_for(said, seconds=_PATIENCE_S)
            if said == _LONGER_THAN_THE_PAGE:
                emulated.wait_until(_has_its_bar, "a scrollbar, without colour too", seconds=_PATIENCE_S)
        if console:
            terminal.write("v2.0.0\r")
            emulated.wait_for("x failed: Roll hydra", seconds=_PATIENCE_S)
    finally:
        code = emulated.leave(seconds=_PATIENCE_S)
    assert code == (ExitCode.STEP_FAILED if console else ExitCode.DONE)
    assert terminal.data.isascii() == (environ["LC_ALL"] != "C.UTF-8")
    styles = _SGR.findall(terminal.data)
    assert styles
    if environ["TERM"] in {"linux", "screen"}:
        assert not [one for one in styles if _RICH.search(one)], "the sixteen colours that every terminal has"
    if "NO_COLOR" in environ:
        assert not [one for one in styles if _COLOURS & {int(code or 0) for code in one.split(b";")}]


def _has_its_bar(emulated: Emulated) -> bool:
    return all(emulated.stands_out(row, _BAR_COLUMN) for row in _BAR_ROWS)
