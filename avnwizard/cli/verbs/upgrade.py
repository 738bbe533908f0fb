"""`upgrade`, `resume`, `rollback`, `attach`: start a run or go on with one, and watch it."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import (
    HERE,
    AnswersOption,
    JsonOption,
    RunArgument,
    StackOption,
    ToOption,
    as_dry_run,
    open_stack,
)
from avnwizard.cli.output import emit_json, say
from avnwizard.cli.verbs.planning import HoldOption, answers_for, draft_for, prepare_for
from avnwizard.errors import ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from avnwizard.engine.records import RunRecord
    from avnwizard.flows.host import Host

YesOption = Annotated[bool, typer.Option("--yes", help="Skip the last confirmation, and nothing else.")]
RestoreOption = Annotated[
    bool,
    typer.Option("--restore", help="Put the databases back even where the old code could go on with those of now."),
]
SaveRowsOption = Annotated[
    bool | None,
    typer.Option(
        "--save-rows/--no-save-rows", help="Dump the tables written to since the snapshot, into its folder."
    ),
]
UnrestoredOption = Annotated[
    bool,
    typer.Option("--accept-unrestored", help="Agree that databases which cannot be restored stay as they are."),
]
OlderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--older",
        metavar="SERVICE",
        help="Start the older version of a data service on what the newer one wrote; may be given again.",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what it takes and costs; change nothing.", callback=as_dry_run)
]
AllowJumpOption = Annotated[bool, typer.Option("--allow-jump", help="Jump over a major version all the same.")]
RehearseOption = Annotated[
    bool, typer.Option("--rehearse", help="Try the release on an isolated copy first; go on only if it comes up.")
]
DetachOption = Annotated[bool, typer.Option("--detach", help="Start, and do not watch.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(upgrade)
    app.command()(resume)
    app.command()(rollback)
    app.command()(redo)
    app.command()(attach)


def upgrade(
    to: ToOption,
    stack: StackOption = HERE,
    *,
    answers: AnswersOption = None,
    jump: AllowJumpOption = False,
    rehearse: RehearseOption = False,
    hold: HoldOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Upgrade the stack. The run goes on when the terminal closes; come back with `avnwizard attach`."""
    from avnwizard.cli.output import MANNER
    from avnwizard.cli.plan_view import show_plan
    from avnwizard.cli.summary import summary
    from avnwizard.cli.verbs.rehearse import rehearse_first
    from avnwizard.flows import holding
    from avnwizard.flows.run import launch
    from avnwizard.flows.upgrade.consent import require_jump_allowed
    from avnwizard.flows.upgrade.remembering import remember

    host = open_stack(stack)
    holding.require_free(host)
    draft = draft_for(host, to)
    require_jump_allowed(draft.breaking, allowed=jump)
    prepared = prepare_for(host, draft, answers_for(draft, answers), hold=hold)
    if rehearse:
        if code := rehearse_first(host, draft, prepared, detach=detach):
            return code
        prepared = prepare_for(host, draft, answers_for(draft, answers), hold=hold)  # it says now what that showed
    if not yes:
        if MANNER.verbose:
            show_plan(prepared.plan)
        for line in summary(prepared.plan, answers=str(answers or "")):
            say(line, always=True)
        confirm(f"Type {draft.target.name} to start", draft.target.name)
    run = launch.create_upgrade(host, prepared)
    if told := remember(host, prepared.ways):
        say(told)
    return start(host, run, detach=detach)


def resume(run: RunArgument = "", stack: StackOption = HERE, *, detach: DetachOption = False) -> int:
    """Go on with an unfinished run, from the step that stopped it; lift a pause."""
    from avnwizard.cli.follow import follow
    from avnwizard.flows.holding import is_live

    host = open_stack(stack)
    record = unfinished(host, run)
    if is_live(host, record.id):
        host.journal().post(record.id, "resume")
        return ExitCode.DONE if detach else follow(host, record.id, None)
    return start(host, record.id, detach=detach)


