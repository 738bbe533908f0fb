"""`accept`: the upgrade is good; the previous images need no longer be kept."""

import typer

from avnwizard.cli.options import HERE, RunArgument, StackOption, open_stack
from avnwizard.cli.output import say
from avnwizard.cli.verbs.upgrade import YesOption, confirm
from avnwizard.errors import ExitCode, RefusedError


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(accept)


def accept(run: RunArgument = "", stack: StackOption = HERE, *, yes: YesOption = False) -> int:
    """Accept a finished upgrade (default: the last), so that its old images may go. The next upgrade does it too.

    An upgrade of Postgres whose old server still follows the new one ends that.
    """
    from avnwizard.flows import holding
    from avnwizard.flows.run import acceptance
    from avnwizard.flows.run.registry import keeps_images

    host = open_stack(stack)
    journal = host.journal()
    if live := acceptance.following(host, journal, run):
        if not yes:
            say("The old server stops following: from then on, going back leaves behind what is written.")
            confirm(f"Type {live.id} to accept {live.title}", live.id)
        holding.post(host, "accept", live.id)
        say(f"{live.title} is accepted; the old server stops following within seconds")
        return ExitCode.DONE
    upgrades = keeps_images(journal.runs())
    if not run and not upgrades:
        raise RefusedError("There is no upgrade to accept.", "avnwizard runs")
    record = journal.run(run) if run else upgrades[0]
    waiting = acceptance.waiting(journal, record)
    if waiting and not yes:
        say(acceptance.given_up(journal, waiting))
        confirm(f"Type {record.id} to accept {record.title}", record.id)
    count = acceptance.accept(host, journal, record)
    kept = "nothing was kept any more" if not count else f"{count} kept images may be pruned now"
    say(f"{record.title} is accepted; {kept}")
    return ExitCode.DONE
