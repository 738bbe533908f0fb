"""Postgres upgrades on a world in memory that are killed at fault points, carried on and taken back."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.postgres.major import Way
from avnwizard.engine import step
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.runner import run_steps
from avnwizard.engine.step import Step
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.flow import PostgresMajor
from avnwizard.flows.postgres.plan import to_json
from avnwizard.flows.postgres.world import save_files
from avnwizard.flows.stack.run_folder import RunFolder
from tests.flows.postgres_servers import NEW_VOLUME, OLD_VOLUME
from tests.flows.postgres_world import COMPOSE, DATA, World, make_world, plan_of, with_a_pool

RUN, BACK = "20261128-100000-aa", "20261128-110000-bb"


class Killed(BaseException):
    """The process is gone."""


class Process:
    """One process's runs on a world; another one knows what is in the journal and the world, and no more."""

    def __init__(self, world: World, home: Path) -> None:
        self.world, self.home, self.host = world, home, world.host(home)
        home.mkdir(exist_ok=True)
        self.journal = Journal(home / "journal.db")

    def order(self, way: Way, *, pool: bool = False, keep_s: float = 0.0) -> None:
        """Write the run down."""
        plan = replace(plan_of(self.home, way), keep_reverse_s=keep_s)
        if pool:
            plan = with_a_pool(self.world, plan)
        folder_of(self.host).save_env(b"")
        save_files(self.host, folder_of(self.host), plan)
        record = RunRecord(RUN, "postgres", "17 to 18", to_json(plan), "", "created", 0, 0.0, 0.0, "", "")
        self.journal.create_run(
            RUN, kind="postgres", title="17 to 18", plan=record.plan, steps=steps_of(self.host, self.journal, record)
        )

    def carry(self) -> str:
        """Go on with it; how it ended."""
        record = self.journal.run(RUN)
        steps = steps_of(self.host, self.journal, record)
        return run_steps(self.journal, FeedWriter(self.home / "feed"), record, steps)

    def order_back(self) -> None:
        """Write down that it is taken back."""
        begun = {one.name for one in self.journal.steps(RUN) if one.state != "pending"}
        self.journal.create_run(
            BACK, kind="undo", title="back", plan=" ".join(sorted(begun)), steps=self._back(begun), undoes=RUN
        )

    def carry_back(self) -> str:
        """Go on with taking it back."""
        record = self.journal.run(BACK)
        return run_steps(self.journal, FeedWriter(self.home / "feed"), record, self._back(set(record.plan.split())))

    def _back(self, begun: set[str]) -> list[Step]:
        return PostgresMajor().undo_steps(self.host, self.journal, self.journal.run(RUN), begun)


def folder_of(host: Host) -> RunFolder:
    """The run's own folder."""
    return RunFolder(host.state.run(RUN), host.files)


def steps_of(host: Host, journal: Journal, record: RunRecord) -> list[Step]:
    """All but the snapshot, which has tests of its own."""
    return PostgresMajor().steps(host, journal, record)[1:]


def passages(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, kill: int = -1) -> list[str]:
    """Names of the fault points that were passed, up to the one at which the process was killed."""
    seen: list[str] = []

    def passed(name: str) -> None:
        seen.append(name)
        if len(seen) - 1 == kill:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(step, "fault_point", passed)
        with contextlib.suppress(Killed):
            act()
    return seen


def assert_new(world: World) -> None:
    """The new server serves with everything, and nothing of the run is left."""
    served = world.served()
    assert (served.major, served.databases, served.roles) == (18, DATA, ["clerk"])
    assert {one.state for one in world.containers.values()} == {"running"}
    assert world.helpers == {}
    assert not world.paused
    assert not world.still
    assert not world.places_held
    assert {one.health for one in world.containers.values()} == {"none"}, "the pool does not find the server"
    assert not [one for one in world.volumes if one.endswith("_proof")]
    assert [*world.kept.values()] == ["sha256:17"]
    assert (world.levels, world.identities, world.published, world.slots) == ({}, set(), False, set())
    assert f"name: {NEW_VOLUME}" in (world.directory / "compose.yml").read_text()
    assert_old_whole(world)


def assert_old(world: World) -> None:
    """The old server serves as if nothing had been done."""
    served = world.served()
    assert (served.major, served.databases) == (17, DATA)
    assert {one.state for one in world.containers.values()} == {"running"}
    assert world.helpers == {}
    assert not world.paused
    assert not world.still
    assert not world.places_held
    assert {one.health for one in world.containers.values()} == {"none"}, "the pool does not find the server"
    assert not [one for one in world.volumes if one.endswith("_proof")]
    assert (world.directory / "compose.yml").read_text() == COMPOSE
    assert world.kept == {}
    assert (world.levels, world.identities, world.published, world.slots) == ({}, set(), False, set())
    assert_old_whole(world)


def assert_old_whole(world: World) -> None:
    """The old volume is as it was, once nothing is under way."""
    old = world.volumes[OLD_VOLUME]
    assert old is not None
    assert (old.major, old.databases) == (17, DATA)


def fresh(
    tmp_path: Path, name: str, way: Way = "dump", *, pool: bool = False, keep_s: float = 0.0
) -> tuple[World, Path]:
    """A world of its own with the run written down, and where its state lies."""
    world = make_world(tmp_path / name / "checkout")
    Process(world, tmp_path / name / "state").order(way, pool=pool, keep_s=keep_s)
    return world, tmp_path / name / "state"
