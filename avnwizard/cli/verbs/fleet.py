"""`fleet status|plan`: two or more stacks behind one load balancer."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, ToOption, open_stack
from avnwizard.cli.output import emit_json, say, show_table
from avnwizard.domain.plain import printable
from avnwizard.errors import ExitCode

if TYPE_CHECKING:
    from avnwizard.flows.fleet.looking import Fleet
    from avnwizard.flows.host import Host


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Two or more stacks behind one load balancer.", no_args_is_help=True)
    group.command()(status)
    group.command()(plan)
    app.add_typer(group, name="fleet")


def status(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Show which stack is at which release, what the balancer sends where, and what keeps a release from them.

    Ends with 3 where there is a trouble.

    JSON: "first", "members": [{"stack", "tag", "database", "ailing", "unfinished"}], "served": [{"stack", "mode",
    "up", "weight", "connections", "failed"}], "troubles": [[what, remedy]].
    """
    fleet, _ = _look(open_stack(stack))
    if json:
        emit_json(_as_json(fleet))
    else:
        _show(fleet)
    return ExitCode.REFUSED if fleet.troubles else ExitCode.DONE


def plan(to: ToOption, stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Say how a release would go through the stacks, one after another, and what stands in the way; change nothing.

    The steps are not carried out by avnwizard yet: they are for your hand, in this order.

    JSON: "tag", "steps": [{"title", "commands", "back"}], "troubles": [[what, remedy]], "notes". Ends with 3 where
    something stands in the way.
    """
    from dataclasses import asdict

    from avnwizard.cli.verbs.planning import draft_for
    from avnwizard.flows.fleet.planning import plan_fleet

    here = open_stack(stack)
    fleet, hosts = _look(here)
    first = hosts[fleet.first]
    found = plan_fleet(here.config.fleet, fleet, first, draft_for(first, to))
    if json:
        emit_json(asdict(found))
    else:
        _show(fleet)
        for number, step in enumerate(found.steps, 1):
            say(f"{number}. {printable(step.title)}")
            for command in step.commands:
                say(f"   $ {printable(command)}")
            say(f"   going back: {printable(step.back)}")
        for note in found.notes:
            say(printable(note))
        for what, remedy in found.troubles[len(fleet.troubles) :]:
            say(f"in the way: {what}", style="red")
            say(f"  {remedy}")
    return ExitCode.REFUSED if found.troubles else ExitCode.DONE


def _look(here: "Host") -> "tuple[Fleet, dict[str, Host]]":
    from avnwizard.adapters.balancer import balancer
    from avnwizard.flows.fleet.looking import look, opened
    from avnwizard.wiring import open_host

    section = here.config.fleet
    steering = balancer(section)
    hosts = {name: open_host(Path(place)) for name, place in section.stacks.items()}
    opened(section, here, hosts)
    return look(section, hosts, steering), hosts


def _as_json(fleet: "Fleet") -> dict[str, object]:
    from dataclasses import asdict

    members = [{key: value for key, value in asdict(one).items() if key != "shared"} for one in fleet.members]
    served = [asdict(one) for one in fleet.served]
    return {"first": fleet.first, "members": members, "served": served, "troubles": fleet.troubles}


def _show(fleet: "Fleet") -> None:
    served = {one.stack: one for one in fleet.served}
    rows = []
    for one in fleet.members:
        at = served[one.stack]
        open_ = "?" if at.connections is None else str(at.connections)
        state = "down" if at.up is False else at.mode
        rows.append((one.stack, one.tag or one.commit[:12], state, f"{at.weight} %", open_))
    show_table(("stack", "release", "balancer", "weight", "connections"), rows)
    for what, remedy in fleet.troubles:
        say(f"in the way: {what}", style="red")
        say(f"  {remedy}")
