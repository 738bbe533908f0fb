"""The old server follows the new one after the switch: going back loses nothing, and nothing of it is left."""

from pathlib import Path

import pytest

from avnwizard.domain.postgres.major import WAYS, Way
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.flow import PostgresMajor
from avnwizard.flows.postgres.left_behind import replication_findings
from avnwizard.flows.run import acceptance
from tests.flows.postgres_killing import RUN, Process, fresh, passages
from tests.flows.postgres_servers import NEW_VOLUME, OLD_VOLUME
from tests.flows.postgres_world import COMPOSE, DATA, Back, World

_KEEP_S = 600.0


def _fresh(tmp_path: Path, name: str, way: Way = "copy") -> tuple[World, Path]:
    world, home = fresh(tmp_path, name, way, keep_s=_KEEP_S)
    world.writes = True
    return world, home


def _rows(world: World) -> dict[str, list[str]]:
    return {**DATA, "shop": [*DATA["shop"], *world.written]}


def _assert_back(world: World) -> None:
    """The old server serves with all that was written to the new one, and nothing of the way is left."""
    served = world.served()
    assert (served.major, served.databases) == (17, _rows(world))
    assert served.sequences["shop"] == len(world.written)
    assert (world.directory / "compose.yml").read_text() == COMPOSE
    _assert_nothing_left(world)


def _assert_there(world: World) -> None:
    served = world.served()
    assert (served.major, served.databases) == (18, _rows(world))
    assert world.written
    assert f"name: {NEW_VOLUME}" in (world.directory / "compose.yml").read_text()
    _assert_nothing_left(world)


def _assert_nothing_left(world: World) -> None:
    assert {one.state for one in world.containers.values()} == {"running"}
    assert world.helpers == {}
    assert world.back == Back(levels=world.back.levels, breaks=world.back.breaks)
    assert world.served().major == 17 or world.back.levels == {}
    assert (world.levels, world.identities, world.published, world.slots) == ({}, set(), False, set())


@pytest.mark.parametrize("way", WAYS)
def test_until_the_time_is_over(tmp_path: Path, way: Way) -> None:
    """The old server has had all rows by then; afterwards going back has its price again, and it is said."""
    world, home = _fresh(tmp_path, "over", way)
    process = Process(world, home)
    begun = process.host.clock.now()
    assert process.carry() == "done"
    assert process.host.clock.now() - begun >= _KEEP_S
    _assert_there(world)
    old = world.volumes[OLD_VOLUME]
    assert old is not None
    assert old.databases == _rows(world)
    assert "stays behind" in " ".join(PostgresMajor().back_notes(process.journal, process.journal.run(RUN)))


