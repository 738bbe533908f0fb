"""A Postgres upgrade with PgBouncer in the stack: its clients wait, are not stopped, and go on afterwards."""

from pathlib import Path

import pytest

from tests.flows.postgres_killing import RUN, Process, assert_new, assert_old, fresh, passages


def test_clients_of_the_pool_wait(tmp_path: Path) -> None:
    """The pool and the service behind it are the same containers afterwards, never stopped; the other one was."""
    world, home = fresh(tmp_path, "held", "copy", pool=True)
    before = {one.service: one.id for one in world.containers.values()}
    process = Process(world, home)
    assert process.carry() == "done"
    assert_new(world)
    assert {one.service: one.id for one in world.containers.values()} | {"db": ""} == before | {"db": ""}
    assert process.journal.facts(RUN, "stop")["stopped"] == [before["app"]]


def test_a_pool_that_does_not_let_go(tmp_path: Path) -> None:
    """Such as in session mode: the pool and its clients are stopped like the others, and started again."""
    world, home = fresh(tmp_path, "stubborn", "copy", pool=True)
    world.stubborn = True
    process = Process(world, home)
    assert process.carry() == "done"
    assert_new(world)
    stopped = set(process.journal.facts(RUN, "stop")["stopped"])
    assert stopped == {one.id for one in world.containers.values() if one.service != "db"}


def test_a_pool_that_does_not_find_the_new_server(tmp_path: Path) -> None:
    """What was only held and does not serve afterwards is started again, the pool first, without anybody's help."""
    world, home = fresh(tmp_path, "deaf", "copy", pool=True)
    world.deaf = True
    process = Process(world, home)
    assert process.carry() == "done"
    assert_new(world)
    assert {one.health for one in world.containers.values() if one.service == "pool"} == {"none"}


@pytest.mark.parametrize("stubborn", [False, True])
def test_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stubborn: bool) -> None:
    """Carried on or taken back, the clients go on: nothing is left paused or stopped."""
    world, home = fresh(tmp_path, "whole", "copy", pool=True)
    world.stubborn = stubborn
    points = passages(monkeypatch, Process(world, home).carry)
    assert "stop:pause:after" in points
    for number in range(points.index("stop:stop:before"), points.index("start:start:after") + 1):
        for back in (False, True):
            world, home = fresh(tmp_path, f"killed{number}{back}", "copy", pool=True)
            world.stubborn = stubborn
            passages(monkeypatch, Process(world, home).carry, kill=number)
            process = Process(world, home)
            if back:
                process.order_back()
                assert process.carry_back() == "done", points[number]
                assert_old(world)
            else:
                assert process.carry() == "done", points[number]
                assert_new(world)
