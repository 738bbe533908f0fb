"""Opens the wizard where there is a terminal for it; says the headless way where there is none."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.cli import ending
from avnwizard.cli.options import HERE, open_stack
from avnwizard.cli.output import say
from avnwizard.cli.reading_files import read_text
from avnwizard.errors import UsageError

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

HEADLESS = "avnwizard status; avnwizard plan --to TAG; avnwizard upgrade --to TAG --answers FILE --yes"


def require_terminal(instead: str = HEADLESS) -> None:
    """Refuse where no screens can be shown.

    Args:
        instead: the command that does without.

    Raises:
        UsageError: stdin or stderr is no terminal, or TERM is empty or "dumb".
    """
    from avnwizard.ui import terminal

    if not terminal.can_show(os.environ, stdin_tty=sys.stdin.isatty(), stderr_tty=sys.stderr.isatty()):
        raise UsageError("There is no terminal here that can show screens.", f"Without one: {instead}")


def open_here(stack: Path = HERE, answers: Path | None = None) -> int:
    """Open the wizard on the stack in a directory; return an `ExitCode`.

    Raises:
        UsageError: there is no terminal.
        HostError: no stack is found here.
    """
    require_terminal()
    given = None if answers is None else (read_text(answers), str(answers))
    return open_wizard(open_stack(stack), given)


def open_wizard(host: "Host", given: tuple[str, str] | None = None) -> int:
    """Open the wizard; say how to come back where a run is left going. Returns an `ExitCode`."""
    from avnwizard.engine.carried import apart
    from avnwizard.engine.lock import holder
    from avnwizard.engine.records import UNFINISHED
    from avnwizard.ui import terminal

    terminal.prepare_environment()
    ending.at_once()
    from avnwizard.cli.own_settings import own_keys
    from avnwizard.ui.app import run_app

    code = run_app(host, given, own_keys())
    live = holder(host.lock).get("run", "")
    if live in {run.id for run in host.journal().runs()}:
        say(f"run {live} goes on by itself; come back with: avnwizard --stack {host.repo.directory}")
    elif not live and (left := next((run for run in apart(host.journal()) if run.state in UNFINISHED), None)):
        say(f"run {left.id} ({left.title}) is unfinished ({left.state})", style="yellow")
        say(f"  go on: avnwizard resume {left.id} --stack {host.repo.directory}; or take it back with rollback")
    return code
