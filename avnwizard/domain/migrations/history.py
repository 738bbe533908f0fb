"""Finds the migrations of one upgrade in a project's whole history, which runs on an empty database only."""

from avnwizard.domain.migrations.verdict import MigrationVerdict


def is_history(together: MigrationVerdict, apart: MigrationVerdict, *, folder: bool) -> bool:
    """Whether a verdict on these files would hold for an empty database alone.

    Args:
        together: the files judged as those of one upgrade.
        apart: each judged as if those before it had run long ago.
        folder: whether a whole folder was named, and not the files that are new.
    """
    statements = together.statements
    if len({statement.file for statement in statements}) < 2:  # noqa: PLR2004 - one file is no history
        return False
    first = [statement for statement in statements if statement.file == statements[0].file]
    begins = folder and any(statement.effect.makes_table for statement in first)
    return begins or [one.kind for one in statements] != [one.kind for one in apart.statements]
