"""`avnwizard migrations`: what SQL migrations do to live tables and to the old code."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avnwizard.cli.output import data_console, emit_json, say
from avnwizard.cli.reading_files import read_text
from avnwizard.errors import UsageError

if TYPE_CHECKING:
    from avnwizard.domain.migrations import MigrationVerdict

_STYLES = {"additive": "green", "locking": "yellow", "rewriting": "yellow"}


def migrations(
    paths: Annotated[list[Path], typer.Argument(help="SQL files, or folders of them.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Judge SQL migrations: additive, locking, rewriting, incompatible, destructive."""
    from avnwizard.domain.migrations import read_migrations
    from avnwizard.wiring import sql_reader

    files = {str(file): read_text(file) for path in paths for file in _files(path)}
    verdict = read_migrations(files, sql_reader().judge)
    for path, why in verdict.skipped:
        say(f"{path} is not read: {why}")
    if as_json:
        emit_json(as_document(verdict))
    else:
        _show(verdict)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        from avnwizard.domain.plain import printable

        raise UsageError(f"{printable(str(path), limit=200)} does not exist", "Name an SQL file or a folder.")
    return sorted(p for p in path.rglob("*.sql") if p.is_file()) if path.is_dir() else [path]


def as_document(verdict: "MigrationVerdict") -> dict[str, Any]:
    """The verdict as the JSON document that scripts read."""
    return {
        "statements": [
            {"file": s.file, "line": s.line, "kind": str(s.kind), "table": s.table, "why": s.why}
            for s in verdict.statements
        ],
        "verdict": verdict.sentence,
        "rolls_without_interruption": verdict.rolls_without_interruption,
        "rollback_needs_restore": verdict.rollback_needs_restore,
        "window_s": verdict.window_s,
    }


def _show(verdict: "MigrationVerdict") -> None:
    from rich.text import Text

    from avnwizard.domain.plain import printable

    console = data_console()
    for s in verdict.statements:
        mark = (f"{s.kind:<12}", _STYLES.get(s.kind, "red bold"))
        console.print(Text.assemble(mark, " ", printable(f"{s.file}:{s.line}  {s.table}  {s.why}")))
    console.print(Text(printable(verdict.sentence), style="bold"))


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(migrations)
