"""What reaches the terminal: data on stdout, talk on stderr, and nothing from outside as markup or control."""

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from avnwizard.cli.everywhere import Progress
from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.words import timestamp
from avnwizard.errors import UsageError, WizardError

_WIDE = 4000
_MARKS = {"ok": ("ok  ", "green"), "warn": ("WARN", "yellow"), "stop": ("STOP", "red bold")}


@dataclass
class Manner:
    """How this process speaks, as its command line wants it.

    Attributes:
        dry_run: nothing but what would be done was asked for, so that is the answer.
        json: the answer is a document, so what is said alongside it is talk.
        log: where all that is said goes too, None for nowhere.
    """

    quiet: bool = False
    verbose: bool = False
    dry_run: bool = False
    json: bool = False
    progress: Progress = "auto"
    log: TextIO | None = None


MANNER = Manner()


def speak(*, quiet: bool, verbose: bool, progress: Progress, log: Path | None) -> None:
    """Speak like that from now on.

    Raises:
        UsageError: the log cannot be written.
    """
    MANNER.quiet, MANNER.verbose, MANNER.progress = quiet, verbose, progress
    if log is not None:
        try:
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(f"The log {log} cannot be written: {error.strerror}.", "Name another file.") from None
        MANNER.log = os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)


def note(text: str, at: float = 0.0) -> None:
    """Put one line into the log file, where there is one."""
    if MANNER.log is not None:
        MANNER.log.write(f"{timestamp(at or time.time())} {printable(text)}\n")


def data_console() -> Console:
    """Stdout: what was asked for."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def talk_console() -> Console:
    """Stderr: everything else."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def emit_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def say(text: str, *, style: str = "", always: bool = False) -> None:
    """One line of talk; of a dry run it is the answer.

    Args:
        always: also where nothing but errors and questions is wanted.
    """
    answer = MANNER.dry_run and not MANNER.json
    if answer or always or not MANNER.quiet:
        _print(data_console() if answer else talk_console(), text, style)
    else:
        note(text)


def _print(console: Console, text: str, style: str) -> None:
    note(text)
    console.print(Text(printable(text), style=style), soft_wrap=True)


def show_error(error: WizardError) -> None:
    """What is wrong and what to do next, two lines of talk."""
    for number, line in enumerate(error.message.split("\n")):
        _print(talk_console(), f"error: {line}" if number == 0 else line, "red")
    if error.hint:
        _print(talk_console(), f"  try: {error.hint}", "")


def show_findings(findings: Iterable[Finding]) -> None:
    """One line a finding, its hint below it."""
    console = data_console()
    for finding in findings:
        mark, style = _MARKS[finding.level]
        console.print(Text.assemble((mark, style), "  ", printable(finding.message)))
        if finding.hint and finding.level != "ok":
            console.print(Text(f"      {printable(finding.hint)}", style="dim"))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table of harmless text; in a pipe no cell is broken, so that it can be searched."""
    piped = not sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console = data_console()
    if piped:
        console.width = _WIDE
    console.print(table)
