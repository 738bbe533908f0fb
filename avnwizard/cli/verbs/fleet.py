"""`fleet status|plan|upgrade|flip|rotate|rollback`: two or more stacks behind one load balancer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import HERE, AnswersOption, JsonOption, RunArgument, StackOption, ToOption, open_stack
from avnwizard.cli.output import emit_json, say, show_table
from avnwizard.cli.verbs.fleet_rotate import rotate
from avnwizard.cli.verbs.planning import HoldOption, answers_for, draft_for, prepare_for
from avnwizard.cli.verbs.upgrade import AllowJumpOption, DetachOption, DryRunOption, YesOption, confirm, start
from avnwizard.cli.verbs.upgrade import rollback as roll_back
from avnwizard.domain.plain import printable
from avnwizard.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from avnwizard.domain.balancer.server import Served
    from avnwizard.flows.fleet.looking import Fleet
    from avnwizard.flows.fleet.order import FleetOrder
    from avnwizard.flows.fleet.planning import FleetPlan
    from avnwizard.flows.host import Host
    from avnwizard.flows.upgrade.holding_back import Holding
    from avnwizard.flows.upgrade.planning import Prepared

FlipTo = Annotated[
    str, typer.Option("--to", metavar="STACK", help="The stack that shall serve alone. Default: the one that waits.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Two or more stacks behind one load balancer.", no_args_is_help=True)
    group.command()(status)
    group.command()(plan)
    group.command()(upgrade)
    group.command()(flip)
    group.command()(rotate)
    group.command()(rollback)
    app.add_typer(group, name="fleet")


def status(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Show which stack is at which release, what the balancer sends where, and what keeps a release from them.

    Ends with 3 where there is a trouble.

    JSON: "first", "members": [{"stack", "tag", "database", "ailing", "unfinished", "context"}], "served": [{"stack",
    "mode", "up", "weight", "connections", "failed"}], "shared": [sentence], "troubles": [[what, remedy]].
    """
    fleet, _ = _look(open_stack(stack))
    if json:
        emit_json(_as_json(fleet))
    else:
        _show(fleet)
    return ExitCode.REFUSED if fleet.troubles else ExitCode.DONE


def plan(to: ToOption, stack: StackOption = HERE, *, hold: HoldOption = False, json: JsonOption = False) -> int:
    """Say how a release would go through the stacks, one after another, and what stands in the way; change nothing.

    JSON: "tag", "steps": [{"title", "commands", "back"}], "troubles": [[what, remedy]], "notes". Ends with 3 where
    something stands in the way.
    """
    from dataclasses import asdict

    from avnwizard.flows.fleet.planning import plan_fleet
    from avnwizard.flows.upgrade.holding_back import hold_back

    here = open_stack(stack)
    fleet, hosts = _look(here)
    first = hosts[fleet.first]
    draft = draft_for(first, to)
    holding = hold_back(first, draft) if hold else None
    found = plan_fleet(here.config.fleet, fleet, first, draft, holding)
    if json:
        emit_json(asdict(found))
    else:
        _show(fleet)
        _show_plan(found)
        for what, remedy in found.troubles[len(fleet.troubles) :]:
            say(f"in the way: {what}", style="red")
            say(f"  {remedy}")
    return ExitCode.REFUSED if found.troubles else ExitCode.DONE


def _show_plan(found: "FleetPlan") -> None:
    for number, step in enumerate(found.steps, 1):
        say(f"{number}. {printable(step.title)}")
        for command in step.commands:
            say(f"   $ {printable(command)}")
        say(f"   going back: {printable(step.back)}")
    for note in found.notes:
        say(printable(note))


