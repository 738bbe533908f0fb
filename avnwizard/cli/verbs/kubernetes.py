"""`kubernetes check|plan|upgrade`: a stack that runs in Kubernetes as a Helm release."""

from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, open_stack
from avnwizard.cli.output import emit_json, say
from avnwizard.cli.verbs.upgrade import DetachOption, DryRunOption, YesOption, confirm, start
from avnwizard.errors import ExitCode

if TYPE_CHECKING:
    from avnwizard.flows.host import Host
    from avnwizard.flows.kubernetes.plan import KubePlan

CureOption = Annotated[
    bool,
    typer.Option("--cure", help="First put the last deployed revision back, where Helm was ended in the middle."),
]
_COLOURS = {"ok": "green", "warn": "yellow", "stop": "red"}


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Upgrade a stack that is a Helm release in Kubernetes.", no_args_is_help=True)
    group.command()(check)
    group.command()(plan)
    group.command()(upgrade)
    app.add_typer(group, name="kubernetes")


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


def plan(stack: StackOption = HERE, *, cure: CureOption = False, json: JsonOption = False) -> int:
    """Say what an upgrade to the chart in the checkout changes and may lose; change nothing.

    Ends with 3 where something stands in the way.

    JSON: the plan: "place", "revision", "chart_old", "chart_new", "changes", "rolls": [{"shown", "losses"}], "hooks",
    "stops": [[what, remedy]], "notes", and more.
    """
    import json as jsonlib

    from avnwizard.flows.kubernetes.plan import to_json
    from avnwizard.flows.kubernetes.planning import plan_upgrade

    host = open_stack(stack)
    found = plan_upgrade(host, cure=cure)
    if json:
        emit_json(jsonlib.loads(to_json(found)))
    else:
        _show(host, found)
    return ExitCode.REFUSED if found.stops else ExitCode.DONE


def upgrade(
    stack: StackOption = HERE,
    *,
    cure: CureOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Upgrade the release to the chart in the checkout. `avnwizard rollback` goes back to the previous revision."""
    from avnwizard.flows.holding import require_free
    from avnwizard.flows.kubernetes.planning import plan_upgrade, require_possible
    from avnwizard.flows.run.orders import order_helm

    host = open_stack(stack)
    require_free(host)
    found = plan_upgrade(host, cure=cure)
    _show(host, found)
    require_possible(found)
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {found.place.release} to start", found.place.release)
    return start(host, order_helm(host, found), detach=detach)


def _show(host: "Host", found: "KubePlan") -> None:
    from avnwizard.cli.kubernetes_view import lines_of

    for text, style in lines_of(host, found):
        say(text, style=style)
