"""A Postgres upgrade killed before and after every effect: resumed it ends on 18, taken back it ends on 17."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from avnwizard.domain.postgres.major import WAYS, Way
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
from tests.flows.postgres_world import COMPOSE, DATA, World, make_world, plan_of

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
}
RUN, BACK = "20261128-100000-aa", "20261128-110000-bb"


class _Killed(BaseException):
    """The process is gone."""


class _Process:
    """One process's runs on a world; another one knows what is in the journal and the world, and no more."""

    def __init__(self, world: World, home: Path) -> None:
        self.world, self.home, self.host = world, home, world.host(home)
        home.mkdir(exist_ok=True)
        self.journal = Journal(home / "journal.db")

    def order(self, way: Way) -> None:
        """Write the run down."""
        plan = plan_of(self.home, way)
        _folder(self.host).save_env(b"")
        save_files(self.host, _folder(self.host), plan)
        record = RunRecord(RUN, "postgres", "17 to 18", to_json(plan), "", "created", 0, 0.0, 0.0, "", "")
        self.journal.create_run(
            RUN, kind="postgres", title="17 to 18", plan=record.plan, steps=_steps(self.host, self.journal, record)
        )

    def carry(self) -> str:
        """Go on with it; how it ended."""
        record = self.journal.run(RUN)
        steps = _steps(self.host, self.journal, record)
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


def _folder(host: Host) -> RunFolder:
    return RunFolder(host.state.run(RUN), host.files)


def _steps(host: Host, journal: Journal, record: RunRecord) -> list[Step]:
    """All but the snapshot, which has tests of its own."""
    return PostgresMajor().steps(host, journal, record)[1:]


def _passages(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, kill: int = -1) -> list[str]:
    """Names of the fault points that were passed, up to the one at which the process was killed."""
    seen: list[str] = []

    def passed(name: str) -> None:
        seen.append(name)
        if len(seen) - 1 == kill:
            raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(step, "fault_point", passed)
        with contextlib.suppress(_Killed):
            act()
    return seen


def _is_new(world: World) -> None:
    served = world.served()
    assert (served.major, served.databases, served.roles) == (18, DATA, ["clerk"])
    assert {one.state for one in world.containers.values()} == {"running"}
    assert world.helpers == {}
    assert not [one for one in world.volumes if one.endswith("_proof")]
    assert [*world.kept.values()] == ["sha256:17"]
    assert f"name: {NEW_VOLUME}" in (world.directory / "compose.yml").read_text()
    _old_is_whole(world)


def _is_old(world: World) -> None:
    served = world.served()
    assert (served.major, served.databases) == (17, DATA)
    assert {one.state for one in world.containers.values()} == {"running"}
    assert world.helpers == {}
    assert not [one for one in world.volumes if one.endswith("_proof")]
    assert (world.directory / "compose.yml").read_text() == COMPOSE
    assert world.kept == {}
    _old_is_whole(world)


def _old_is_whole(world: World) -> None:
    old = world.volumes[OLD_VOLUME]
    assert old is not None
    assert (old.major, old.databases) == (17, DATA)


def _fresh(tmp_path: Path, name: str, way: Way = "dump") -> tuple[World, Path]:
    world = make_world(tmp_path / name / "checkout")
    _Process(world, tmp_path / name / "state").order(way)
    return world, tmp_path / name / "state"


@pytest.mark.parametrize("way", WAYS)
def test_killed_anywhere_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """Whatever the point, the next process ends on 18 with every row, and the old files are as they were."""
    world, home = _fresh(tmp_path, "whole", way)
    points = _passages(monkeypatch, _Process(world, home).carry)
    _is_new(world)
    assert {*_POINTS[way], "switch:files:after", "switch:up:before"} <= set(points)
    for number, point in enumerate(points):
        world, home = _fresh(tmp_path, f"resumed{number}", way)
        process = _Process(world, home)
        assert _passages(monkeypatch, process.carry, kill=number)[-1] == point
        _old_is_whole(world)
        assert _Process(world, home).carry() == "done", point
        _is_new(world)


@pytest.mark.parametrize("way", WAYS)
def test_killed_anywhere_and_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """Whatever the point, going back ends on 17, and nothing is left of the new server that nobody wrote to."""
    world, home = _fresh(tmp_path, "whole", way)
    points = _passages(monkeypatch, _Process(world, home).carry)
    for number, point in enumerate(points):
        world, home = _fresh(tmp_path, f"back{number}", way)
        _passages(monkeypatch, _Process(world, home).carry, kill=number)
        process = _Process(world, home)
        process.order_back()
        assert process.carry_back() == "done", point
        _is_old(world)
        switched = "switch:files:after" in points[: number + 1]
        assert (NEW_VOLUME in world.volumes) is switched or number == points.index("switch:files:after"), point


@pytest.mark.parametrize("way", WAYS)
def test_going_back_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """A finished upgrade is taken back, and that is killed at every point: it ends on 17 all the same."""
    world, home = _fresh(tmp_path, "whole", way)
    _Process(world, home).carry()
    process = _Process(world, home)
    process.order_back()
    points = _passages(monkeypatch, process.carry_back)
    _is_old(world)
    assert "switch:up-back:before" in {point.removeprefix("undo:") for point in points}
    for number, point in enumerate(points):
        world, home = _fresh(tmp_path, f"again{number}", way)
        _Process(world, home).carry()
        process = _Process(world, home)
        process.order_back()
        _passages(monkeypatch, process.carry_back, kill=number)
        assert _Process(world, home).carry_back() == "done", point
        _is_old(world)


