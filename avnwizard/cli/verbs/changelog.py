"""`avnwizard changelog`: what a project says about the releases between two tags."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avnwizard.cli.output import data_console, emit_json, say
from avnwizard.cli.reading_files import read_text

if TYPE_CHECKING:
    from avnwizard.domain.changelog import ChangelogRange


def changelog(
    file: Annotated[
        Path, typer.Argument(help="The changelog of the target release, or a folder with a file per release.")
    ],
    *,
    current: Annotated[str, typer.Option("--from", help="The tag that runs now; its section is left out.")],
    target: Annotated[str, typer.Option("--to", help="The tag to go to; its section is the first.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read a changelog between two tags, with what breaks."""
    from dataclasses import replace

    from avnwizard.domain.changelog import from_files, is_notes, sections_between
    from avnwizard.domain.plain import printable

    if file.is_dir():
        files = {str(one): read_text(one) for one in sorted(file.iterdir()) if one.is_file() and is_notes(one.name)}
        found = sections_between(from_files(files), current, target)
        found = replace(found, source=f"the files in {printable(str(file), limit=100)}")
    else:
        found = sections_between(read_text(file), current, target)
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
            console.print(Text.assemble(("  BREAKING  ", "red bold"), printable(item.title)))
        for notice in section.notices:
            console.print(Text.assemble((f"  {notice.kind:<13}  ", "yellow"), printable(notice.title)))
        for doubt in section.doubts:
            console.print(Text.assemble(("  NOT SURE  ", "yellow bold"), printable(doubt)))
    say(f"{found.sentence}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(changelog)
