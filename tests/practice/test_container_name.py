"""A service with a `container_name`, surged on the practice host and killed at every effect."""

import os
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.host import Service
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.strategy import Choice, choose
from avnwizard.engine.faults import KILL_AT, LOG_TO
from avnwizard.flows.roll import rolling
from avnwizard.flows.roll.naming import settle_choice
from avnwizard.flows.steps.roll import RollService
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.naming import PracticeNaming
from avnwizard.practice.product.template import COMPOSE_FILE
from avnwizard.wiring import open_host
from tests.lab.rolls import PATIENCE, carry_here
from tests.practice.crash_world import KILLED
from tests.waiting import until

if TYPE_CHECKING:
    from avnwizard.flows.stack.step_inputs import StepInputs

_SERVICE, _NAME = "docs", "the-docs"
_number = count()


class _Stack:
    def __init__(self, practice: PracticeHost) -> None:
        practice.state.set("speed", 200.0)
        self.home = practice.home
        self.file = practice.project.directory / COMPOSE_FILE
        self.file.write_text(
            self.file.read_text("utf-8").replace("  docs:\n", f"  docs:\n    container_name: {_NAME}\n", 1), "utf-8"
        )
        self.host = open_host(practice.project.directory)
        self.host.stack.up(_SERVICE)
        until(lambda: all(one.is_serving for one in self.host.stack.containers(_SERVICE)))

    def change(self) -> None:
        """Something to roll."""
        head, _, docs = self.file.read_text("utf-8").partition("  docs:\n")
        line = f"      STAMP_{next(_number)}: x\n      SHUTDOWN_MODE"
        self.file.write_text(f"{head}  docs:\n{docs.replace('      SHUTDOWN_MODE', line, 1)}", "utf-8")

    def carry(self, folder: Path, run: str, *, kill_at: str = "", log_to: Path | None = None) -> int:
        """A roll in a process of its own, as a shell would say its end."""
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.environ.update({KILL_AT: kill_at} if kill_at else {})
                os.environ.update({LOG_TO: str(log_to)} if log_to else {})
                code = carry_here(open_host(self.home), folder, _SERVICE, run, PATIENCE)
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def is_settled(self) -> None:
        """One container, under its name; no director, and nothing to do for Compose."""
        assert [one.name for one in self.host.stack.containers(_SERVICE)] == [_NAME]
        assert self.host.edge.directors() == ()
        assert self.host.stack.outdated(_SERVICE) == frozenset()


@pytest.fixture
def stack(practice_host: PracticeHost) -> _Stack:
    """A stack whose `docs` has a name of its own."""
    return _Stack(practice_host)


def test_killed_at_every_effect(stack: _Stack, tmp_path: Path) -> None:
    """Resumed and rolled back in turn: the one container that is left has the name, and old code served meanwhile."""
    stack.change()
    log = tmp_path / "effects"
    assert stack.carry(tmp_path, "first", log_to=log) == 0
    stack.is_settled()
    points = [line for line in log.read_text("utf-8").split() if line.startswith(f"roll:{_SERVICE}:")]
    assert {"start-new", "remove-old", "name"} <= {point.split(":")[2] for point in points}
    for number, point in enumerate(points):
        former = stack.file.read_text("utf-8")
        stack.change()
        assert stack.carry(tmp_path, f"{number}", kill_at=point) == KILLED, point
        assert any(one.is_serving for one in stack.host.stack.containers(_SERVICE)), point
        if number % 2:
            stack.file.write_text(former, "utf-8")
        assert stack.carry(tmp_path, f"back {number}" if number % 2 else f"{number}") == 0
        stack.is_settled()


def test_a_name_alone_is_not_enough(stack: _Stack, tmp_path: Path) -> None:
    """A container of the right release under another name is not what is wanted."""
    (one,) = stack.host.stack.containers(_SERVICE)
    stack.host.stack.naming.rename(one.id, "another")
    want = rolling.wanted(stack.host, _SERVICE, "")
    assert not rolling.is_met(stack.host, want)
    assert stack.carry(tmp_path, "one") == 0
    assert [each.id for each in stack.host.stack.containers(_SERVICE)] == [one.id]
    stack.is_settled()


def test_an_engine_elsewhere(stack: _Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No container can start under another name there: it is recreated, and the plan says why."""
    monkeypatch.setattr(PracticeNaming, "available", False)
    host = stack.host
    model = host.stack.resolve()
    service = model.services[_SERVICE]
    found = settle_choice(host, service, choose(service, model))
    assert found.strategy == "recreate"
    assert f"its container_name {_NAME} allows one container only" in found.reason
    stack.change()
    assert stack.carry(tmp_path, "one") == 0
    stack.is_settled()


def test_the_plan_shows_how_the_name_is_taken_over(practice_host: PracticeHost) -> None:
    """No scaling, which Compose would refuse: its own `up`, and the renaming at the end."""
    stack = _Stack(practice_host)
    service = Service(_SERVICE, "i", container_name=_NAME)
    chosen = settle_choice(stack.host, service, Choice("surge", "new alongside old"))
    assert chosen.reason == f"new alongside old; then the new one takes over the name {_NAME}"
    part = ServicePlan(_SERVICE, "surge", chosen.reason, "i:1", "i:2", "", "wait", named=_NAME)
    plan = SimpleNamespace(project=practice_host.project, services=(part,))
    commands = RollService(cast("StepInputs", SimpleNamespace(plan=plan)), part).describe().commands
    assert not any("--scale" in argv for argv in commands)
    assert commands[-1] == ("docker", "container", "rename", "NEW_CONTAINER", _NAME)
