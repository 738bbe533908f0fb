"""`avnwizard changelog`: what a project says about the releases between two tags."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avnwizard.cli.output import data_console, emit_json, say
from avnwizard.cli.reading_files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from avnwizard.domain.changelog import ChangelogRange, Section


def changelog(
    file: Annotated[
        Path,
        typer.Argument(
            help="The target release's changelog, a folder with a file per release, or a forge's releases (JSON)."
        ),
    ],
    *,
    current: Annotated[str, typer.Option("--from", help="The tag that runs now; its section is left out.")],
    target: Annotated[str, typer.Option("--to", help="The tag to go to; its section is the first.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read a changelog between two tags, with what breaks.

    JSON: {"from", "to", "versions": [{"version", "date", "title", "prerelease", "yanked", "read", "breaking":
    [{"title", "text"}], "notices": [{"kind", "title", "text"}], "doubts": lines that may break something}],
    "missing": tags without a section, "unread", "read": how much of it was read, "source"}.
    """
    from dataclasses import replace

    from avnwizard.domain.changelog import from_files, from_forge, is_notes, sections_between
    from avnwizard.domain.plain import printable

    if file.is_dir():
        files = {str(one): read_text(one) for one in sorted(file.iterdir()) if one.is_file() and is_notes(one.name)}
        found = sections_between(from_files(files), current, target)
        found = replace(found, source=f"the files in {printable(str(file), limit=100)}")
    else:
        text = read_text(file)
        saved = from_forge(text)
        found = sections_between(text if saved is None else saved, current, target)
        if saved is not None:
            found = replace(found, source=f"the forge's releases in {printable(str(file), limit=100)}")
    for tag in found.missing:
        say(f"the changelog has no section for {tag}", style="yellow")
    if as_json:
        emit_json(as_document(found, current, target))
    else:
        _show(found)


def as_document(found: "ChangelogRange", current: str, target: str) -> dict[str, Any]:
    """The range as the JSON document that scripts read."""
    return {
        "from": current,
        "to": target,
        "read": found.read,
        "source": found.source or "a changelog",
        "versions": [
            {
                "version": section.version,
                "date": section.date,
                "title": section.title,
                "prerelease": section.prerelease,
                "yanked": section.yanked,
                "read": section.read,
                "breaking": [{"title": item.title, "text": item.text} for item in section.breaking],
                "notices": [{"kind": one.kind, "title": one.title, "text": one.text} for one in section.notices],
                "doubts": list(section.doubts),
            }
            for section in found.versions
        ],
        "missing": list(found.missing),
        "unread": list(found.unread),
    }


def _show(found: "ChangelogRange") -> None:
    from rich.text import Text

    from avnwizard.domain.plain import printable

    console = data_console()
    if not found.versions:
        say("no release lies between these two tags")
    for section in found.versions:
        marks = [section.date or "", section.title, "YANKED" if section.yanked else ""]
        head = Text(printable(section.version), style="bold")
        console.print(Text.assemble(head, "  ", printable("  ".join(filter(None, marks)))))
        for item in section.breaking:
            _point(console, "BREAKING", "red bold", item.text or item.title)
        for notice in section.notices:
            _point(console, notice.kind, "yellow", notice.text or notice.title)
        for text in _others(section):
            _point(console, "", "", text)
        for doubt in section.doubts:
            console.print(Text.assemble(("  NOT SURE  ", "yellow bold"), printable(doubt)))
    say(f"{found.sentence}")


def _point(console: "Console", label: str, style: str, text: str) -> None:
    """One point of the notes in full: wrapped below itself on a terminal, one line in a pipe."""
    from rich.padding import Padding
    from rich.text import Text

    from avnwizard.domain.changelog.plainly import plainly

    told = Text.assemble((f"{label}  " if label else "", style), plainly(text))
    console.print(told if console.soft_wrap else Padding(told, (0, 0, 0, 2)))


def _others(section: "Section") -> "Iterator[str]":
    """The points of a release's notes that neither break nor are notices, each under the heading that it has."""
    from avnwizard.domain.changelog.plainly import plainly

    told = {plainly(one.text) for one in section.breaking} | {plainly(one.text) for one in section.notices}
    heading = ""
    for part in re.split(r"\n\s*\n|\n(?=\s*[-*#] ?)", section.body_markdown):
        text = part.strip()
        if text.startswith("#"):
            heading = text.splitlines()[0].lstrip("# ").strip()
        elif text and not any(plainly(text.lstrip("-* ")) in known or known in plainly(text) for known in told):
            yield f"{heading}: {text.lstrip('-* ')}" if heading else text.lstrip("-* ")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(changelog)
