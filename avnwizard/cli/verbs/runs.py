"""`runs`, `show`, `pause`, `abort`: what happened, and what shall happen to a live run."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from avnwizard.cli.options import HERE, JsonOption, RunArgument, StackOption, open_stack
from avnwizard.cli.output import data_console, emit_json, say, show_table
from avnwizard.domain.words import duration, timestamp
from avnwizard.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from avnwizard.engine.journal import Journal
    from avnwizard.engine.records import Action, RunRecord
    from avnwizard.flows.host import Host


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(runs)
    app.command()(show)
    app.command(name="report")(_report)
    app.command()(pause)
    app.command()(abort)


def runs(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """List every run on this stack, newest first.

    JSON: [{"id", "kind", "title", "state", "live", "undoes", "created_at", "finished_at", "by", "message", "hint"}];
    times are ISO 8601, "" for one that has not come
    """
    from avnwizard.flows.memory import also

    host = open_stack(stack)
    rows = [_described(host, record) for record in host.journal().runs()]
    if json:
        emit_json(rows)
    elif rows:
        show_table(
            ("run", "what", "state", "began", "took", "by"),
            [
                (
                    row["id"],
                    row["title"],
                    _state(row),
                    row["created_at"][:16].replace("T", " "),
                    _took(row),
                    row["by"],
                )
                for row in rows
            ],
        )
    else:
        say("no run yet")
    for line in also(host):
        say(line)
    return ExitCode.DONE


def _state(row: dict[str, Any]) -> str:
    if row["state"] in {"running", "created"} and not row["live"]:
        return "cut off"
    return str(row["state"])


def _took(row: dict[str, Any]) -> str:
    """How long it was from its beginning to its end; "" while there is none."""
    if not row["finished_at"]:
        return ""
    return duration(
        (datetime.fromisoformat(row["finished_at"]) - datetime.fromisoformat(row["created_at"])).total_seconds()
    )


def _described(host: "Host", record: "RunRecord") -> dict[str, Any]:
    from avnwizard.engine.journal import LOGIN
    from avnwizard.flows.holding import is_live

    return {
        "id": record.id,
        "kind": record.kind,
        "title": record.title,
        "state": record.state,
        "live": is_live(host, record.id),
        "undoes": record.undoes,
        "created_at": timestamp(record.created_at),
        "finished_at": timestamp(record.finished_at),
        "by": str(host.journal().facts(record.id, "").get(LOGIN, "")),
        "message": record.message,
        "hint": record.hint,
    }


def show(run: RunArgument = "", stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Show one run (default: the last) with its steps, as its report does.

    JSON: the run as in `runs`, with "steps": [{"index", "name", "title", "state", "seconds", "message",
    "lost": requests while it was at work}],
    "plan": the plan as it was journalled, and "probe": what was measured at the edge, {"total": {"sent", "answered",
    "lost", "kinds", ...}, "services": {service: as the total}, "notes": [text]}, or null where nothing was;
    "canary": {"checks": {check: {"before" | "during" | "after": {"worked", "failed", "why"}}}, "notes", "judged",
    "broken": [check]}, or null where none went along.
    """
    from avnwizard.flows.canary.memory import load as load_canary
    from avnwizard.flows.edge.memory import load, measured
    from avnwizard.flows.run.report import lost_by_step, report

    host = open_stack(stack)
    journal = host.journal()
    record = _named(journal, run)
    if not json:
        data_console().print(report(host, journal, record.id), soft_wrap=True)
        return ExitCode.DONE
    lost, probed = lost_by_step(host, journal, record.id), load(host.files, host.state.run(record.id))
    steps = [
        {
            "index": step.index,
            "name": step.name,
            "title": step.title,
            "state": step.state,
            "seconds": round(step.finished_at - step.started_at, 3) if step.finished_at else None,
            "message": step.message,
            "lost": lost.get(step.name, 0),
        }
        for step in journal.steps(record.id)
    ]
    canary = load_canary(host.files, host.state.run(record.id))
    found = {
        "steps": steps,
        "plan": _plan(record.plan),
        "probe": measured(probed),
        "canary": canary.to_json() if canary else None,
    }
    emit_json(_described(host, record) | found)
    return ExitCode.DONE


def _report(
    run: RunArgument = "",
    stack: StackOption = HERE,
    *,
    form: Annotated[
        Literal["md", "html", "json"], typer.Option("--format", help="Markdown, a page with the plot, or JSON.")
    ] = "md",
) -> int:
    """Print the report of a run (default: the last) for a change ticket, from what was journalled and measured."""
    from avnwizard.flows.run import report as flow

    if form == "json":
        return show(run, stack, json=True)
    host = open_stack(stack)
    journal = host.journal()
    record = _named(journal, run)
    made = flow.report_page if form == "html" else flow.report
    sys.stdout.write(made(host, journal, record.id))
    return ExitCode.DONE


def _named(journal: "Journal", run: str) -> "RunRecord":
    """The run of that name, or the last."""
    runs = journal.runs()
    if not run and not runs:
        raise RefusedError("There is no run on this stack.", "Start one: avnwizard upgrade --to TAG")
    return journal.run(run) if run else runs[0]


def _plan(text: str) -> Any:
    """As it was journalled; version 0.1 kept no JSON of a snapshot."""
    import json as jsonlib

    try:
        return jsonlib.loads(text)
    except ValueError:
        return text


def pause(stack: StackOption = HERE) -> int:
    """Pause the live run after the step at work; `resume` lifts it."""
    return _post(stack, "pause", "pauses after the step at work; go on with: avnwizard resume")


def abort(stack: StackOption = HERE) -> int:
    """Stop the live run at the next safe place; then `resume` or `rollback`."""
    return _post(stack, "abort", "stops at the next safe place; watch it with: avnwizard attach")


def _post(stack: Any, action: "Action", told: str) -> int:
    from avnwizard.flows.holding import post

    say(f"run {post(open_stack(stack), action)} {told}")
    return ExitCode.DONE