def upgrade(
    to: ToOption,
    stack: StackOption = HERE,
    *,
    answers: AnswersOption = None,
    jump: AllowJumpOption = False,
    hold: HoldOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Upgrade the stacks one after another, while another one serves.

    The leader goes first and runs the migrations; each stack is drained, upgraded by a run of its own, asked on its
    own address, and brought in by steps. The answers are for all stacks. Refused where the old code may not work on
    the new schema, unless what breaks it is held back. The way back while the leader serves alone is `avnwizard
    fleet flip`, afterwards `avnwizard fleet rollback`.
    """
    from avnwizard.flows.fleet.planning import order_of, plan_fleet, restarted, shaken
    from avnwizard.flows.holding import require_free
    from avnwizard.flows.run.orders import order_fleet
    from avnwizard.flows.upgrade.consent import require_jump_allowed
    from avnwizard.flows.upgrade.holding_back import hold_back

    here = open_stack(stack)
    section = here.config.fleet
    fleet, hosts = _look(here)
    first = hosts[fleet.first]
    for each in hosts.values():
        require_free(each)
    draft = draft_for(first, to)
    holding = hold_back(first, draft) if hold else None
    found = plan_fleet(section, fleet, first, draft, holding)
    _require_clear(found.troubles)
    require_jump_allowed(draft.breaking, allowed=jump)
    prepared = _prepared(hosts, fleet.first, to, answers, holding)
    plan_of_first = prepared[fleet.first][1].plan
    _require_clear((*shaken(fleet, first.stack.project.name, plan_of_first), *restarted(first, plan_of_first)))
    order = order_of(section, found, {name: one.plan for name, (_, one) in prepared.items()})
    _show(fleet)
    _show_order(first, order)
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {draft.target.name} to start", draft.target.name)
    return start(first, order_fleet(first, order, prepared), detach=detach)


def _show_order(first: "Host", order: "FleetOrder") -> None:
    """Each step as it describes itself."""
    from avnwizard.flows.fleet.world import FleetWorld
    from avnwizard.flows.run.fleet import fleet_steps

    for number, step in enumerate(fleet_steps(FleetWorld(order, first, "plan")), 1):
        told = step.describe()
        say(f"{number}. {printable(told.title)}")
        for text in (told.note, f"going back: {told.going_back}" if told.going_back else ""):
            if text:
                say(f"   {printable(text)}")
    for note in order.notes:
        say(printable(note))


def _require_clear(troubles: "tuple[tuple[str, str], ...]") -> None:
    if troubles:
        more = f" (and {len(troubles) - 1} more: avnwizard fleet plan)" if len(troubles) > 1 else ""
        raise RefusedError(f"{troubles[0][0]}{more} Nothing was changed.", troubles[0][1])


def _prepared(
    hosts: "dict[str, Host]", first: str, to: str, answers: Path | None, holding: "Holding | None"
) -> "dict[str, tuple[Host, Prepared]]":
    """The plan of each stack's own upgrade; the first one's new secrets are everyone's."""
    from dataclasses import replace

    from avnwizard.domain.envfile import EnvFile
    from avnwizard.flows.fleet.planning import same_secrets

    lead = hosts[first]
    draft = draft_for(lead, to)
    given = answers_for(draft, answers)
    found = {first: (lead, prepare_for(lead, draft, given, holding=holding))}
    others = replace(holding, split=None) if holding else None
    env = EnvFile.parse(found[first][1].env_after).as_dict()
    for name, host in hosts.items():
        if name != first:
            own = draft_for(host, to)
            same = same_secrets(own.decisions(given), given, env)
            found[name] = host, prepare_for(host, own, same, holding=others)
    return found


def flip(to: FlipTo = "", stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Send all requests to one stack, at once; a run that takes a release through the fleet is stopped first.

    JSON: "to", "seconds", "stopped": the run that was asked to stop, or "", "served" as in `fleet status`.
    """
    from avnwizard.flows.run.fleet_flip import flip_fleet

    here = open_stack(stack)
    done, run = flip_fleet(_leader(here), to)
    if json:
        emit_json({"to": done.to, "seconds": round(done.seconds, 3), "stopped": run} | {"served": _rows(done.served)})
        return ExitCode.DONE
    say(f"{printable(done.to)} serves alone, after {done.seconds:.1f} s", always=True)
    if run:
        say(f"  run {run} stops: take it back with avnwizard fleet rollback, or go on: avnwizard resume {run}")
    return ExitCode.DONE


def rollback(
    run: RunArgument = "",
    stack: StackOption = HERE,
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Take a release, or a phase of a rotation, back through the stacks, the last one first; another one serves."""
    from avnwizard.flows.run.fleet import FleetUpgrade
    from avnwizard.flows.run.fleet_rotate import FleetRotate
    from avnwizard.flows.run.registry import can_roll_back

    leader = _leader(open_stack(stack))
    journal = leader.journal()
    found = [journal.run(run)] if run else can_roll_back(journal.runs())
    of_fleet = [one for one in found if one.kind in {FleetUpgrade.kind, FleetRotate.kind}]
    if not of_fleet:
        raise RefusedError("Nothing that went through the fleet is left to take back.", "avnwizard runs")
    return roll_back(of_fleet[0].id, leader.repo.directory, dry_run=dry_run, yes=yes, detach=detach)


def _leader(here: "Host") -> "Host":
    """The stack whose journal has the runs of the fleet."""
    from avnwizard.wiring import open_host

    here.balancer()
    section = here.config.fleet
    place = Path(section.stacks[section.first])
    return here if here.repo.directory.resolve() == place.resolve() else open_host(place)


def _look(here: "Host") -> "tuple[Fleet, dict[str, Host]]":
    from avnwizard.flows.fleet.looking import look, opened
    from avnwizard.wiring import open_fleet

    section = here.config.fleet
    steering = here.balancer()
    hosts = open_fleet(here)
    opened(section, here, hosts)
    return look(section, hosts, steering), hosts


def _as_json(fleet: "Fleet") -> dict[str, object]:
    from dataclasses import asdict

    hidden = {"shared", "reached"}
    members = [{key: value for key, value in asdict(one).items() if key not in hidden} for one in fleet.members]
    found: dict[str, object] = {"first": fleet.first, "members": members, "served": _rows(fleet.served)}
    return found | {"shared": list(fleet.shared), "troubles": fleet.troubles}


def _rows(served: "tuple[Served, ...]") -> list[dict[str, object]]:
    from dataclasses import asdict

    return [asdict(one) for one in served]


def _show(fleet: "Fleet") -> None:
    served = {one.stack: one for one in fleet.served}
    rows = []
    for one in fleet.members:
        at = served[one.stack]
        open_ = "?" if at.connections is None else str(at.connections)
        state = "down" if at.up is False else at.mode
        rows.append((one.shown, one.tag or one.commit[:12], state, f"{at.weight} %", open_))
    show_table(("stack", "release", "balancer", "weight", "connections"), rows)
    for what, remedy in fleet.troubles:
        say(f"in the way: {what}", style="red")
        say(f"  {remedy}")
