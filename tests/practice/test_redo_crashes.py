"""A rollback that is undone: killed where the databases change places, it is resumed or rolled back all the same.

`AVNWIZARD_MATRIX=full` tries every point of these steps, each in a run of its own; otherwise every eighth is tried,
and one run is killed at a shard's points in turn.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.practice import crash_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.practice.crash_world import World

FULL = os.environ.get("AVNWIZARD_MATRIX") == "full"
STRIDE = 1 if FULL else 8
SHARDS = 3


@pytest.fixture(scope="module")
def redone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A stack that was upgraded and rolled back, the undoing of that written down, and where it can be killed."""
    log: Path = tmp_path_factory.mktemp("redo") / "faults"
    with crash_world.made() as world:
        before = world.state()
        assert world.carry(world.run) == 0
        after = world.state()
        back = world.roll_back(world.run)
        assert world.carry(back) == 0
        assert world.state() == before
        again = world.redo(back)
        world.shut_down()
        world.keep()
        assert world.carry(again, log_to=log) == 0
        assert world.state() == after
        points = [point for point in log.read_text().split() if "swap-back" in point or point.startswith("stop:")]
        assert len(points) > 20
        yield {"world": world, "again": again, "before": before, "after": after, "points": points[::STRIDE]}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_killed_amid_the_swap(redone: dict[str, Any], shard: int) -> None:
    """The way back is open from everywhere: every service of before serves, on the databases of before.

    Resumed, it ends as if nothing had happened: the release and the databases of before the rollback.
    """
    world: World = redone["world"]

    def back(point: str) -> None:
        with world.aside():
            assert world.carry(world.roll_back(redone["again"])) == 0, point
            assert world.state() == redone["before"], point

    mine = redone["points"][shard::SHARDS]
    for points in [[point] for point in mine] if FULL else [mine]:
        world.killed_in_turn(redone["again"], points, redone["after"], back)
