"""`changelog`, `env diff`, `migrations`: read a release without a stack."""

import typer

from avnwizard.cli.verbs import changelog, env, migrations


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    for verb in (changelog, env, migrations):
        verb.register(app)
