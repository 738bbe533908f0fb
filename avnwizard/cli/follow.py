"""Watch a run from its journal and feed. Ending the watcher never ends the run."""

import time
from subprocess import Popen
from typing import TYPE_CHECKING, Any, Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from avnwizard.cli.edge_lines import LossTeller, summary
from avnwizard.cli.output import say, talk_console
from avnwizard.domain.plain import printable
from avnwizard.domain.words import duration, time_of_day
from avnwizard.engine.feed import Event, FeedReader
from avnwizard.errors import ExitCode

if TYPE_CHECKING:
    from avnwizard.engine.records import RunRecord
    from avnwizard.flows.host import Host

_POLL_S = 0.2
_START_S = 20.0
_ENDED = {"done", "failed", "aborted", "undone", "given up"}


def follow(host: "Host", run: str, process: Popen[bytes] | None) -> int:
    """Tell what a run does until it ends; return the exit code that says how.

    Args:
        process: the run's process where this one started it, else None.
    """
    watcher = _BarWatcher(run) if talk_console().is_terminal else _LineWatcher(run)
    reader = FeedReader(host.state.feed(run))
    with watcher:
        try:
            _watch(host, run, process, reader, watcher)
        except KeyboardInterrupt:
            watcher.line(f"left run {run} going; come back with: avnwizard attach {run}")
            return ExitCode.DONE
    if said := summary(watcher.measured):
        say(said)
    return _conclude(host, run)


def _watch(host: "Host", run: str, process: Popen[bytes] | None, reader: FeedReader, watcher: "_LineWatcher") -> None:
    from avnwizard.flows.run.launch import is_live

    journal = host.journal()
    names = {step.name: step.title for step in journal.steps(run)}
    seen_live, deadline = False, time.monotonic() + _START_S
    while True:
        alive = process.poll() is None if process else is_live(host, run)
        seen_live = seen_live or is_live(host, run)
        state = journal.run(run).state
        for event in reader.read():
            watcher.show(event, names)
        if not alive and (process or seen_live or state in _ENDED or time.monotonic() >= deadline):
            for event in reader.read():
                watcher.show(event, names)
            return
        time.sleep(_POLL_S)


def _conclude(host: "Host", run: str) -> int:
    from avnwizard.flows.run.registry import flow_of

    record = host.journal().run(run)
    if record.state in {"done", "undone"}:
        report = host.state.run(run) / "report.md"
        say(
            f"{record.title}: done" + (f"; the report is {report} (and .html)" if report.exists() else ""),
            style="green",
        )
        return ExitCode.ROLLED_BACK if flow_of(record).takes_back else ExitCode.DONE
    _say_stopped(record)
    return ExitCode.STEP_FAILED


def _say_stopped(record: "RunRecord") -> None:
    from avnwizard.flows.run.registry import flow_of

    cut_off = record.state in {"created", "running", "paused"}
    what = "was cut off" if cut_off else "stopped"
    say(f"{record.title} {what}: {record.message or 'its process is gone'}", style="red")
    if record.hint:
        say(f"  try: {record.hint}")
    flow = flow_of(record)
    if flow.leaves_nothing:
        say("  nothing is left of it: give the command again")
        return
    back = f", or go back: avnwizard rollback {record.id}" if flow.can_roll_back else ""
    say(f"  then go on: avnwizard resume {record.id}{back}")


class _LineWatcher:
    """Plain lines, for a pipe or a log."""

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

    def line(self, text: str) -> None:
        """One line of talk."""
        say(text)

    def show(self, event: Event, names: dict[str, str]) -> None:
        """Tell one event."""
        stamp = time_of_day(event.at, to_the_second=True)
        title = printable(names.get(event.step, event.step))
        if event.kind == "step":
            state = printable(str(event.data.get("state", "")))
            self.line(f"{stamp} {title}: {state}" + (f": {printable(event.text)}" if event.text else ""))
        elif event.kind == "say" or (event.kind == "cost" and self._turns(event)):
            self.line(f"{stamp}   {printable(event.text)}")
        elif event.kind == "measure":
            self.measured = event.data
            if said := self._edge.hear(event.data):
                self.line(f"{stamp}   {said}")

    def _turns(self, event: Event) -> bool:
        """The cost is told once a step, and when its nature changes: on a busy stack it moves every few seconds."""
        turn = (event.step, event.data.get("restore"))
        told, self._cost_told = self._cost_told, turn
        return told != turn


class _BarWatcher(_LineWatcher):
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

    def line(self, text: str) -> None:
        """One line above the bars."""
        self._progress.console.print(printable(text), soft_wrap=True)

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
