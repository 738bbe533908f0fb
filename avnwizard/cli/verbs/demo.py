"""`demo`: the whole upgrade on a practice stack, without Docker and without root."""

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli import opening
from avnwizard.cli.options import finite
from avnwizard.cli.output import say
from avnwizard.cli.own_settings import own_keys
from avnwizard.cli.verbs.planning import draft_for
from avnwizard.cli.verbs.upgrade import YesOption, confirm
from avnwizard.errors import ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

TARGET = "v2.0.0"
_PREFIX = "avnwizard-demo-"
_EXPECTED = (
    "expected: this release's migration does not work with the old code, so some requests are lost from then until "
    "each service is rolled; the report says how many, when and why. Most releases lose none."
)


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
        float, typer.Option(min=0.1, max=1_000_000, callback=finite, help="Speed-up over real time.")
    ] = 8.0,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the practice stack in DIR, else what demos left behind.")
    ] = False,
    yes: YesOption = False,
) -> int:
    """Practise: the wizard on a small stack of its own; needs no Docker and no root. With --yes: a plain run."""
    if remove:
        return _remove(directory, yes=yes)
    if not yes:
        opening.require_terminal("avnwizard demo --yes")
        own_keys()  # a mistake in that file is known before a stack is made
    own = directory is None
    folder = directory or Path(tempfile.mkdtemp(prefix=_PREFIX))
    say(f"making a practice stack in {folder} ...")
    return _practise(folder, own=own, fail=tuple(fail or ()), speed=speed, yes=yes)


def _practise(folder: Path, *, own: bool, fail: tuple[str, ...], speed: float, yes: bool) -> int:
    from avnwizard.engine.lock import holder
    from avnwizard.wiring import make_practice

    try:
        practice = make_practice(folder, speed=speed, failures=fail)
    except BaseException:
        if own:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    try:
        code = _upgrade(practice.host) if yes else opening.open_wizard(practice.host)
    finally:
        left_going = bool(holder(practice.host.lock))
        if not left_going:
            practice.rest()
    if own and code == ExitCode.DONE and not left_going:
        reports = _reports(practice.host)
        practice.remove()
        for file, content in reports.items():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.write_bytes(content)
        say("the practice stack was removed, its reports were kept; keep all of it with --dir DIR")
    else:
        checkout = practice.host.repo.directory
        say(f"the practice stack is in {checkout}; look at it with: avnwizard --stack {checkout}")
        say(f"remove it with: avnwizard demo --remove --dir {folder}")
    return code


def _reports(host: "Host") -> dict[Path, bytes]:
    """The reports of every run, by where they are."""
    folders = [host.state.run(run.id) for run in host.journal().runs()]
    files = [folder / name for folder in folders for name in ("report.md", "report.html")]
    return {file: file.read_bytes() for file in files if file.is_file()}


def _remove(directory: Path | None, *, yes: bool) -> int:
    """Remove one practice stack, or after a question every one that demos of this user left for temporary files."""
    from avnwizard.wiring import remove_practice

    if directory:
        if not _is_ours(directory):
            raise UsageError(f"{directory} is no folder of yours.", "Name the folder that the demo made.")
        remove_practice(directory)
        say(f"removed {directory}")
        return ExitCode.DONE
    ours = [folder for folder in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")) if _is_ours(folder)]
    for folder in ours:
        say(f"  {folder}", always=True)
    if not ours:
        say("no demo left anything behind")
        return ExitCode.DONE
    if not yes:
        confirm(f"Type remove to remove {'it' if len(ours) == 1 else 'all of them'}", "remove")
    for folder in ours:
        try:
            remove_practice(folder, only_reports=True)
            say(f"removed {folder}")
        except RefusedError as error:
            say(f"{folder} stays: {error.message}", style="yellow")
    return ExitCode.DONE


def _is_ours(folder: Path) -> bool:
    with suppress(OSError):  # it may be gone by now
        return folder.is_dir() and folder.stat().st_uid == os.getuid()
    return False


def _upgrade(host: "Host") -> int:
    from avnwizard.cli.follow import follow
    from avnwizard.cli.output import MANNER
    from avnwizard.cli.plan_view import show_plan
    from avnwizard.cli.summary import summary
    from avnwizard.domain.answers import Answers
    from avnwizard.flows.check import check
    from avnwizard.flows.run import launch
    from avnwizard.flows.upgrade.planning import prepare, require_fit

    draft = draft_for(host, TARGET)
    answers = Answers().accepting(draft.decisions(Answers()))
    asked = [decision for decision in draft.decisions(answers) if not decision.certain]
    say(f"{len(asked)} decisions are answered for you, as this is practice")
    found = check(host)
    require_fit(found)
    prepared = replace(prepare(host, draft, answers), checked=found)
    if MANNER.verbose:
        show_plan(prepared.plan)
    for line in summary(prepared.plan)[:-1]:
        say(line)
    say(_EXPECTED)
    run = launch.create_upgrade(host, prepared)
    code = follow(host, run, launch.start(host, run))
    if told := _lost(host, run):
        say(told)
    return code


def _lost(host: "Host", run: str) -> str:
    """In which steps requests were lost, so that it is seen whether these are the expected ones; "" for none."""
    from avnwizard.flows.run.report import lost_by_step

    journal = host.journal()
    titles = {step.name: step.title for step in journal.steps(run)}
    lost = [f"{titles.get(name, name)} {many}" for name, many in lost_by_step(host, journal, run).items()]
    return f"lost while these were at work, from the migrations on as expected: {', '.join(lost)}" if lost else ""
