"""`kubernetes check|plan|upgrade`: a stack that runs in Kubernetes as a Helm release."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import HERE, AnswersOption, JsonOption, StackOption, open_stack
from avnwizard.cli.output import emit_json, say
from avnwizard.cli.verbs.planning import WriteAnswersOption, answers_for, fetch_for, write_file
from avnwizard.cli.verbs.upgrade import AllowJumpOption, DetachOption, DryRunOption, YesOption, confirm, start
from avnwizard.errors import ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from avnwizard.flows.host import Host
    from avnwizard.flows.kubernetes.drafting import HelmDraft
    from avnwizard.flows.kubernetes.plan import KubePlan
    from avnwizard.flows.kubernetes.preparing import PreparedRelease

TagOption = Annotated[
    str, typer.Option("--to", metavar="TAG", help="The release tag whose chart is installed; else the checkout's.")
]

CureOption = Annotated[
    bool,
    typer.Option("--cure", help="First put the last deployed revision back, where Helm was ended in the middle."),
]
_COLOURS = {"ok": "green", "warn": "yellow", "stop": "red"}


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Upgrade a stack that is a Helm release in Kubernetes.", no_args_is_help=True)
    group.command()(find)
    group.command()(check)
    group.command()(plan)
    group.command()(upgrade)
    app.add_typer(group, name="kubernetes")


def find(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Find the Helm releases that the checkout's charts are installed as; print the section for `avnwizard.toml`.

    Ends with 3 where there is none. Nothing is changed.

    JSON: a list of "release", "namespace", "chart" (the folder), "installed" (chart and version), "status".
    """
    from avnwizard.cli.options import WHERE
    from avnwizard.domain.kubernetes.finding import section_of
    from avnwizard.wiring import releases_found

    found = releases_found(WHERE.stack if stack == HERE else stack)
    if json:
        emit_json(
            [
                {
                    "release": one.name, "namespace": one.namespace, "chart": folder, "installed": one.chart,
                    "status": one.status,
                }
                for folder, one in found
            ]
        )  # fmt: skip
    for number, (folder, one) in enumerate(found if not json else ()):
        if number:
            say("", always=True)
        say(f"# {one.chart}, {one.status}", always=True)
        for line in section_of(folder, one):
            say(line, always=True)
    if not found:
        raise RefusedError(
            "No chart of this checkout is installed as a Helm release in the current context's cluster.",
            "Look at: helm list --all-namespaces; kubectl config current-context",
        )
    return ExitCode.DONE


def check(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Look at the tools, the rights, the release and its pods; change nothing. Ends with 3 where something stops.

    JSON: a list of findings: "check", "level" ("ok", "warn", "stop"), "message", "hint".
    """
    from dataclasses import asdict

    from avnwizard.domain.findings import worst
    from avnwizard.flows.kubernetes.checking import check_release

    found = check_release(open_stack(stack))
    if json:
        emit_json([asdict(one) for one in found])
    else:
        for one in found:
            say(f"{one.level:>4}  {one.check}: {one.message}", style=_COLOURS[one.level], always=True)
            if one.hint and one.level != "ok":
                say(f"      {one.hint}", always=True)
    return ExitCode.REFUSED if worst(found) == "stop" else ExitCode.DONE


def plan(
    to: TagOption = "",
    stack: StackOption = HERE,
    *,
    answers: AnswersOption = None,
    write_answers: WriteAnswersOption = None,
    cure: CureOption = False,
    json: JsonOption = False,
) -> int:
    """Say what an upgrade changes and may lose: to a release tag, or to the chart in the checkout; change nothing.

    Ends with 3 where something stands in the way.

    JSON: the plan: "place", "revision", "chart_old", "chart_new", "changes", "values": the edits of the values files,
    "rolls": [{"shown", "losses"}], "hooks", "stops": [[what, remedy]], "notes", and more.
    """
    import json as jsonlib

    from avnwizard.flows.kubernetes.plan import to_json

    host = open_stack(stack)
    if write_answers is not None:
        return _write(host, to, answers, write_answers)
    found, _ = _planned(host, to, answers, cure=cure)
    if json:
        emit_json(jsonlib.loads(to_json(found)))
    else:
        _show(host, found)
    return ExitCode.REFUSED if found.stops else ExitCode.DONE


def upgrade(
    to: TagOption = "",
    stack: StackOption = HERE,
    *,
    answers: AnswersOption = None,
    jump: AllowJumpOption = False,
    cure: CureOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Upgrade the release: to a release tag, or to the chart in the checkout. `avnwizard rollback` goes back."""
    from avnwizard.flows.holding import require_free
    from avnwizard.flows.kubernetes.planning import require_possible
    from avnwizard.flows.run.orders import order_helm, order_release
    from avnwizard.flows.upgrade.consent import require_jump_allowed

    host = open_stack(stack)
    require_free(host)
    found, prepared = _planned(host, to, answers, cure=cure)
    require_jump_allowed(found.breaking, allowed=jump)
    _show(host, found)
    require_possible(found)
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {found.place.release} to start", found.place.release)
    run = order_release(host, prepared) if prepared else order_helm(host, found)
    return start(host, run, detach=detach)


def _planned(host: "Host", to: str, answers: Path | None, *, cure: bool) -> "tuple[KubePlan, PreparedRelease | None]":
    from avnwizard.flows.kubernetes.planning import plan_upgrade
    from avnwizard.flows.kubernetes.preparing import prepare_release

    if not to:
        if answers is not None:
            raise UsageError("--answers goes with --to TAG.", "Give the release tag that the answers are for.")
        return plan_upgrade(host, cure=cure), None
    draft = _draft(host, to)
    prepared = prepare_release(host, draft, answers_for(draft, answers), cure=cure)
    return prepared.plan, prepared


def _draft(host: "Host", to: str) -> "HelmDraft":
    from avnwizard.flows.kubernetes import drafting

    fetch_for(host, to)
    return drafting.draft(host, to)


def _write(host: "Host", to: str, answers: Path | None, file: Path) -> int:
    if not to:
        raise UsageError("--write-answers goes with --to TAG.", "Give the release tag that the answers are for.")
    draft = _draft(host, to)
    decisions = draft.decisions(answers_for(draft, answers))
    write_file(host, file, decisions, draft, "avnwizard kubernetes upgrade")
    return ExitCode.DONE


def _show(host: "Host", found: "KubePlan") -> None:
    from avnwizard.flows.kubernetes.shown import lines_of

    for text, style in lines_of(host, found):
        say(text, style=style)
