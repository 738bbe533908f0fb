"""How a run is reported while it goes: bars on a terminal, plain lines elsewhere, or one JSON object a line."""

import json
import sys
from typing import TYPE_CHECKING, Any, Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from avnwizard.cli.edge_lines import LossTeller
from avnwizard.cli.output import MANNER, note, talk_console
from avnwizard.domain.plain import printable
from avnwizard.domain.words import duration, time_of_day, timestamp
from avnwizard.engine.feed import Event

if TYPE_CHECKING:
    from avnwizard.engine.records import RunRecord


class LineWatcher:
    """Plain lines, for a pipe or a log: each with date and zone."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._cost_told: tuple[str, object] | None = None
        self._edge = LossTeller()
        self.measured: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        self.line(f"run {self._run}")
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def line(self, text: str, at: float = 0.0) -> None:
        """One line of talk, with its time where it has one."""
        note(text, at)
        if not MANNER.quiet:
            talk_console().print(Text(printable(f"{timestamp(at)} {text}".lstrip())), soft_wrap=True)

    def end(self, record: "RunRecord", code: int) -> None:
        """Hear how the run ended."""

    def show(self, event: Event, names: dict[str, str]) -> None:
        """Tell one event."""
        title = printable(names.get(event.step, event.step))
        if event.kind == "step":
            state = printable(str(event.data.get("state", "")))
            self.line(f"{title}: {state}" + (f": {printable(event.text)}" if event.text else ""), event.at)
        elif event.kind == "say" or (event.kind == "cost" and self._turns(event)):
            self.line(f"  {printable(event.text)}", event.at)
        elif event.kind == "measure":
            self.measured = event.data
            if said := self._edge.hear(event.data):
                self.line(f"  {said}", event.at)

    def _turns(self, event: Event) -> bool:
        """The cost is reported once a step, and when its nature changes: on a busy stack it moves all the time."""
        turn = (event.step, event.data.get("restore"))
        told, self._cost_told = self._cost_told, turn
        return told != turn


class BarWatcher(LineWatcher):
    """Rich bars, for a terminal: one for the run, one for the step at work."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), console=talk_console()
        )
        self._run_task: TaskID | None = None
        self._step_task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        self._run_task = self._progress.add_task(f"run {self._run}", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def line(self, text: str, at: float = 0.0) -> None:
        """One line above the bars, with the time of day."""
        note(text, at)
        clock = f"{time_of_day(at, to_the_second=True)} " if at else ""
        self._progress.console.print(Text(clock + printable(text)), soft_wrap=True)

    def show(self, event: Event, names: dict[str, str]) -> None:
        """Move the bars; tell lines."""
        assert self._run_task is not None
        if event.kind == "step":
            order = list(names)
            done = order.index(event.step) + (event.data.get("state") == "done") if event.step in order else 0
            self._progress.update(self._run_task, total=len(order), completed=done)
            if self._step_task is not None:
                self._progress.remove_task(self._step_task)
                self._step_task = None
            if event.data.get("state") == "started":
                self._step_task = self._progress.add_task(printable(names.get(event.step, ""), limit=40), total=None)
            super().show(event, names)
        elif event.kind == "progress" and self._step_task is not None:
            left_s = event.data.get("left_s")
            title = printable(names.get(event.step, ""), limit=40)
            self._progress.update(
                self._step_task,
                description=title if left_s is None else f"{title}, about {duration(left_s)} left",
                completed=event.data.get("done"),
                total=event.data.get("total"),
            )
        else:
            super().show(event, names)


class JsonWatcher(LineWatcher):
    """One JSON object a line on stdout, for a program: every event as the run reported it, and how it ended."""

    def line(self, text: str, at: float = 0.0) -> None:
        """Talk goes into the log file alone."""
        note(text, at)

    def show(self, event: Event, names: dict[str, str]) -> None:
        """Print one event."""
        super().show(event, names)
        title = printable(names.get(event.step, ""))
        found = {"at": timestamp(event.at), "run": self._run, "kind": event.kind, "step": event.step, "title": title}
        self._print({**found, "text": printable(event.text), "data": event.data})

    def end(self, record: "RunRecord", code: int) -> None:
        """Print the last line: the run's state, and what this process ends with."""
        found = {"at": timestamp(record.finished_at), "run": record.id, "kind": "end", "state": record.state}
        told = {"message": printable(record.message), "hint": printable(record.hint)}
        self._print({**found, "exit_code": int(code), **told})

    def _print(self, found: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
