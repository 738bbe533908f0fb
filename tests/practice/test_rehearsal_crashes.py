"""A rehearsal killed at its fault points: the live stack is untouched, and nothing of the copy is left.

`AVNWIZARD_MATRIX=full` tries every point, each in a run of its own; `kinds` tries every 31st, otherwise every 43rd is
tried, and one run is killed at all of them in turn.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.rehearsal.order import Mark
from avnwizard.domain.rehearsal.result import Rehearsed
from avnwizard.flows.host import Host
from avnwizard.flows.rehearse.planning import PreparedRehearsal, plan_rehearsal
from avnwizard.flows.run.orders import order_rehearsal
from avnwizard.flows.stack.rehearsed import last_rehearsal
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import open_host as open_practice
from tests.flows.test_going_back import execute
from tests.practice.crash_world import KILLED, World, opened
from tests.practice.test_rotation_crashes import made

HOW = os.environ.get("AVNWIZARD_MATRIX", "")
STRIDE = {"full": 1, "kinds": 31}.get(HOW, 43)
_COURIER = "CREATE TABLE IF NOT EXISTS courier_messages (id int); INSERT INTO courier_messages VALUES (1), (2)"


def planned(host: Host, tag: str = "v2.0.0") -> PreparedRehearsal:
    """A rehearsal of a release, every decision taken as proposed."""
    assert releases.fetch(host) == ""
    draft = inputs.draft(host, tag)
    prepared = prepare(host, draft, Answers().accepting(draft.decisions(Answers())))
    return plan_rehearsal(host, draft, prepared)


@dataclass(frozen=True)
class Written:
    """A rehearsal that is written down and not begun."""

    run: str
    live: dict[str, Any]
    points: tuple[str, ...]


def _live(world: World) -> dict[str, Any]:
    """All of the live stack that must not change: the very containers, since when they run, files, schema, rows."""
    with opened(world.home) as host:
        there = sorted((one.id, one.state, one.started_at, one.restarts) for one in host.stack.containers())
    return {**world.state(), "there": there}


def _left(world: World) -> tuple[str, ...]:
    with opened(world.home) as host:
        return host.rehearsals().left(Mark(host.stack.project.name))


def _result(world: World) -> Rehearsed:
    with opened(world.home) as host:
        found = last_rehearsal(host.journal())
    assert found is not None
    return found


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Written]]:
    """A world with a rehearsal of v2.0.0 written down, which was carried out once undisturbed."""
    log = tmp_path_factory.mktemp("faults") / "log"
    with made() as world:
        execute(open_practice(world.home), "kratos", _COURIER)
        with opened(world.home) as host:
            run = order_rehearsal(host, planned(host))
        live = _live(world)
        world.shut_down()
        world.keep()
        assert world.carry(run, log_to=log) == 0
        assert _live(world) == live
        yield world, Written(run, live, tuple(log.read_text().split()))


def test_what_it_showed(at: tuple[World, Written]) -> None:
    """The release comes up, and the old code does not work on its schema: Kratos and what reads accounts fail."""
    world, written = at
    found = _result(world)
    assert found.comes_up
    assert found.old_code == "breaks"
    assert {"kratos", "gateway"} <= set(found.failed_old)
    assert {one.service for one in found.old if one.is_good} >= {"keto", "docs", "valkey"}
    assert [one.service for one in found.left_out] == ["traefik"]
    assert any("needs a restore" in one for one in found.sentences())
    assert {"isolate", "copy", "database", "target", "old", "remove"} <= {
        one.partition(":")[0] for one in written.points
    }
    assert _left(world) == ()


def test_its_files(at: tuple[World, Written]) -> None:
    """The models stay for the operator to read, without the secrets; the env files are gone."""
    world, written = at
    with opened(world.home) as host:
        place = host.state.run(written.run) / "rehearsal"
        secret = host.stack.resolve().raw["services"]["hydra"]["environment"]["SECRETS_SYSTEM"]
    assert {one.name for one in place.iterdir()} == {"target.json", "old.json", "release", "logs"}
    assert secret not in (place / "target.json").read_text()
    assert (place / "target.json").stat().st_mode & 0o077 == 0
    assert (place / "release" / "deploy" / "docker" / "migrations").stat().st_mode & 0o777 == 0o755
    assert list((place / "logs").glob("old.kratos*"))


def test_killed_and_resumed(at: tuple[World, Written]) -> None:
    """It ends with the same verdict, the live stack as it was, and nothing left."""
    world, written = at

    def untouched(point: str) -> None:
        assert _live(world) == written.live, point

    after = {name: part for name, part in written.live.items() if name != "there"}
    chosen = written.points[::STRIDE]
    for points in [(point,) for point in chosen] if HOW == "full" else [chosen]:
        world.killed_in_turn(written.run, points, after, untouched)
        assert _live(world) == written.live, points
        assert _left(world) == (), points
        assert _result(world).old_code == "breaks", points


def test_killed_and_forgotten(at: tuple[World, Written]) -> None:
    """The next run gives it up, and removes what it left."""
    world, written = at
    begun = [point for point in written.points if not point.startswith("journal:run-done:after")]
    for point in begun[STRIDE // 2 :: STRIDE * 2]:
        world.put_back()
        assert world.carry(written.run, kill_at=point) == KILLED, point
        with opened(world.home) as host:
            order_rehearsal(host, planned(host))
            assert host.journal().run(written.run).state == "given up"
        assert _left(world) == (), point
        assert _live(world) == written.live, point


def test_the_courier_sends_nothing(at: tuple[World, Written]) -> None:
    """The copy's queue is empty, the live one is as it was."""
    world, written = at
    world.put_back()
    assert world.carry(written.run, kill_at="target:start-kratos-migrate:before#1") == KILLED
    with opened(world.home) as host:
        assert host.rehearsals().database("").row_counts("kratos")["public.courier_messages"] == 0
        assert host.database().row_counts("kratos")["public.courier_messages"] == 2
    assert world.carry(written.run) == 0
    assert _left(world) == ()


def test_a_migration_that_fails(at: tuple[World, Written]) -> None:
    """That is a verdict and no failed run: the release does not come up; of the old code nothing is said."""
    world, written = at
    world.put_back()
    open_practice(world.home).order("migration")
    assert world.carry(written.run) == 0
    found = _result(world)
    assert not found.comes_up
    assert found.old_code == "unknown"
    assert [one.outcome for one in found.target if one.service == "avnology-migrate"] == ["failed"]
    assert any("does not come up: avnology-migrate failed: exit code 1" in one for one in found.sentences())
    assert _left(world) == ()
    assert _live(world) == written.live
