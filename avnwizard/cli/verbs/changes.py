"""`changelog`, `env diff`, `migrations`: read a release without a stack."""

import typer


def register(app: typer.Typer) -> None:
    """Add the verbs."""