def test_a_write_after_the_proof_stops_the_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that stood still after the proof does not switch away from rows that came since."""
    world, home = _fresh(tmp_path, "late")
    points = _passages(monkeypatch, _Process(*_fresh(tmp_path, "whole")).carry)
    _passages(monkeypatch, _Process(world, home).carry, kill=points.index("switch:keep:before"))
    old = world.volumes[OLD_VOLUME]
    assert old is not None
    old.writes += 1
    process = _Process(world, home)
    assert process.carry() == "failed"
    assert "written to since" in process.journal.run(RUN).message
    assert world.served().major == 17


def test_somebody_from_outside_is_connected(tmp_path: Path) -> None:
    """Nothing is copied while anybody may write; who it is, is said, and once they are gone the run goes on."""
    world, home = _fresh(tmp_path, "outside")
    world.connected = ("psql as clerk",)
    process = _Process(world, home)
    assert process.carry() == "failed"
    assert "psql as clerk" in process.journal.run(RUN).message
    assert world.served().databases == DATA
    world.connected = ()
    assert _Process(world, home).carry() == "done"
    _is_new(world)


def test_which_pg_dump_is_taken_by_trial(tmp_path: Path) -> None:
    """Where the new one's output is refused, the old one's is taken; where both are, nothing is stopped."""
    world, home = _fresh(tmp_path, "source")
    world.refusing = {"target"}
    process = _Process(world, home)
    assert process.carry() == "done"
    assert process.journal.facts(RUN, "rehearse")["client"] == "source"
    world, home = _fresh(tmp_path, "none")
    world.refusing = {"target", "source"}
    process = _Process(world, home)
    assert process.carry() == "failed"
    assert "Nothing was stopped" in process.journal.run(RUN).message
    assert {one.state for one in world.containers.values()} == {"running"}


def test_the_old_volume_is_gone(tmp_path: Path) -> None:
    """Going back then would start an empty server: it is refused, and the new one serves on."""
    world, home = _fresh(tmp_path, "gone")
    first = _Process(world, home)
    assert "Nothing is lost" in PostgresMajor().back_notes(first.journal, first.journal.run(RUN))[0]
    first.carry()
    assert NEW_VOLUME in PostgresMajor().back_notes(first.journal, first.journal.run(RUN))[0]
    del world.volumes[OLD_VOLUME]
    process = _Process(world, home)
    process.order_back()
    assert process.carry_back() == "failed"
    assert "would start empty" in process.journal.run(BACK).message
    assert world.served().major == 18


def test_an_edit_of_the_compose_file_meanwhile(tmp_path: Path) -> None:
    """The operator's edit is not overwritten: the run says so and stops."""
    world, home = _fresh(tmp_path, "edited")
    (world.directory / "compose.yml").write_text(COMPOSE + "# mine\n")
    process = _Process(world, home)
    assert process.carry() == "failed"
    assert "was edited since" in process.journal.run(RUN).message
    assert (world.directory / "compose.yml").read_text() == COMPOSE + "# mine\n"


def test_rows_are_compared_once_the_services_run(tmp_path: Path) -> None:
    """What differs makes a run that is done one that is not as before, and the old server is the way back."""
    world, home = _fresh(tmp_path, "equal", "copy")
    process = _Process(world, home)
    assert process.carry() == "done"
    rows = process.journal.facts(RUN, "rows")
    assert (rows["rows"], rows["wrong"], rows["open"]) == (3, [], "")
    assert _but(process) == ()
    world, home = _fresh(tmp_path, "differs", "copy")
    world.misread = {"mail": ["letter", "a second one"]}
    process = _Process(world, home)
    assert process.carry() == "done"
    what, back = _but(process)
    assert "mail: public.t does not hold what the old server held" in what
    assert f"avnwizard rollback {RUN}" in back


def test_services_that_wrote_before_a_resumed_run_could_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is gone holds no rows of the switch: what differs by now is left open, and said."""
    world, home = _fresh(tmp_path, "cut", "copy")
    points = _passages(monkeypatch, _Process(*_fresh(tmp_path, "whole", "copy")).carry)
    _passages(monkeypatch, _Process(world, home).carry, kill=points.index("start:start:after"))
    world.served().databases["mail"] = ["letter", "written by a service"]
    process = _Process(world, home)
    assert process.carry() == "done"
    assert _but(process) == ()
    (note,) = PostgresMajor().outcome(process.journal, process.journal.run(RUN)).notes
    assert "mail: public.t" in note


def test_no_room_to_compare_every_row(tmp_path: Path) -> None:
    """The run is done, and says what was left out."""
    world, home = _fresh(tmp_path, "full", "copy")
    world.free_bytes = 1000
    process = _Process(world, home)
    assert process.carry() == "done"
    (note,) = PostgresMajor().outcome(process.journal, process.journal.run(RUN)).notes
    assert "1 kB is free" in note
    _is_new(world)


def _but(process: _Process) -> tuple[str, ...]:
    return PostgresMajor().outcome(process.journal, process.journal.run(RUN)).but
