"""A Postgres upgrade with PgBouncer in the stack: its clients wait, are not stopped, and go on afterwards."""

from pathlib import Path

import pytest

from avnwizard.domain.postgres.major import Way
from tests.flows.postgres_killing import RUN, Process, assert_new, assert_old, fresh, passages
from tests.flows.postgres_world import World


def test_clients_of_the_pool_wait(tmp_path: Path) -> None:
    """The pool and the service behind it go on as they are; the other service was paused. None was stopped."""
    world, home = fresh(tmp_path, "held", "copy", pool=True)
    before = {one.service: one.id for one in world.containers.values()}
    process = Process(world, home)
    assert process.carry() == "done"
    assert_new(world)
    assert {one.service: one.id for one in world.containers.values()} | {"db": ""} == before | {"db": ""}
    facts = process.journal.facts(RUN, "stop")
    assert (facts["paused"], facts.get("stopped", [])) == ([before["app"]], [])


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


@pytest.mark.parametrize("way", ["copy", "logical"])
@pytest.mark.parametrize("serial", [False, True])
def test_the_server_gets_another_address(tmp_path: Path, way: Way, *, serial: bool) -> None:
    """It gets its own again where the engine lets it; else the pool, which would look there for long, starts again.

    PgBouncer with c-ares 1.34 in Docker looked for the server at its old address for 600 s.
    """
    world, home = fresh(tmp_path, "moved", way, pool=True)
    world.moves, world.serial = True, serial
    before = {one.id: one for one in world.containers.values()}
    process = Process(world, home)
    assert process.carry() == "done"
    assert_new(world)
    assert (world.address != "10.0.0.2") is serial
    assert world.learned == world.address
    process.order_back()
    assert process.carry_back() == "done"
    assert_old(world)
    assert {one.id for one in world.containers.values() if one.service in {"pool", "behind"}} <= before.keys()


@pytest.mark.parametrize(
    ("way", "trait", "begin", "end"),
    [
        ("copy", "stubborn", "stop:pause:before", "start:start:after"),
        ("copy", "serial", "stop:pause:before", "start:again:after"),
        ("logical", "moves", "level:pause:before", "level:resume:after"),
    ],
)
def test_killed_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way, trait: str, begin: str, end: str
) -> None:
    """Carried on or taken back, the clients go on: nothing is left paused or stopped, and the server is found."""

    def make(name: str) -> tuple[World, Path]:
        world, home = fresh(tmp_path, name, way, pool=True)
        world.stubborn, world.moves, world.serial = (
            trait == "stubborn",
            trait in {"moves", "serial"},
            trait == "serial",
        )
        return world, home

    world, home = make("whole")
    points = passages(monkeypatch, Process(world, home).carry)
    assert "stop:pause:after" in points
    assert ("start:again:after" in points) is (trait == "serial")
    for number in range(points.index(begin), points.index(end) + 1):
        for back in (False, True):
            world, home = make(f"killed{number}{back}")
            passages(monkeypatch, Process(world, home).carry, kill=number)
            process = Process(world, home)
            if back:
                process.order_back()
                assert process.carry_back() == "done", points[number]
                assert_old(world)
            else:
                assert process.carry() == "done", points[number]
                assert_new(world)
