"""A release without a one-shot for Hydra: its new image migrates by its own command, and crashes do no harm."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.plan import from_json
from avnwizard.flows.rehearse.plan import Actor
from avnwizard.flows.rehearse.waiting import come_up
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.expecting import kinds_of
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.ui.review_lines import rows
from avnwizard.wiring import open_host
from tests.flows.test_lockstep import release
from tests.practice.crash_world import KILLED, World, opened
from tests.practice.test_rotation_crashes import made

TAG = "v2.0.1"
_JOB = re.compile(r"\n  hydra-migrate:\n.*?\n(?=\n  \S)", re.DOTALL)
_WAITS = "hydra-migrate: { condition: service_completed_successfully }"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack at v1.5.0 with an upgrade to such a release written down."""
    with made() as found:
        with opened(found.home) as host:
            assert releases.fetch(host) == ""
            name = host.stack.project.files[0].name
            text = (host.repo.read("v2.0.0", name) or b"").decode()
            alone, count = _JOB.subn("", text)
            assert (count, alone.count(_WAITS)) == (1, 1)
            alone = alone.replace(_WAITS, "postgres: { condition: service_healthy }")
            release(host, TAG, {name: (text, alone)}, tmp_path_factory.mktemp("work") / "one", base="v2.0.0")
            draft = inputs.draft(host, TAG)
            answers = Answers().accepting(draft.decisions(Answers()))
            run = launch.create_upgrade(host, prepare(host, draft, answers))
        world = World(found.home, found.data, found.kept_home, found.kept_data, run)
        world.shut_down()
        world.keep()
        yield world


def test_it_migrates_ahead_of_its_roll_and_survives_crashes(world: World, tmp_path: Path) -> None:
    """Killed around its start and resumed, it ends the same; nothing of it is left, and the way back works."""
    with opened(world.home) as host:
        plan = from_json(host.journal().run(world.run).plan)
        before = world.state()
    steps = {step.name: step for step in plan.steps}
    names = list(steps)
    assert names.index("migrate:hydra") < names.index("roll:hydra")
    (command,) = steps["migrate:hydra"].commands
    assert command[-6:] == ("hydra", "migrate", "sql", "up", "-e", "--yes")
    assert "traefik.enable=false" in command
    assert "requests may fail to hydra until step" in steps["migrate:hydra"].interrupts
    assert not [text for text in plan.warnings if "no one-shot" in text]
    (row,) = [one for one in rows(plan) if one.id == "migrate:hydra"]
    assert [str(cell) for cell in row.cells[2:4]] == ["runs once", "a restore if the schema moved"]
    assert kinds_of(plan)["migrate:hydra"] == "job"
    assert world.carry(world.run, log_to=tmp_path / "faults") == 0
    after = world.state()
    points = [one for one in (tmp_path / "faults").read_text().split() if one.startswith("migrate:")]
    assert any(one.startswith("migrate:hydra:start:after") for one in points)
    with opened(world.home) as host:
        assert [one.name for one in host.stack.containers() if one.one_off] == []
        assert {one.is_serving for one in host.stack.containers("hydra")} == {True}
    for point in points:
        world.put_back()
        assert world.carry(world.run, kill_at=point) == KILLED, point
        assert world.carry(world.run) == 0, point
        assert world.state() == after, point
    world.put_back()
    assert world.carry(world.run, kill_at=points[-1]) == KILLED
    assert world.carry(world.roll_back(world.run)) == 0
    assert world.state() == before
    with opened(world.home) as host:
        assert [one.name for one in host.stack.containers() if one.one_off] == []


def test_a_copy_migrates_too(practice_host: PracticeHost) -> None:
    """A rehearsal runs the same command first, and a migration that fails is why the service did not come up."""
    host = open_host(practice_host.project.directory)
    stack, words = host.stack, ("migrate", "sql", "up", "-e", "--yes")
    actor = Actor("hydra", "", job=False, limit_s=60.0, migrate=words)
    assert come_up(host.clock, stack, actor).is_good
    (found,) = [one for one in stack.containers("hydra") if one.one_off]
    assert (found.exit_code, found.labels["traefik.enable"]) == (0, "false")
    stack.remove(found.id)
    stack.stop(*(one.id for one in stack.containers("postgres")), grace_s=10.0)
    part = come_up(host.clock, stack, actor)
    assert (part.outcome, part.said.startswith("its migration failed")) == ("failed", True)