def rollback(
    run: RunArgument = "",
    stack: StackOption = HERE,
    *,
    restore: RestoreOption = False,
    save_rows: SaveRowsOption = None,
    unrestored: UnrestoredOption = False,
    older: OlderOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Undo a run: files, images, services, and the databases where the old code cannot work on what they became.

    JSON (with --dry-run): the plan of the rollback: "restore", "why", "databases",
    "services": [{"service", "strategy"}], "cost": with "lost": [{"database", "tables", ...}], "roles",
    "stay": [{"service", "why"}], "notes": what does not go back, "consent": [{"flag", "why"}] and more.
    """
    from avnwizard.cli.rollback_view import as_document, show_rollback
    from avnwizard.flows.holding import is_live
    from avnwizard.flows.rollback.plan import RollbackOptions
    from avnwizard.flows.run import going_back, launch
    from avnwizard.flows.upgrade.consent import require_consent

    host = open_stack(stack)
    journal = host.journal()
    record = _to_undo(host, run)
    if is_live(host, record.id):
        raise RefusedError(f"Run {record.id} is live.", f"Stop it first: avnwizard abort {record.id}")
    chosen = RollbackOptions(restore=restore, save_rows=save_rows, unrestored=unrestored, older=tuple(older or ()))
    if going_back.by_its_steps(record):
        return _undo(host, record, dry_run=dry_run, yes=yes, detach=detach)
    plan = going_back.plan_going_back(host, journal, record, chosen)
    if dry_run and json:
        emit_json(as_document(plan))
        return ExitCode.DONE
    show_rollback(record, plan, now=time.time())
    if dry_run:
        return ExitCode.DONE
    if yes:
        require_consent(plan.consent, f"avnwizard rollback {record.id} --yes")
    else:
        confirm(f"Type {record.id} to roll back", record.id)
    return start(host, launch.create_rollback(host, record, plan), detach=detach)


def _undo(host: "Host", record: "RunRecord", *, dry_run: bool, yes: bool, detach: bool) -> int:
    """Take a run back by its steps' own undo, the last one first."""
    from avnwizard.flows.run import launch
    from avnwizard.flows.run.going_back import steps_back
    from avnwizard.flows.run.registry import flow_of

    for step in steps_back(host, host.journal(), record):
        say(f"  {step.title}")
    for note in flow_of(record).back_notes(host.journal(), record):
        say(f"  {note}", style="yellow")
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {record.id} to roll back", record.id)
    return start(host, launch.create_undo(host, record), detach=detach)


def redo(
    run: RunArgument = "", stack: StackOption = HERE, *, yes: YesOption = False, detach: DetachOption = False
) -> int:
    """Undo the last rollback: the databases as they were before it, and the release with them."""
    from avnwizard.flows.rollback.flow import Rollback
    from avnwizard.flows.rollback.redo import prepare_redo, redo_told
    from avnwizard.flows.run import launch

    host = open_stack(stack)
    journal = host.journal()
    found = [journal.run(run)] if run else [one for one in journal.runs() if one.kind == Rollback.kind]
    if not found:
        raise RefusedError("There is no rollback to undo.", "avnwizard runs")
    prepared = prepare_redo(host, journal, found[0])
    plan = prepared.plan
    for sentence in redo_told(plan):
        say(sentence)
    if not yes:
        confirm(f"Type {plan.target.tag} to start", plan.target.tag)
    return start(host, launch.create_upgrade(host, prepared), detach=detach)


def attach(run: RunArgument = "", stack: StackOption = HERE) -> int:
    """Watch a run: the live one, or the last one."""
    from avnwizard.cli.follow import follow
    from avnwizard.engine.carried import apart
    from avnwizard.engine.lock import holder
    from avnwizard.flows.holding import require_no_other, require_reachable

    host = open_stack(stack)
    journal = host.journal()
    if not run:
        if live := holder(host.lock):
            require_reachable(host, live, "watched", verb="attach")
        runs = apart(journal)
        if not runs:
            require_no_other(host)
            raise RefusedError("There is no run on this stack.", "Start one: avnwizard upgrade --to TAG")
        return follow(host, runs[0].id, None)
    return follow(host, journal.run(run).id, None)


def confirm(question: str, word: str) -> None:
    """Ask for a word to be typed.

    Raises:
        UsageError: there is no terminal to ask.
        RefusedError: another word was typed.
    """
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to confirm on.", "Give --yes to start without asking.")
    say(f"{question}: ", always=True)
    if sys.stdin.readline().strip() != word:
        raise RefusedError("Not confirmed. Nothing was changed.", "Type the word exactly.")


def unfinished(host: "Host", run: str) -> "RunRecord":
    """The named run, or the last unfinished one.

    Raises:
        RefusedError: it is finished, or there is none.
    """
    from avnwizard.engine.carried import apart
    from avnwizard.engine.records import UNFINISHED
    from avnwizard.flows.holding import require_no_other

    journal = host.journal()
    if run:
        record = journal.run(run)
        if record.state not in UNFINISHED:
            raise RefusedError(f"Run {record.id} is {record.state}; there is nothing to resume.", "avnwizard runs")
        return record
    found = [one for one in apart(journal) if one.state in UNFINISHED]
    if not found:
        require_no_other(host)
        raise RefusedError("There is no unfinished run.", "avnwizard runs")
    return found[0]


def _to_undo(host: "Host", run: str) -> "RunRecord":
    from avnwizard.engine.carried import own_runs
    from avnwizard.flows.holding import require_no_other
    from avnwizard.flows.run.registry import can_roll_back

    journal = host.journal()
    if run:
        return journal.run(run)
    found = can_roll_back(own_runs(journal))
    if not found:
        require_no_other(host)
        raise RefusedError("There is no run to roll back.", "avnwizard runs")
    return found[0]


def start(host: "Host", run: str, *, detach: bool) -> int:
    """Start a run and watch it, or leave it to itself; the exit code."""
    from avnwizard.cli.follow import follow
    from avnwizard.flows.run import launch

    process = launch.start(host, run)
    if detach:
        say(f"run {run} goes on by itself; watch it with: avnwizard attach {run}")
        return ExitCode.DONE
    return follow(host, run, process)
