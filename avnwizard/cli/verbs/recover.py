"""`recover`: a journal that is damaged is rebuilt from its copy and from what can still be read."""

import typer

from avnwizard.cli.options import HERE, StackOption, open_stack
from avnwizard.cli.output import say
from avnwizard.domain.words import count
from avnwizard.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(recover)


def recover(stack: StackOption = HERE) -> int:
    """Rebuild a damaged journal from its copy and from what can be read of it; the damaged file is kept."""
    from avnwizard.engine import recovering
    from avnwizard.flows.holding import holding

    host = open_stack(stack)
    with holding(host, run="", kind="recover"):
        found = recovering.recover(host.state.journal)
    if found.aside is None:
        say(f"The journal {host.state.journal} is whole: nothing was changed.")
        return ExitCode.DONE
    if not found.runs:
        say("Nothing of the journal could be read: no earlier run can be shown, resumed or rolled back.")
        say("Compare what runs with the release before you go on: avnwizard check")
    say(f"The journal has {count(found.runs, 'run')} again. The damaged file is {found.aside}.")
    for run in found.incomplete:
        say(f"Run {run} is given up: some of its steps are lost. Compare what runs with the release: avnwizard check")
    say("Unfinished runs, if any: avnwizard status. Snapshots: avnwizard snapshot list")
    return ExitCode.DONE
