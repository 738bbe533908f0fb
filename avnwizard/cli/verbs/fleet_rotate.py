"""`fleet rotate`: replace a secret that the stacks of a fleet share."""

from typing import Annotated

import typer

from avnwizard.cli.options import HERE, StackOption, open_stack
from avnwizard.cli.output import say
from avnwizard.cli.verbs.rotate import DryRunOption, EndsOption
from avnwizard.cli.verbs.upgrade import DetachOption, YesOption, confirm, start
from avnwizard.domain.plain import printable
from avnwizard.errors import ExitCode, RefusedError, UsageError

What = Annotated[str, typer.Argument(help='"hydra", "cookie", "kratos" or "cipher".')]


def rotate(
    what: What,
    stack: StackOption = HERE,
    *,
    ends: EndsOption = 0,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Carry out the next phase of a secret's rotation in all stacks, one after another, while another one serves.

    No stack begins a phase before all have finished the one before. The phases are those of `avnwizard rotate`.
    """
    from avnwizard.domain.rotation.kinds import KINDS
    from avnwizard.flows.fleet.looking import look, opened
    from avnwizard.flows.holding import require_free
    from avnwizard.flows.rotate.planning import plan_following, plan_next
    from avnwizard.flows.run.fleet_rotate import order_of, rotation_steps, write_down
    from avnwizard.wiring import open_fleet

    known = next((one for one in KINDS if one == what), None)
    if known is None:
        raise UsageError(f"There is no secret {what!r} to rotate.", f"There are: {', '.join(KINDS)}.")
    here = open_stack(stack)
    section, steering = here.config.fleet, here.balancer()
    hosts = open_fleet(here)
    opened(section, here, hosts)
    for each in hosts.values():
        require_free(each)
    fleet = look(section, hosts, steering)
    if fleet.troubles:
        raise RefusedError(f"{fleet.troubles[0][0]} Nothing was changed.", fleet.troubles[0][1])
    first = hosts[fleet.first]
    lead = plan_next(first, known, ends=ends, in_fleet=True)
    rest = {name: plan_following(host, known, lead) for name, host in hosts.items() if name != fleet.first}
    order = order_of(section, fleet.first, {fleet.first: lead, **rest})
    for note in lead.plan.notes:
        say(f"  {printable(note)}", style="yellow")
    for number, step in enumerate(rotation_steps(order, first, "plan"), 1):
        told = step.describe()
        say(f"{number}. {printable(told.title)}{f': {printable(told.note)}' if told.note else ''}")
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {known} to start", known)
    return start(first, write_down(first, order, lead), detach=detach)
