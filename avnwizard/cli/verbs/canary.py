"""`canary setup|status|remove`: a synthetic user that signs in before, during and after every run."""

from typing import TYPE_CHECKING

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, open_stack
from avnwizard.cli.output import emit_json, say
from avnwizard.errors import ExitCode

if TYPE_CHECKING:
    from avnwizard.flows.canary.setup import Standing


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="A synthetic user that signs in around every run.", no_args_is_help=True)
    group.command()(setup)
    group.command()(status)
    group.command()(remove)
    app.add_typer(group, name="canary")


def setup(stack: StackOption = HERE) -> int:
    """Make the canary's identity in Kratos and its client in Hydra, and try them once.

    Its password, its secret and its tokens lie in a private file of the state folder, and nowhere else.
    """
    from avnwizard.flows.canary.setup import set_up
    from avnwizard.flows.holding import holding

    host = open_stack(stack)
    with holding(host, run="", kind="canary"):
        found = set_up(host)
    say(f"the canary is set up and goes along with every run: {' and '.join(found.uses)}", style="green")
    _say_left_out(found)
    return ExitCode.DONE


def status(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Say whether a canary is set up, and whether everything that it tries works now.

    JSON: {"set_up": bool, "made_at": ISO 8601 | null, "uses": [product], "left_out": [product],
    "troubles": [sentence]}
    """
    from avnwizard.domain.words import timestamp
    from avnwizard.flows.canary.setup import status as look
    from avnwizard.flows.holding import holding

    host = open_stack(stack)
    with holding(host, run="", kind="canary"):  # a round uses its grant up, as a run's does
        found = look(host)
    if json:
        emit_json(
            {
                "set_up": found is not None,
                "made_at": timestamp(found.made_at) if found else None,
                "uses": list(found.uses) if found else [],
                "left_out": list(found.left_out) if found else [],
                "troubles": list(found.troubles) if found else [],
            }
        )
        return ExitCode.DONE
    if found is None:
        say("no canary is set up")
        say("  try: avnwizard canary setup")
        return ExitCode.DONE
    say(f"the canary has been set up since {timestamp(found.made_at)}: {' and '.join(found.uses)}")
    _say_left_out(found)
    for trouble in found.troubles:
        say(trouble, style="red")
    if not found.troubles:
        say("everything that it tries works now", style="green")
    return ExitCode.DONE


def remove(stack: StackOption = HERE) -> int:
    """Remove the canary's accounts with all their sessions and tokens, and its file."""
    from avnwizard.flows.canary.setup import remove as take_out
    from avnwizard.flows.holding import holding

    host = open_stack(stack)
    with holding(host, run="", kind="canary"):
        done = take_out(host)
    say(f"the canary is removed: {' and '.join(done) or 'it had no accounts'}")
    return ExitCode.DONE


def _say_left_out(found: "Standing") -> None:
    for name in found.left_out:
        say(f"  {name} is left out: this stack has none, or [canary] says so")
