"""The run is killed at fault points; then it is resumed, or rolled back, and nothing is lost.

Between the end of one effect and the beginning of the next nothing is done to the world or the journal, so these
two points are one state. `AVNWIZARD_MATRIX=full` brings every state about by both, in a run of its own each time.
`AVNWIZARD_MATRIX=kinds` (as CI sets it) takes one of each kind, such as "a service is rolled: its old container was
removed", the first of one kind and the last of the next; otherwise every 18th is tried, to keep a run short. In
both, a shard's points are tried in one run, which is killed at each of them in turn and taken up again.
"""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from avnwizard.practice.host import open_host as open_practice
from tests.practice import crash_world
from tests.practice.crash_world import World

if TYPE_CHECKING:
    from pathlib import Path

SHARDS = 4
FAILED = 4
HOW = os.environ.get("AVNWIZARD_MATRIX", "")
STRIDE = 18


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One stack for the module; every case puts it back first."""
    with crash_world.made() as made:
        yield made


@pytest.fixture(scope="module")
def calm(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An undisturbed run: the fault points it passes, the state before, and the state it ends in."""
    log = tmp_path_factory.mktemp("calm") / "faults"
    world.put_back()
    before = world.state()
    assert world.carry(world.run, log_to=log) == 0
    after = world.state()
    points = log.read_text().split()
    assert before["head"].tag == "v1.5.0"
    assert after["head"].tag == "v2.0.0"
    assert before["schemas"] != after["schemas"]
    return {"before": before, "after": after, "points": points}


def _states(points: list[str]) -> list[tuple[str, str]]:
    """The first and the last point of each state that a kill can leave."""
    states: list[tuple[str, str]] = []
    for point in points:
        if states and ":before#" in point and ":after#" in states[-1][0]:
            states[-1] = (states[-1][0], point)
        else:
            states.append((point, point))
    return states


def _kind(point: str) -> str:
    """The point without the names and numbers that only say which of several alike it is."""
    text = re.sub(r"(roll|job|roll-back|job-back|retire|stop):[a-z-]+", r"\1:", point.partition("#")[0])
    return re.sub(r"keep-[a-z-]+|-[0-9]+", "", text)


def _runs(points: list[str], shard: int) -> list[list[str]]:
    """The shard's runs, each as the points that it is killed at; every other state is brought about by its last."""
    states = _states(points)
    if HOW == "full":
        return [[point] for state in states[shard::SHARDS] for point in dict.fromkeys(state)]
    chosen = set(states[::STRIDE])
    if HOW == "kinds":
        last = {_kind(state[0]): state for state in states}
        first = {_kind(state[0]): state for state in reversed(states)}
        chosen = {(last if number % 2 else first)[kind] for number, kind in enumerate(sorted(first))}
    mine = [state for state in states if state in chosen][shard::SHARDS]
    return [[state[number % 2] for number, state in enumerate(mine)]]


@pytest.mark.parametrize("shard", range(SHARDS))
def test_killed_anywhere(world: World, calm: dict[str, Any], shard: int) -> None:
    """Rolled back after SIGKILL at each point, the stack is as before the upgrade, and no row is lost.

    Resumed there instead, the upgrade ends as if nothing had happened.
    """

    def back(point: str) -> None:
        with world.aside():
            assert world.carry(world.roll_back(world.run)) == 0, point
            assert world.state() == calm["before"], point

    for points in _runs(calm["points"], shard):
        world.killed_in_turn(world.run, points, calm["after"], back)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A finished upgrade with its rollback written down, and the fault points of that rollback."""
    log: Path = tmp_path_factory.mktemp("done") / "faults"
    with crash_world.made() as world:
        before = world.state()
        assert world.carry(world.run) == 0
        back = world.roll_back(world.run)
        world.shut_down()
        world.keep()
        assert world.carry(back, log_to=log) == 0
        assert world.state() == before
        yield {"world": world, "back": back, "before": before, "points": log.read_text().split()}


@pytest.mark.parametrize("shard", range(2))
def test_a_rollback_killed_anywhere_and_resumed(done: dict[str, Any], shard: int) -> None:
    """A rollback is a run: killed anywhere and resumed, it still brings everything back."""
    world: World = done["world"]
    for number in range(shard, SHARDS, 2):
        for points in _runs(done["points"], number):
            world.killed_in_turn(done["back"], points, done["before"])


def test_what_was_stopped_is_started_together(done: dict[str, Any]) -> None:
    """For the exchange of the databases: what one command started is not made again by its own step."""
    effects = [point for point in done["points"] if point.endswith(":after#1")]
    assert "start-back:start:after#1" in effects
    again = [point for point in effects if point.startswith("roll-back:") and ":recreate:" in point]
    assert again == ["roll-back:valkey:recreate:after#1"], "it keeps data, so it was not stopped"


def test_one_that_does_not_come_back_is_named_by_its_own_step(done: dict[str, Any]) -> None:
    """The old kratos stays unhealthy: the others are started all the same, and the run says which one failed."""
    world: World = done["world"]
    world.put_back()
    practice = open_practice(world.home)
    practice.order("roll:kratos")
    assert world.carry(done["back"]) == FAILED
    with crash_world.opened(world.home) as host:
        steps = {step.name: step.state for step in host.journal().steps(done["back"])}
    assert (steps["start-back"], steps["roll-back:kratos"]) == ("done", "failed")
    practice.failures.clear()
    assert world.carry(done["back"]) == 0
    assert world.state() == done["before"]
