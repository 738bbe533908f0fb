"""`contract`: run what an upgrade with `--hold-back` left of its migrations."""

import typer

from avnwizard.cli.options import HERE, StackOption, open_stack
from avnwizard.cli.output import say
from avnwizard.cli.verbs.upgrade import DetachOption, DryRunOption, YesOption, confirm, start
from avnwizard.domain.plain import printable
from avnwizard.domain.words import size
from avnwizard.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(contract)


def contract(
    stack: StackOption = HERE,
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Run what an upgrade held back of its release's migrations, once you are sure of the release.

    A snapshot is taken first. From then on going back to the previous release restores its snapshot.
    """
    from avnwizard.flows.contract.planning import plan_contract
    from avnwizard.flows.holding import require_free
    from avnwizard.flows.run.orders import order_contract

    host = open_stack(stack)
    require_free(host)
    order = plan_contract(host, host.journal())
    say(f"what {printable(order.tag)} held back, in {printable(order.split.database)}:", always=True)
    for line in order.split.held:
        say(f"  {line}", always=True)
    say(f"a snapshot of {size(order.snapshot.total_bytes)} is taken first: {order.snapshot.folder.name}", always=True)
    say("afterwards the code of the previous release does not work any more without its snapshot", always=True)
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {order.tag} to accept the release and run the rest", order.tag)
    return start(host, order_contract(host, order), detach=detach)
