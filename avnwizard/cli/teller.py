"""Shows work that this process does itself: a bar on a terminal, lines elsewhere."""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from avnwizard.cli.output import say, talk_console
from avnwizard.domain.plain import printable
from avnwizard.domain.words import duration, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from avnwizard.engine.feed import EventKind

Teller = Callable[["EventKind", str, str, dict[str, Any]], None]
"""(kind, step, text, data): what a watcher of a run's feed would hear."""


@contextmanager
def told(what: str) -> "Iterator[Teller]":
    """A teller for work without a run; what it shows goes to stderr."""
    if not sys.stderr.isatty():
        yield _say
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=talk_console(), transient=True) as progress:
        yield _Bar(progress, progress.add_task(what, total=None))


def _say(kind: "EventKind", step: str, text: str, data: dict[str, Any]) -> None:
    del step, data
    if kind == "say":
        say(f"  {text}")


class _Bar:
    """One bar, and lines above it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def __call__(self, kind: "EventKind", step: str, text: str, data: dict[str, Any]) -> None:
        """Hear one event."""
        if kind == "say":
            self._progress.console.print(printable(text), soft_wrap=True)
        elif kind == "progress":
            left = data.get("left_s")
            words = size(data["done"]) + (f" of {size(data['total'])}" if data.get("total") else "")
            words += f", about {duration(left)} left" if left is not None else ""
            self._progress.update(self._task, completed=data["done"], total=data.get("total"), description=words)
