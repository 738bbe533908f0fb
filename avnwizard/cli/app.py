"""The command line: verbs are registered here and live in `avnwizard.cli.verbs`."""

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from avnwizard import __version__
from avnwizard.cli import ending, opening, options
from avnwizard.cli.everywhere import LogOption, ProgressOption, QuietOption, VerboseOption, hoisted
from avnwizard.cli.options import HERE, AnswersOption, StackOption
from avnwizard.cli.output import say, show_error, speak
from avnwizard.cli.verbs import (
    accept,
    canary,
    carry,
    changes,
    contract,
    demo,
    fleet,
    kubernetes,
    looking,
    planning,
    postgres,
    recover,
    rehearse,
    rotate,
    runs,
    snapshot,
    topics,
    upgrade,
)
from avnwizard.errors import ExitCode, WizardError

app = typer.Typer(
    rich_markup_mode="rich", pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"avnwizard {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def main(
    ctx: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    stack: StackOption = HERE,
    answers: AnswersOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    log: LogOption = None,
    progress: ProgressOption = "auto",
) -> None:
    """Upgrade a self-hosted Avnology ID stack, and go back. Without a command: the wizard, on the stack here.

    --quiet, --verbose, --log and --progress belong to every command, and may stand behind it.
    """
    del version  # its callback has spoken already
    ending.orderly()
    speak(quiet=quiet, verbose=verbose, progress=progress, log=log)
    options.WHERE.stack = stack
    if ctx.invoked_subcommand is None:
        raise typer.Exit(opening.open_here(stack, answers))


for _module in (
    looking,
    planning,
    upgrade,
    runs,
    accept,
    recover,
    changes,
    demo,
    carry,
    snapshot,
    rotate,
    canary,
    postgres,
    rehearse,
    contract,
    fleet,
    kubernetes,
    topics,
):
    _module.register(app)


def run() -> int:
    """Run the command line; return an `ExitCode`."""
    try:
        result = app(args=hoisted(sys.argv[1:]), standalone_mode=False)
    except WizardError as error:
        show_error(error)
        return error.exit_code
    except typer.TyperException as error:
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # type: ignore[arg-type]  # every TyperException shown is a ClickException
        return ExitCode.USAGE
    except (typer.Abort, KeyboardInterrupt):
        say("stopped; nothing more was asked of the stack")
        return ExitCode.REFUSED
    except ending.EndedError as end:
        ending.end_by(end.number)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001 - the last net: say where, never the values
        last = traceback.extract_tb(error.__traceback__)[-1]
        say(f"a bug in avnwizard: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}", style="red")
        return ExitCode.BUG
    return result if isinstance(result, int) else ExitCode.DONE
