"""A restore by hand that was cut off: `check` and `status` name it, with the command that goes on."""

import os
import shlex
import signal
from pathlib import Path

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from avnwizard.flows import by_hand
from avnwizard.flows.check import check
from avnwizard.flows.cut_off import command
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.host import open_host as open_practice
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard, in_a_session
from tests.waiting import until


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack that has a snapshot."""
    checkout = practice_host.project.directory
    assert avnwizard("snapshot", "create", "--proof", "read back", "--stack", checkout).code == ExitCode.DONE
    return checkout


def _restore(stack: Path) -> tuple[str | Path, ...]:
    return ("snapshot", "restore", "--stop-services", "--yes", "--stack", stack)


def _require_named_and_gone_on_with(stack: Path) -> None:
    """Both verbs name it; the command that they give ends it, as the same run, and then neither does."""
    said = avnwizard("check", "--stack", stack, "--json")
    assert said.code == ExitCode.REFUSED
    (found,) = [one for one in said.data if one["check"] == "runs"]
    assert found["level"] == "stop"
    assert "restore" in found["message"]
    assert "by hand did not finish" in found["message"]
    assert "stay stopped until it goes on" in found["message"]
    shown = avnwizard("status", "--stack", stack)
    assert found["message"] in shown.err
    assert found["hint"] in shown.err
    refused = avnwizard("resume", "--stack", stack)
    assert refused.code == ExitCode.REFUSED
    assert "by hand did not finish" in refused.err, "not: there is no unfinished run"

    words = shlex.split(found["hint"])
    assert words[:3] == ["avnwizard", "snapshot", "restore"]
    again = avnwizard(*words[1:], "--yes", "--stack", stack)
    assert again.code == ExitCode.DONE, again.err
    restores = [run for run in by_hand.journal_of(open_host(stack)).runs() if run.kind == "restore"]
    assert [run.state for run in restores] == ["done"], "it went on with the one that was cut off"
    host = open_host(stack)
    assert {one.level for one in check(host) if one.check in {"runs", "services"}} == {"ok"}
    assert avnwizard("status", "--stack", stack, "--json").data["unfinished"] == []


@pytest.mark.parametrize("point", ["stop:stop:after", "swap:put-in-place-0:after", "start:start:before"])
def test_killed(stack: Path, point: str) -> None:
    """SIGKILL once services are stopped, amid the swap, and before they are started again."""
    killed = avnwizard(*_restore(stack), env={KILL_AT: point})
    assert killed.code == -signal.SIGKILL, killed.err
    _require_named_and_gone_on_with(stack)


def test_the_terminal_is_closed(stack: Path) -> None:
    """SIGHUP ends a restore by hand and leaves services stopped."""
    practice = open_practice(stack)
    practice.state.set("speed", 2.0)
    practice.close()
    restore = in_a_session(*_restore(stack))
    journal = by_hand.journal_of(open_host(stack))
    until(lambda: any(step.name == "stop" and step.state != "pending" for step in journal.steps(_newest(stack))))
    os.killpg(restore.pid, signal.SIGHUP)
    assert restore.wait(timeout=60) == -signal.SIGHUP
    practice = open_practice(stack)
    practice.state.set("speed", 1000.0)
    practice.close()
    _require_named_and_gone_on_with(stack)


def _newest(stack: Path) -> str:
    return by_hand.journal_of(open_host(stack)).runs()[0].id


def test_one_that_changed_nothing_yet_is_a_warning(stack: Path) -> None:
    """Copies were restored alongside: the stack is as it was, and can be upgraded."""
    assert avnwizard(*_restore(stack), env={KILL_AT: "restore:restore-1:before"}).code == -signal.SIGKILL
    (found,) = [one for one in check(open_host(stack)) if one.check == "runs"]
    assert found.level == "warn"
    assert "Nothing was changed yet" in found.message


def test_one_that_is_at_work_is_not_cut_off(stack: Path) -> None:
    """While it holds the stack it is shown as at work."""
    host = open_host(stack)
    seen: list[str] = []

    def look(kind: str, step: str, text: str, data: dict[str, object]) -> None:
        del kind, step, text, data
        if not seen:
            seen.extend(one.message for one in check(host) if one.check == "runs")

    from avnwizard.flows.restore import planning as restoring
    from avnwizard.flows.snapshot import snapshots

    folder = snapshots.find(host.files, host.state.snapshots, "")
    order, manifest = restoring.plan_restore(host, folder)
    steps = restoring.restore_steps(host, order, manifest)
    by_hand.carry(host, "restore", folder.name, restoring.to_json(order), steps, look)
    assert len(seen) == 1
    assert seen[0].startswith("A restore by hand (process")


def test_the_command_quotes_what_it_names() -> None:
    """Names from the snapshot are words of a shell, and never more."""
    order = '{"snapshot": "/s/20260101-v1.5.0", "databases": ["a b", "$(x)"], "volumes": ["v"], "stop": ["web"]}'
    assert command(order) == (
        "avnwizard snapshot restore 20260101-v1.5.0 --database 'a b' --database '$(x)' --volume v --stop-services"
    )
    assert "with the version" in command("{}")
