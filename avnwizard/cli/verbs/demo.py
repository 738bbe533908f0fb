"""`demo`: the whole upgrade on a practice stack, without Docker and without root."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli import opening
from avnwizard.cli.options import finite
from avnwizard.cli.output import say
from avnwizard.cli.verbs.planning import draft_for
from avnwizard.cli.verbs.upgrade import YesOption
from avnwizard.errors import ExitCode

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

TARGET = "v2.0.0"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(demo)


def demo(
    *,
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Keep the practice stack here. Default: a new folder.")
    ] = None,
    fail: Annotated[
        list[str] | None,
        typer.Option("--fail", metavar="WHAT", help="Order a failure: pull, roll:SERVICE, migration, disk."),
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0.1, max=1_000_000, callback=finite, help="How many times faster than the world.")
    ] = 8.0,
    yes: YesOption = False,
) -> int:
    """Practise: the wizard on a small stack of its own; needs no Docker and no root. With --yes: a plain run."""
    from avnwizard.engine.lock import holder
    from avnwizard.wiring import make_practice

    if not yes:
        opening.require_terminal("avnwizard demo --yes")

    own = directory is None
    folder = directory or Path(tempfile.mkdtemp(prefix="avnwizard-demo-"))
    say(f"making a practice stack in {folder} ...")
    practice = make_practice(folder, speed=speed, failures=tuple(fail or ()))
    try:
        code = _upgrade(practice.host) if yes else opening.open_wizard(practice.host)
    finally:
        left_going = bool(holder(practice.host.lock))
        if not left_going:
            practice.rest()
    if own and code == ExitCode.DONE and not left_going:
        practice.remove()
        say("the practice stack was removed; keep one with --dir DIR")
    else:
        say(f"the practice stack is in {practice.host.repo.directory}; every verb works on it with --stack")
    return code


def _upgrade(host: "Host") -> int:
    from avnwizard.cli.follow import follow
    from avnwizard.cli.plan_view import show_plan
    from avnwizard.domain.answers import Answers
    from avnwizard.flows.check import check
    from avnwizard.flows.run import launch
    from avnwizard.flows.upgrade.planning import prepare, require_fit

    draft = draft_for(host, TARGET)
    answers = Answers().accepting(draft.decisions(Answers()))
    for decision in draft.decisions(answers):
        if not decision.certain:
            say(f"  answered for you, as this is practice: {decision.question}")
    require_fit(check(host))
    prepared = prepare(host, draft, answers)
    show_plan(prepared.plan)
    run = launch.create_upgrade(host, prepared)
    return follow(host, run, launch.start(host, run))
