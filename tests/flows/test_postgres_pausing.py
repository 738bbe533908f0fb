"""A Postgres upgrade that pauses the services: none is stopped, none writes meanwhile, and all go on afterwards."""

from pathlib import Path

import pytest

from avnwizard.domain.postgres.major import Way
from tests.flows.postgres_killing import RUN, Process, assert_new, assert_old, fresh, passages
from tests.flows.postgres_world import DATA


@pytest.mark.parametrize("way", ["copy", "cold", "logical"])
def test_paused_until_the_new_server_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """From before the data moves until after the switch: the same container stands still, without a connection."""
    points = passages(monkeypatch, Process(*fresh(tmp_path, "whole", way)).carry)
    for point in ("stop:dismiss:after", "switch:files:before", "switch:up:after"):
        world, home = fresh(tmp_path, point, way)
        (app,) = [one.id for one in world.containers.values() if one.service == "app"]
        passages(monkeypatch, Process(world, home).carry, kill=points.index(point))
        assert (world.containers[app].state, world.still, world.ended) == ("running", {app}, {app})
        process = Process(world, home)
        assert process.carry() == "done"
        assert_new(world)
        assert (world.containers[app].state, process.journal.facts(RUN, "stop").get("stopped")) == ("running", None)


def test_a_service_that_cannot_be_paused(tmp_path: Path) -> None:
    """It has several programs, such as workers: it is stopped instead, and started again."""
    world, home = fresh(tmp_path, "rigid", "copy")
    world.rigid = True
    process = Process(world, home)
    assert process.carry() == "done"
    assert_new(world)
    (app,) = [one.id for one in world.containers.values() if one.service == "app"]
    assert process.journal.facts(RUN, "stop")["stopped"] == [app]


def test_a_connection_that_is_of_no_paused_service(tmp_path: Path) -> None:
    """The services are stopped, in case it is one of theirs; it is somebody else's, so nothing is touched."""
    world, home = fresh(tmp_path, "outside", "copy")
    world.connected = ("psql as clerk",)
    process = Process(world, home)
    assert process.carry() == "failed"
    assert "psql as clerk" in process.journal.run(RUN).message
    assert {one.state for one in world.containers.values() if one.service == "app"} == {"exited"}
    assert world.served().databases == DATA
    process = Process(world, home)
    process.order_back()
    assert process.carry_back() == "done"
    assert_old(world)


def test_taken_back_the_services_begin_afresh(tmp_path: Path) -> None:
    """What they have in memory is of the new server, so they are stopped before the old one serves."""
    world, home = fresh(tmp_path, "back", "copy")
    Process(world, home).carry()
    process = Process(world, home)
    process.order_back()
    assert process.carry_back() == "done"
    assert_old(world)
    (back,) = [one for one in process.journal.runs() if one.undoes]
    (app,) = [one.id for one in world.containers.values() if one.service == "app"]
    assert process.journal.facts(back.id, "stop")["stopped"] == [app]
