"""The command line: verbs are registered here and live in `avnwizard.cli.verbs`."""

import typer

from avnwizard import __version__

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"avnwizard {__version__}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Say the version."
    ),
) -> None:
    """Upgrade a self-hosted Avnology ID stack, and go back."""


def run() -> int:
    """Run the command line; return an `ExitCode`."""
    try:
        app()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0