def test_accepted_before_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator is content: nothing is waited for any more, and nothing is left on the new server."""
    world, home = _fresh(tmp_path, "accepted")
    process = Process(world, home)
    monkeypatch.setattr("avnwizard.engine.lock.holder", lambda _lock: {"run": RUN})
    assert acceptance.following(process.host, process.journal) is None, "it does not follow yet"
    sleep, begun = process.host.clock.sleep, process.host.clock.now()

    def content(seconds: float) -> None:
        sleep(seconds)
        if live := acceptance.following(process.host, process.journal, RUN):
            process.journal.post(live.id, "accept")

    monkeypatch.setattr(process.host.clock, "sleep", content)
    assert process.carry() == "done"
    assert process.host.clock.now() - begun < _KEEP_S / 2
    assert acceptance.following(process.host, process.journal) is None
    _assert_there(world)


@pytest.mark.parametrize("way", ["copy", "logical"])
def test_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """From the switch on, whatever the point: resumed it ends on 18; taken back, on 17 with every row written."""
    world, home = _fresh(tmp_path, "whole", way)
    points = passages(monkeypatch, Process(world, home).carry)
    assert {"allow-back:set:after", "reserve:reserve:after", "follow-back:follow:after"} <= set(points)
    for number in range(points.index("allow-back:set:before"), len(points)):
        for back in (False, True):
            world, home = _fresh(tmp_path, f"killed{number}{back}", way)
            passages(monkeypatch, Process(world, home).carry, kill=number)
            process = Process(world, home)
            ended = process.journal.facts(RUN, "follow-back").get("state") in {"over", "lost"}
            if back:
                process.order_back()
                assert process.carry_back() == "done", points[number]
                if not ended:
                    _assert_back(world)
            else:
                assert process.carry() == "done", points[number]
                _assert_there(world)


def test_going_back_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the old server follows, the run is taken back, and that is killed at every point: nothing is lost."""

    def begun(name: str) -> tuple[World, Path]:
        world, home = _fresh(tmp_path, name)
        passages(monkeypatch, Process(world, home).carry, kill=at)
        Process(world, home).order_back()
        return world, home

    world, home = _fresh(tmp_path, "whole")
    at = passages(monkeypatch, Process(world, home).carry).index("follow-back:follow:after")
    world, home = begun("back")
    notes = PostgresMajor().back_notes(Process(world, home).journal, Process(world, home).journal.run(RUN))
    assert "Nothing is lost" in notes[0]
    points = passages(monkeypatch, Process(world, home).carry_back)
    _assert_back(world)
    assert {"look-back:follow:after", "undo:reserve:rest:after", "undo:reserve:leave:after"} <= set(points)
    for number, point in enumerate(points):
        world, home = begun(f"again{number}")
        passages(monkeypatch, Process(world, home).carry_back, kill=number)
        assert Process(world, home).carry_back() == "done", point
        _assert_back(world)


def test_an_old_server_that_does_not_get_on(tmp_path: Path) -> None:
    """It is given up and said; the stack serves on the new one, and nothing of it is left there."""
    world, home = _fresh(tmp_path, "breaks")
    world.back.breaks = True
    process = Process(world, home)
    assert process.carry() == "done"
    _assert_there(world)
    assert process.journal.facts(RUN, "follow-back")["why"] == "it is not connected in each of 2 databases"
    notes = " ".join(PostgresMajor().back_notes(process.journal, process.journal.run(RUN)))
    assert "stopped following: it is not connected" in notes


def test_check_names_what_replication_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the run that needs it; what no run needs would fill the disk. Afterwards there is nothing to say."""
    world, home = _fresh(tmp_path, "checked")
    world.held_bytes = 3_000_000
    passages(monkeypatch, Process(world, home).carry, kill=_point(tmp_path, monkeypatch, "follow-back:follow:after"))
    process = Process(world, home)
    monkeypatch.setattr(Host, "journal", lambda _host: process.journal)
    (found,) = replication_findings(process.host)
    assert (found.level, found.message) == (
        "warn", f"2 replication slots of avnwizard's keep 3 MB of WAL on db, for run {RUN}.",
    )  # fmt: skip
    assert process.carry() == "done"
    assert list(replication_findings(process.host)) == []
    world.back.slots = {"avnwizard_follow_5"}
    (left,) = replication_findings(process.host)
    assert (left.level, "no run needs them" in left.message) == ("stop", True)


def _point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> int:
    world, home = _fresh(tmp_path, "counted")
    return passages(monkeypatch, Process(world, home).carry).index(name)


def test_what_would_be_lost_is_said_before_anything_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table altered on the new server: going back stops with the price first, and goes on once it is resumed."""
    world, home = _fresh(tmp_path, "whole")
    at = passages(monkeypatch, Process(world, home).carry).index("follow-back:follow:after")
    world, home = _fresh(tmp_path, "altered")
    passages(monkeypatch, Process(world, home).carry, kill=at)
    world.served().altered += 1
    process = Process(world, home)
    process.order_back()
    assert process.carry_back() == "failed"
    (run,) = [one for one in process.journal.runs() if one.undoes]
    assert "would be lost: tables of shop were altered on the new server. Nothing was stopped." in run.message
    assert world.served().major == 18
    assert {one.state for one in world.containers.values()} == {"running"}
    assert Process(world, home).carry_back() == "done"
    assert world.served().major == 17
    _assert_nothing_left(world)
