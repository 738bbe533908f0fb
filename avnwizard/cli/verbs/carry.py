"""`carry RUN`: the process of a run. Not for people: `upgrade`, `resume` and `rollback` start it."""

import typer

from avnwizard.cli.options import HERE, RunArgument, StackOption, open_stack
from avnwizard.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the verb, hidden."""
    app.command(hidden=True)(carry)


def carry(run: RunArgument, stack: StackOption = HERE) -> int:
    """Carry a run to its end."""
    from avnwizard.flows.run import launch

    state = launch.carry(open_stack(stack), run)
    return ExitCode.DONE if state == "done" else ExitCode.STEP_FAILED
