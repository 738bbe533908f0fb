"""`avnwizard env diff`: what became of each variable between two releases' example files."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avnwizard.cli.output import data_console, emit_json, say
from avnwizard.cli.reading_files import read_bytes, read_text
from avnwizard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from avnwizard.domain.envdiff import EnvDiff
    from avnwizard.domain.envfile import EnvFile, Variable

_SHOWN = 80
Shown = Callable[[str, str], str]
"""(variable, value) -> the value as it is printed."""


def diff(
    old: Annotated[Path, typer.Argument(help="The example env file at the current tag.")],
    new: Annotated[Path, typer.Argument(help="The example env file at the target tag.")],
    *,
    changelog: Annotated[Path | None, typer.Option(help="The changelog between the tags.")] = None,
    compose_old: Annotated[Path | None, typer.Option(help="The compose file at the current tag.")] = None,
    compose_new: Annotated[Path | None, typer.Option(help="The compose file at the target tag.")] = None,
    env: Annotated[Path | None, typer.Option("--env", help="Your own env file; none of its values is shown.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print secrets as they are; only on a terminal.")
    ] = False,
) -> None:
    """Compare two example env files: added, removed, renamed and how surely, related, changed. Secrets are ***.

    JSON: {"added", "removed": [key], "renamed": [{"old", "new", "confidence": 0 to 1, "why"}], "related": [{"kind",
    "old", "new", "why"}], "changed": [{"key", "old_default", "new_default", "comment_changed"}], "required": {key:
    {"services", "message"}}, "unread", "unread_lines"}.
    """
    from avnwizard.domain.envdiff import diff_env
    from avnwizard.domain.secret import masked

    if show_secrets and not sys.stdout.isatty():
        raise UsageError(
            "--show-secrets works on a terminal only: into a file or a pipe, secrets are not printed.",
            "Leave --show-secrets out.",
        )
    shown = _as_it_is if show_secrets else masked
    found = diff_env(
        before := _env_file(old, of_release=True),
        after := _env_file(new, of_release=True),
        changelog=read_text(changelog) if changelog else "",
        compose_old=read_text(compose_old) if compose_old else "",
        compose_new=read_text(compose_new) if compose_new else "",
        operator=_env_file(env) if env else None,
    )
    if as_json:
        unread = {"old": list(before.unread), "new": list(after.unread)}
        emit_json(as_document(found, shown) | {"unread_lines": unread})
    else:
        _show(
            found, shown, [(path.name, line) for path, file in ((old, before), (new, after)) for line in file.unread]
        )


def _as_it_is(_key: str, value: str) -> str:
    return value


def _env_file(path: Path, *, of_release: bool = False) -> "EnvFile":
    from avnwizard.domain.envfile import EnvEncodingError, EnvFile, EnvSyntaxError
    from avnwizard.domain.plain import printable

    try:
        return (EnvFile.parse_release if of_release else EnvFile.parse)(read_bytes(path))
    except (EnvSyntaxError, EnvEncodingError) as wrong:
        wrong.message = f"{printable(str(path), limit=200)}: {wrong.message}"
        raise


def as_document(found: "EnvDiff", shown: Shown) -> dict[str, Any]:
    """The difference as the JSON document that scripts read."""
    return {
        "added": [v.key for v in found.added],
        "removed": [v.key for v in found.removed],
        "renamed": [
            {"old": r.old, "new": r.new, "confidence": r.confidence, "why": list(r.why)} for r in found.renamed
        ],
        "related": [
            {"kind": g.kind, "old": list(g.old), "new": list(g.new), "why": list(g.why)} for g in found.related
        ],
        "changed": [
            {
                "key": c.key,
                "old_default": shown(c.key, c.old_default),
                "new_default": shown(c.key, c.new_default),
                "comment_changed": c.comment_changed,
            }
            for c in found.changed
        ],
        "required": {
            name: {"services": list(use.services), "message": use.message} for name, use in found.required.items()
        },
        "unread": list(found.unread),
    }


def _show(found: "EnvDiff", shown: Shown, unread: Iterable[tuple[str, int]]) -> None:
    console, empty = data_console(), True
    for line in _lines(found, shown):
        console.print(line)
        empty = False
    for name, number in unread:
        console.print(_line("skipped", f"{name}, line {number}", "no assignment that Compose can read"))
    if empty:
        say("the two files offer the same variables with the same defaults")


def _lines(found: "EnvDiff", shown: Shown) -> "Iterator[Text]":
    for r in found.renamed:
        yield _line("renamed", f"{r.old} -> {r.new}", f"{r.confidence:.0%}: {', '.join(r.why)}")
    for g in found.related:
        yield _line(g.kind, f"{', '.join(g.old)} -> {', '.join(g.new)}", "; ".join(g.why))
    for v in found.added:
        yield _line("added", v.key, _default(v, shown))
    for v in found.removed:
        yield _line("removed", v.key, "")
    for c in found.changed:
        if c.old_default != c.new_default:
            old, new = (shown(c.key, value) or "(empty)" for value in (c.old_default, c.new_default))
            hidden = " (hidden; they differ)" if old == new else ""
            yield _line("default", c.key, f"{old} -> {new}{hidden}")
    for name, use in found.required.items():
        yield _line("required", name, ", ".join(use.services))
    for name in found.unread:
        yield _line("unread", name, "no service reads it any more")


def _default(variable: "Variable", shown: Shown) -> str:
    offer = "" if variable.active else "(offered in a comment) "
    return offer + (f"= {shown(variable.key, variable.default)}" if variable.default else "")


def _line(mark: str, what: str, more: str) -> "Text":
    from rich.text import Text

    from avnwizard.domain.plain import printable

    return Text.assemble(
        (f"{mark:<9}", "bold"), " ", printable(what, limit=400), "  ", (printable(more, limit=_SHOWN * 3), "dim")
    )


def register(app: typer.Typer) -> None:
    """Add the verb, below `env`."""
    verbs = typer.Typer(no_args_is_help=True)

    @verbs.callback()
    def env() -> None:
        """Env files: what a release changes in them."""

    verbs.command()(diff)
    app.add_typer(verbs, name="env")
