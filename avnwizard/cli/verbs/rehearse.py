"""`rehearse`, `rehearse show|forget`: try a release on an isolated copy of the stack, and what that showed."""

from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import HERE, AnswersOption, JsonOption, RunArgument, StackOption, open_stack
from avnwizard.cli.output import emit_json, say, show_table
from avnwizard.cli.verbs.planning import answers_for, draft_for, prepare_for
from avnwizard.cli.verbs.upgrade import DetachOption, DryRunOption, start
from avnwizard.domain.plain import printable
from avnwizard.errors import ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from avnwizard.domain.rehearsal.result import Rehearsed
    from avnwizard.flows.host import Host
    from avnwizard.flows.rehearse.plan import RehearsalPlan
    from avnwizard.flows.upgrade.inputs import UpgradeInputs
    from avnwizard.flows.upgrade.planning import Prepared

RehearsedOption = Annotated[str, typer.Option("--to", metavar="TAG", help="The release to rehearse.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Try a release on an isolated copy of the stack.", invoke_without_command=True)
    group.callback()(rehearse)
    group.command()(show)
    group.command()(forget)
    app.add_typer(group, name="rehearse")


def rehearse(
    ctx: typer.Context,
    to: RehearsedOption = "",
    stack: StackOption = HERE,
    *,
    answers: AnswersOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    detach: DetachOption = False,
) -> None:
    """Try a release on an isolated copy of the stack, with a copy of its data; the live stack is only read.

    The copy's migrations and services are timed; then the old code runs on the migrated copy. Ends with 3 where the
    release does not come up in the copy.

    JSON (with --dry-run): the plan: "target", "old": services in order, "left_out": [{"service", "why", "means"}],
    "notes", "databases": [[name, bytes]], "needed_bytes", "needed_memory" and more; "model": the generated compose
    model without the values of its variables.
    """
    if ctx.invoked_subcommand is not None:
        return
    if not to:
        raise UsageError("Which release shall be rehearsed?", "avnwizard rehearse --to TAG")
    host = open_stack(stack)
    raise typer.Exit(_rehearse(host, to, answers, dry_run=dry_run, json=json, detach=detach))


def _rehearse(host: "Host", to: str, answers: "Path | None", *, dry_run: bool, json: bool, detach: bool) -> int:
    import json as jsonlib

    from avnwizard.flows.holding import require_free
    from avnwizard.flows.rehearse.plan import to_json
    from avnwizard.flows.rehearse.planning import plan_rehearsal, shown_model

    require_free(host)
    draft = draft_for(host, to)
    prepared = prepare_for(host, draft, answers_for(draft, answers))
    if not dry_run:
        return carry_out(host, draft, prepared, detach=detach)
    planned = plan_rehearsal(host, draft, prepared)
    if json:
        emit_json({**jsonlib.loads(to_json(planned.plan)), "model": shown_model(planned.materials)})
    else:
        _show_plan(host, planned.plan)
    return ExitCode.DONE


def carry_out(host: "Host", draft: "UpgradeInputs", prepared: "Prepared", *, detach: bool = False) -> int:
    """Rehearse an upgrade and watch it; `ExitCode.REFUSED` where the release does not come up in the copy."""
    from avnwizard.flows.rehearse.planning import plan_rehearsal
    from avnwizard.flows.run.orders import order_rehearsal
    from avnwizard.flows.stack.rehearsed import result_of

    planned = plan_rehearsal(host, draft, prepared)
    _show_plan(host, planned.plan)
    run = order_rehearsal(host, planned)
    code = start(host, run, detach=detach)
    journal = host.journal()
    found = result_of(journal, journal.run(run))
    if detach or found is None:
        return code
    for sentence in found.sentences():
        say(sentence)
    return code or (ExitCode.DONE if found.comes_up else ExitCode.REFUSED)


def rehearse_first(host: "Host", draft: "UpgradeInputs", prepared: "Prepared", *, detach: bool) -> int:
    """Rehearse what is then to be upgraded; anything but 0 where it did not come up."""
    if detach:
        raise UsageError("--rehearse waits for the rehearsal, so it does not go with --detach.", "Leave one out.")
    code = carry_out(host, draft, prepared)
    if code:
        say("The upgrade was not begun.", style="yellow")
    return code


def show(run: RunArgument = "", stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Show what a rehearsal showed: the last one, or the one that is named.

    JSON: "tag", "commit", "copied_bytes", "copy_s", "target" and "old": [{"service", "outcome", "seconds", "said"}],
    "left_out", "notes", "slow", and "comes_up", "old_code" ("works", "breaks", "unknown"), "sentences".
    """
    from avnwizard.domain.rehearsal.result import RESULT
    from avnwizard.flows.stack.rehearsed import KIND, last_rehearsal, result_of

    journal = open_stack(stack).journal()
    record = journal.run(run) if run else None
    if record is not None and record.kind != KIND:
        raise RefusedError(f"{record.id} is no rehearsal.", "avnwizard runs")
    found = result_of(journal, record) if record else last_rehearsal(journal)
    if found is None:
        raise RefusedError("There is no finished rehearsal.", "avnwizard rehearse --to TAG")
    if json:
        more = {"comes_up": found.comes_up, "old_code": found.old_code, "sentences": list(found.sentences())}
        emit_json({**RESULT.adapter.dump_python(found, mode="json"), **more})
    else:
        _show_result(found)
    return ExitCode.DONE


def forget(stack: StackOption = HERE) -> int:
    """Remove whatever a rehearsal that was killed left on the engine."""
    from avnwizard.domain.rehearsal.order import Mark
    from avnwizard.flows.holding import holding

    host = open_stack(stack)
    mark, copies = Mark(host.stack.project.name), host.rehearsals()
    with holding(host, run="", kind="forget"):
        left = copies.left(mark)
        copies.sweep(mark)
    for one in left:
        say(f"removed: {printable(one, limit=120)}")
    if not left:
        say("nothing of a rehearsal is left")
    return ExitCode.DONE


def _show_plan(host: "Host", plan: "RehearsalPlan") -> None:
    from avnwizard.domain.words import count, size
    from avnwizard.flows.rehearse.flow import steps_of

    data = f"with a copy of {size(plan.total_bytes)} of data" if plan.data else f"without data ({plan.why_no_data})"
    say(f"rehearsal of {plan.tag} as the project {plan.mark.name}, {data}")
    say(
        f"  {count(len(plan.target), 'service')}; needs {size(plan.needed_bytes)} of disk on the engine for the while"
    )
    for one in plan.left_out:
        say(f"  left out: {printable(one.service)}: {printable(one.why)}. {printable(one.means)}", style="yellow")
    for note in plan.notes:
        say(f"  {printable(note)}")
    for number, step in enumerate(steps_of(host, plan, "plan"), 1):
        say(f"  {number}. {step.describe().title}")


def _show_result(found: "Rehearsed") -> None:
    from avnwizard.domain.words import duration

    for sentence in found.sentences():
        say(sentence, always=True)
    old = {one.service: one for one in found.old}
    rows = [
        (one.service, one.outcome, duration(one.seconds), old[one.service].outcome if one.service in old else "")
        for one in found.target
    ]
    show_table(("service", found.tag, "after", f"{found.old_tag} on its data"), rows)
    for one in found.left_out:
        say(f"left out: {printable(one.service)}: {printable(one.why)}. {printable(one.means)}", style="yellow")
    for note in found.notes:
        say(printable(note))
    for slow in found.slow:
        say(f"{slow.seconds:.2f} s  {printable(slow.text)}")
