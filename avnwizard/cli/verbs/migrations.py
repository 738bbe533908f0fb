"""`avnwizard migrations`: what SQL migrations do to live tables and to the old code."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avnwizard.cli.output import data_console, emit_json, say
from avnwizard.cli.reading_files import read_text
from avnwizard.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from avnwizard.domain.migrations import MigrationVerdict
    from avnwizard.ports import Repo

_HISTORY = (
    "These files read like a project's whole history, which begins on an empty database: what an upgrade does to "
    "yours is not known from them."
)
_STYLES = {"additive": "green", "locking": "yellow", "rewriting": "yellow"}


def migrations(
    paths: Annotated[list[Path], typer.Argument(help="SQL files, or folders of them.")],
    *,
    current: Annotated[
        str, typer.Option("--from", help="In a checkout: only the files that are new since this tag.")
    ] = "",
    target: Annotated[str, typer.Option("--to", help="In a checkout: the files as of this tag.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Judge SQL migrations: additive, locking, rewriting, incompatible, destructive.

    A folder that holds a project's whole history gets no verdict (exit code 3): name the two tags.

    JSON: {"statements": [{"file", "line", "kind", "table", "why"}], "verdict", "rolls_without_interruption",
    "rollback_needs_restore", "window_s", "refused"}; without a verdict its four keys are null and "refused" says why.
    """
    from avnwizard.domain.migrations import is_history, read_migrations, shape_after
    from avnwizard.flows.upgrade.meaning import added_files
    from avnwizard.wiring import sql_reader

    judge, refused = sql_reader().judge, ""
    if current or target:
        repo, within = _checkout(paths, current, target)
        earlier = {name: _text(repo, current, name) for name in repo.list(current, within)}
        fresh = added_files(repo, within, current, target)
        verdict = read_migrations(fresh, judge, before=shape_after(earlier, judge))
    else:
        files = {str(file): read_text(file) for path in paths for file in _files(path)}
        verdict, apart = read_migrations(files, judge), read_migrations(files, judge, apart=True)
        if is_history(verdict, apart, folder=any(path.is_dir() for path in paths)):
            refused, verdict = _HISTORY, apart
    for path, why in verdict.skipped:
        say(f"{path} is not read: {why}")
    if as_json:
        emit_json(as_document(verdict, refused))
    else:
        _show(verdict, refused)
    if refused:
        folder = next((path for path in paths if path.is_dir()), paths[0].parent)
        words = shlex.join(["avnwizard", "migrations", str(folder)])
        raise RefusedError(refused, f"In a checkout: {words} --from TAG --to TAG; else name the new files alone.")


def _checkout(paths: list[Path], current: str, target: str) -> "tuple[Repo, str]":
    """The checkout that one folder lies in, which has both tags, and the folder's path there."""
    from avnwizard.wiring import open_checkout

    if not current or not target or len(paths) != 1:
        raise UsageError("--from and --to belong together, with one folder.", "Give both tags.")
    repo = open_checkout(paths[0])
    known = {tag.name for tag in repo.tags()}
    for tag in (current, target):
        if tag not in known:
            raise UsageError(f"There is no tag {tag!r} in {repo.directory}.", "List them with: git tag")
    return repo, str(paths[0].resolve().relative_to(repo.directory.resolve()))


def _text(repo: "Repo", commit: str, path: str) -> str:
    return (repo.read(commit, path) or b"").decode("utf-8", "replace")


def _files(path: Path) -> list[Path]:
    from avnwizard.domain.migrations.files import why_not_judged

    if not path.exists():
        from avnwizard.domain.plain import printable

        raise UsageError(f"{printable(str(path), limit=200)} does not exist", "Name an SQL file or a folder.")
    if not path.is_dir():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file() and (p.suffix == ".sql" or why_not_judged(str(p))))


def as_document(verdict: "MigrationVerdict", refused: str = "") -> dict[str, Any]:
    """The verdict as the JSON document that scripts read.

    Args:
        refused: why there is no verdict; its keys are null then.
    """
    return {
        "statements": [
            {"file": s.file, "line": s.line, "kind": str(s.kind), "table": s.table, "why": s.why}
            for s in verdict.statements
        ],
        "verdict": None if refused else verdict.sentence,
        "rolls_without_interruption": None if refused else verdict.rolls_without_interruption,
        "rollback_needs_restore": None if refused else verdict.rollback_needs_restore,
        "window_s": None if refused else verdict.window_s,
        "refused": refused or None,
    }


def _show(verdict: "MigrationVerdict", refused: str) -> None:
    from rich.text import Text

    from avnwizard.domain.plain import printable

    console = data_console()
    if refused:
        console.print(Text("no verdict; each file is judged as if those before it had run long ago:", style="bold"))
    for s in verdict.statements:
        mark = (f"{s.kind:<12}", _STYLES.get(s.kind, "red bold"))
        console.print(Text.assemble(mark, " ", printable(f"{s.file}:{s.line}  {s.table}  {s.why}")))
    if not refused:
        console.print(Text(printable(verdict.sentence), style="bold"))


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(migrations)
