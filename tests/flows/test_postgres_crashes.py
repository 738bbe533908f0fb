"""A Postgres upgrade killed before and after every effect: resumed it ends on 18, taken back it ends on 17."""

from pathlib import Path

import pytest

from avnwizard.domain.postgres.major import WAYS, Way
from tests.flows.postgres_killing import (
    Process,
    assert_new,
    assert_old,
    assert_old_whole,
    fresh,
    passages,
)
from tests.flows.postgres_servers import NEW_VOLUME

_POINTS: dict[Way, set[str]] = {
    "copy": {
        "rehearse:upgrade:before",
        "copy:copy:after",
        "move:stop-old:after",
        "move:upgrade:after",
        "rows:copy:after",
    },
    "cold": {"rehearse:serve:before", "prepare:prepare:after", "move:stop-old:after", "move:upgrade:after"},
    "dump": {"rehearse:serve:before", "move:copy:after", "switch:stop-old:after"},
    "logical": {
        "level:set:after",
        "level:stop:after",
        "follow:publish:after",
        "follow:subscribe:after",
        "move:let-go:after",
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_killed_anywhere_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """Whatever the point, the next process ends on 18 with every row, and the old files are as they were."""
    world, home = fresh(tmp_path, "whole", way)
    points = passages(monkeypatch, Process(world, home).carry)
    assert_new(world)
    assert {*_POINTS[way], "switch:files:after", "switch:up:before"} <= set(points)
    for number, point in enumerate(points):
        world, home = fresh(tmp_path, f"resumed{number}", way)
        process = Process(world, home)
        assert passages(monkeypatch, process.carry, kill=number)[-1] == point
        assert_old_whole(world)
        assert Process(world, home).carry() == "done", point
        assert_new(world)


@pytest.mark.parametrize("way", WAYS)
def test_killed_anywhere_and_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """Whatever the point, going back ends on 17, and nothing is left of the new server that nobody wrote to."""
    world, home = fresh(tmp_path, "whole", way)
    points = passages(monkeypatch, Process(world, home).carry)
    for number, point in enumerate(points):
        world, home = fresh(tmp_path, f"back{number}", way)
        passages(monkeypatch, Process(world, home).carry, kill=number)
        process = Process(world, home)
        process.order_back()
        assert process.carry_back() == "done", point
        assert_old(world)
        switched = "switch:files:after" in points[: number + 1]
        assert (NEW_VOLUME in world.volumes) is switched or number == points.index("switch:files:after"), point


@pytest.mark.parametrize("way", WAYS)
def test_going_back_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """A finished upgrade is taken back, and that is killed at every point: it ends on 17 all the same."""
    world, home = fresh(tmp_path, "whole", way)
    Process(world, home).carry()
    process = Process(world, home)
    process.order_back()
    points = passages(monkeypatch, process.carry_back)
    assert_old(world)
    assert "switch:up-back:before" in {point.removeprefix("undo:") for point in points}
    for number, point in enumerate(points):
        world, home = fresh(tmp_path, f"again{number}", way)
        Process(world, home).carry()
        process = Process(world, home)
        process.order_back()
        passages(monkeypatch, process.carry_back, kill=number)
        assert Process(world, home).carry_back() == "done", point
        assert_old(world)
