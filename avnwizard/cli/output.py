"""What reaches the terminal: data on stdout, talk on stderr, and nothing from outside as markup or control."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.errors import WizardError

_MARKS = {"ok": ("ok  ", "green"), "warn": ("WARN", "yellow"), "stop": ("STOP", "red bold")}


def data_console() -> Console:
    """Stdout: what was asked for."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def talk_console() -> Console:
    """Stderr: everything else."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def emit_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def say(text: str, *, style: str = "") -> None:
    """One line of talk."""
    talk_console().print(Text(printable(text), style=style), soft_wrap=True)


def show_error(error: WizardError) -> None:
    """What is wrong and what to do next, two lines of talk."""
    for number, line in enumerate(error.message.split("\n")):
        say(f"error: {line}" if number == 0 else line, style="red")
    if error.hint:
        say(f"  try: {error.hint}")


def show_findings(findings: Iterable[Finding]) -> None:
    """One line a finding, its hint below it."""
    console = data_console()
    for finding in findings:
        mark, style = _MARKS[finding.level]
        console.print(Text.assemble((mark, style), "  ", printable(finding.message)))
        if finding.hint and finding.level != "ok":
            console.print(Text(f"      {printable(finding.hint)}", style="dim"))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table of harmless text."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    data_console().print(table)
