"""Watch a run from its journal and feed. Ending the watcher never ends the run."""

import contextlib
import time
from subprocess import Popen, TimeoutExpired
from typing import TYPE_CHECKING

from avnwizard.cli.edge_lines import summary
from avnwizard.cli.output import MANNER, say, talk_console
from avnwizard.cli.watchers import BarWatcher, JsonWatcher, LineWatcher
from avnwizard.domain.plain import printable
from avnwizard.engine.feed import FeedReader
from avnwizard.errors import ExitCode, HostError, RefusedError, StepError, WizardError

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

    Raises:
        StepError: the journal or the feed can no longer be read: a run that was begun is never "refused".
    """
    try:
        return _followed(host, run, process)
    except (HostError, RefusedError) as error:
        raise StepError(
            f"Run {run} can no longer be watched: {error.message} It may have changed the stack by now.",
            f"Is {host.state.folder} still there, and its disk not full? Then: avnwizard status. Compare what runs "
            "with the release: avnwizard check",
        ) from error


def _followed(host: "Host", run: str, process: Popen[bytes] | None) -> int:
    watcher = _watcher(run)
    reader = FeedReader(host.state.feed(run))
    with watcher:
        try:
            _watch(host, run, process, reader, watcher)
        except KeyboardInterrupt:
            watcher.line(f"left run {run} going; come back with: avnwizard attach {run}")
            return ExitCode.DONE
    if said := summary(watcher.measured):
        say(said)
    code = _conclude(host, run)
    watcher.end(host.journal().run(run), code)
    return code


def _watcher(run: str) -> LineWatcher:
    """As the command line and the terminal want it."""
    if MANNER.progress == "json":
        return JsonWatcher(run)
    plain = MANNER.quiet or MANNER.progress == "plain" or not talk_console().is_terminal
    return LineWatcher(run) if plain else BarWatcher(run)


def _watch(host: "Host", run: str, process: Popen[bytes] | None, reader: FeedReader, watcher: LineWatcher) -> None:
    from avnwizard.flows.holding import is_live

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
        _pause(process)


def _pause(process: Popen[bytes] | None) -> None:
    """Until the next look; no longer than the run's process is there."""
    if process is None:
        time.sleep(_POLL_S)
        return
    with contextlib.suppress(TimeoutExpired):
        process.wait(_POLL_S)


def _canary(host: "Host", run: str) -> tuple[str, ...]:
    """What the canary can no longer do, a sentence each."""
    from avnwizard.flows.canary.memory import load

    found = load(host.files, host.state.run(run))
    return found.sentences() if found else ()


def _conclude(host: "Host", run: str) -> int:
    from avnwizard.flows.run.registry import flow_of

    record = host.journal().run(run)
    if record.state in {"done", "undone"}:
        report = host.state.run(run) / "report.md"
        broken = _canary(host, run) if record.state == "done" else ()
        seen = _but(host, record)
        say(
            f"{record.title}: done{', but not as before' if broken or seen else ''}"
            + (f"; the report is {report} (and .html)" if report.exists() else ""),
            style="yellow" if broken or seen else "green",
            always=bool(broken or seen),
        )
        for note in seen:
            say(f"  but: {printable(note, limit=600)}", style="yellow", always=True)
        for sentence in broken:
            say(f"  {sentence}", style="red", always=True)
        if broken and flow_of(record).can_roll_back:
            say(f"  go back: avnwizard rollback {record.id}", always=True)
        return ExitCode.ROLLED_BACK if record.state == "undone" else ExitCode.DONE
    _say_stopped(record)
    return ExitCode.STEP_FAILED


def _but(host: "Host", record: "RunRecord") -> tuple[str, ...]:
    """What was seen that speaks against a run that is done; nothing where another version planned the run."""
    from avnwizard.flows.run.registry import flow_of

    try:
        return flow_of(record).outcome(host.journal(), record).but
    except WizardError:
        return ()


def _say_stopped(record: "RunRecord") -> None:
    from avnwizard.flows.run.registry import flow_of

    cut_off = record.state in {"created", "running", "paused"}
    what = "was cut off" if cut_off else "stopped"
    say(f"{record.title} {what}: {record.message or 'its process is gone'}", style="red", always=True)
    if record.hint:
        say(f"  try: {record.hint}", always=True)
    flow = flow_of(record)
    if flow.leaves_nothing:
        say("  nothing is left of it: give the command again", always=True)
        return
    back = f", or go back: avnwizard rollback {record.id}" if flow.can_roll_back else ""
    say(f"  then go on: avnwizard resume {record.id}{back}", always=True)
