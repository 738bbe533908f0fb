"""A restore with its services stopped: killed or signalled at its fault points, it is resumed or taken back.

`AVNWIZARD_MATRIX=full` tries every point, each in a run of its own; `kinds` tries every 11th, otherwise every 13th is
tried, and one run is killed at all of them in turn.
"""

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.practice import crash_world
from tests.practice.crash_world import KILLED, World

if TYPE_CHECKING:
    from pathlib import Path

HOW = os.environ.get("AVNWIZARD_MATRIX", "")
STRIDE = {"full": 1, "kinds": 11}.get(HOW, 13)
_UNDO = ("restore:", "swap:", "stop:", "start:", "volume:")


@pytest.fixture(scope="module")
def restore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A stack with a snapshot and rows deleted since, its restore written down, and where that can be killed."""
    log: Path = tmp_path_factory.mktemp("restore") / "faults"
    with crash_world.made() as world:
        full = world.state()
        run = world.order_restore()
        before = world.state()
        assert before["rows"] != full["rows"]
        world.shut_down()
        world.keep()
        assert world.carry(run, log_to=log) == 0
        after = world.state()
        assert after == full
        points = [point for point in log.read_text().split() if point.startswith(_UNDO)]
        assert {point.partition(":")[0] for point in points} == {one[:-1] for one in _UNDO}
        yield {"world": world, "run": run, "before": before, "after": after, "points": points[::STRIDE]}


def test_killed_anywhere(restore: dict[str, Any]) -> None:
    """From everywhere the way back leads to the rows and services of before it.

    Resumed, it ends as if nothing had happened: the rows of the snapshot, and every service serves.
    """
    world: World = restore["world"]

    def back(point: str) -> None:
        with world.aside():
            assert world.carry(world.take_back(restore["run"])) == 0, point
            assert world.state() == restore["before"], point

    for points in [[point] for point in restore["points"]] if HOW == "full" else [restore["points"]]:
        world.killed_in_turn(restore["run"], points, restore["after"], back)


def test_taken_back_when_it_was_done(restore: dict[str, Any]) -> None:
    """The way back stays open, also where the taking back is killed itself and goes on."""
    world = restore["world"]
    for point in ("undo:swap:set-aside-1:after", "undo:swap:put-in-place-0:before", "start:start:before"):
        world.put_back()
        assert world.carry(restore["run"]) == 0, point
        back = world.take_back(restore["run"])
        assert world.carry(back, kill_at=point) == KILLED, point
        assert world.carry(back) == 0, point
        assert world.state() == restore["before"], point


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 0), (signal.SIGTERM, 4)])
def test_signalled_and_resumed(restore: dict[str, Any], number: signal.Signals, code: int) -> None:
    """A lost terminal stops nothing; SIGTERM stops at the next safe place, and it goes on from there."""
    world = restore["world"]
    for point in ("restore:restore-1:after#1", "stop:stop:before#1", "swap:set-aside-1:after#1"):
        world.put_back()
        assert world.carry(restore["run"], kill_at=f"{number.name}@{point}") == code, point
        assert world.carry(restore["run"]) == 0 if code else True, point
        assert world.state() == restore["after"], point
