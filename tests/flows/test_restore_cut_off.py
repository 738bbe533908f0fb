"""A restore is a run: it outlives its terminal, `check` and `status` name it, `resume` and `rollback` end it."""

import os
import signal
from pathlib import Path

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from avnwizard.flows.check import check
from avnwizard.flows.snapshot import snapshots
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.host import open_host as open_practice
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard, in_a_session
from tests.flows.in_process import restore
from tests.flows.test_going_back import execute, upgraded
from tests.waiting import until


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack that has a snapshot, and lost rows since."""
    checkout = practice_host.project.directory
    assert avnwizard("snapshot", "create", "--proof", "read back", "--stack", checkout).code == ExitCode.DONE
    execute(practice_host, "kratos", "DELETE FROM sessions")
    return checkout


def _restore(stack: Path) -> tuple[str | Path, ...]:
    return ("snapshot", "restore", "--stop-services", "--yes", "--stack", stack)


def _sessions(stack: Path) -> int:
    return open_host(stack).database().row_counts("kratos")["public.sessions"]


def _require_named(stack: Path) -> str:
    """`check`, `status` and `runs` name it, with the commands that end it; its name."""
    (run, *_) = avnwizard("runs", "--stack", stack, "--json").data
    assert (run["kind"], run["live"]) == ("restore", False)
    said = avnwizard("check", "--stack", stack, "--json")
    assert said.code == ExitCode.REFUSED
    (found,) = [one for one in said.data if one["check"] == "runs"]
    assert found["level"] == "stop"
    assert found["message"].startswith(f"Run {run['id']} (restore of ")
    assert "stay stopped until it goes on" in found["message"]
    assert found["hint"] == f"avnwizard resume {run['id']}, or avnwizard rollback {run['id']}"
    shown = avnwizard("status", "--stack", stack)
    assert found["message"] in shown.err
    assert found["hint"] in shown.err
    other = avnwizard("snapshot", "restore", "--database", "keto", "--yes", "--stack", stack)
    assert other.code == ExitCode.REFUSED, "another order is refused while services are stopped"
    assert found["hint"] in other.err
    return str(run["id"])


def _require_well(stack: Path) -> None:
    found = [one for one in check(open_host(stack)) if one.check in {"runs", "services"}]
    assert {one.level for one in found} == {"ok"}, found
    assert avnwizard("status", "--stack", stack, "--json").data["unfinished"] == []


@pytest.mark.parametrize(
    ("point", "way"),
    [
        ("stop:stop:after", "rollback"),
        ("stop:stop:after", "again"),
        ("swap:put-in-place-0:after", "resume"),
        ("swap:put-in-place-0:after", "rollback"),
        ("start:start:before", "resume"),
    ],
)
def test_killed(stack: Path, point: str, way: str) -> None:
    """SIGKILL once services are stopped, amid the swap, and before they are started again; then a way on."""
    killed = avnwizard(*_restore(stack), env={KILL_AT: point})
    assert killed.code == ExitCode.STEP_FAILED, killed.err
    assert "avnwizard resume" in killed.err
    run = _require_named(stack)
    words = {"resume": ("resume", run), "again": _restore(stack)[:-2], "rollback": ("rollback", run, "--yes")}[way]
    ended = avnwizard(*words, "--stack", stack)
    back = way == "rollback"
    assert ended.code == ExitCode.DONE, ended.err
    runs = {one["id"]: one["state"] for one in avnwizard("runs", "--stack", stack, "--json").data}
    assert runs[run] == ("undone" if back else "done")
    assert (_sessions(stack) == 0) is back
    _require_well(stack)


def test_the_terminal_is_closed(stack: Path) -> None:
    """SIGHUP ends the command that watches, never the restore."""
    practice = open_practice(stack)
    practice.state.set("speed", 2.0)
    practice.close()
    watcher = in_a_session(*_restore(stack))
    journal = open_host(stack).journal()
    until(
        lambda: any(step.name == "stop" and step.state != "pending" for step in journal.steps(journal.runs()[0].id))
    )
    os.killpg(watcher.pid, signal.SIGHUP)
    assert watcher.wait(timeout=60) == -signal.SIGHUP
    practice = open_practice(stack)
    practice.state.set("speed", 1000.0)
    practice.close()
    until(lambda: journal.runs()[0].state == "done")
    assert _sessions(stack) > 0
    _require_well(stack)


def test_one_that_changed_nothing_yet_is_a_warning(stack: Path) -> None:
    """Copies were restored alongside: the stack is as it was, and another restore takes its place."""
    killed = avnwizard(*_restore(stack), env={KILL_AT: "restore:restore-1:before"})
    assert killed.code == ExitCode.STEP_FAILED
    host = open_host(stack)
    (found,) = [one for one in check(host) if one.check == "runs"]
    assert found.level == "warn"
    assert "It changed nothing yet" in found.message
    other = avnwizard("snapshot", "restore", "--database", "keto", "--yes", "--stack", stack)
    assert other.code == ExitCode.DONE, other.err
    assert [one.state for one in host.journal().runs()] == ["done", "given up", "done"]
    assert not [one.name for one in host.database().databases() if "__restoring_" in one.name]


def test_one_that_is_at_work_is_shown_so(stack: Path) -> None:
    """While it holds the stack it is no unfinished one."""
    host = open_host(stack)
    seen: list[str] = []

    def look(kind: str, step: str, text: str, data: dict[str, object]) -> None:
        del kind, step, text, data
        if not seen:
            seen.extend(one.message for one in check(host) if one.check == "runs")

    run = restore(host, snapshots.find(host.files, host.state.snapshots, ""), hear=look)
    (message,) = seen
    assert message.startswith(f"Run {run} (restore of ")
    assert message.endswith("is at work.")


def test_what_was_missing_stays(stack: Path, practice_host: PracticeHost) -> None:
    """A database that was missing before the restore is not taken away by the way back."""
    execute(practice_host, "postgres", "DROP DATABASE keto WITH (FORCE)")
    assert avnwizard(*_restore(stack)).code == ExitCode.DONE
    host = open_host(stack)
    run = host.journal().runs()[0].id
    back = avnwizard("rollback", run, "--yes", "--stack", stack)
    assert back.code == ExitCode.DONE, back.err
    assert "keto was missing before the restore, or was not restored yet; it stays as it is" in back.err
    assert host.database().exists("keto")
    assert _sessions(stack) == 0
    _require_well(stack)


def test_an_upgrade_is_not_rolled_back_across_a_restore(practice_host: PracticeHost, tmp_path: Path) -> None:
    """First the restore is taken back, which is named; then the upgrade can be."""
    stack = practice_host.project.directory
    assert avnwizard("releases", "--stack", stack).code == ExitCode.DONE, "it fetches the tags"
    upgraded(stack, tmp_path)
    run = open_host(stack).journal().runs()[0].id
    assert avnwizard("snapshot", "create", "--proof", "read back", "--stack", stack).code == ExitCode.DONE
    assert avnwizard("snapshot", "restore", "--database", "keto", "--yes", "--stack", stack).code == ExitCode.DONE
    later = open_host(stack).journal().runs()[0].id
    refused = avnwizard("rollback", run, "--yes", "--stack", stack)
    assert refused.code == ExitCode.REFUSED
    assert f"A later run, {later} (restore), changed databases too." in refused.err
    assert f"avnwizard rollback {later}" in refused.err
    assert avnwizard("rollback", later, "--yes", "--stack", stack).code == ExitCode.DONE
    assert avnwizard("rollback", run, "--yes", "--stack", stack).code == ExitCode.DONE
