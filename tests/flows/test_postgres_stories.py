"""A Postgres upgrade among others: who writes meanwhile, what is missing, what is compared once services run."""

from pathlib import Path

import pytest

from avnwizard.flows.postgres.flow import PostgresMajor
from tests.flows.postgres_killing import (
    BACK,
    RUN,
    Process,
    assert_new,
    fresh,
    passages,
)
from tests.flows.postgres_servers import NEW_VOLUME, OLD_VOLUME
from tests.flows.postgres_world import COMPOSE, DATA


def test_a_write_after_the_proof_stops_the_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that stood still after the proof does not switch away from rows that came since."""
    world, home = fresh(tmp_path, "late")
    points = passages(monkeypatch, Process(*fresh(tmp_path, "whole")).carry)
    passages(monkeypatch, Process(world, home).carry, kill=points.index("switch:keep:before"))
    old = world.volumes[OLD_VOLUME]
    assert old is not None
    old.writes += 1
    process = Process(world, home)
    assert process.carry() == "failed"
    assert "written to since" in process.journal.run(RUN).message
    assert world.served().major == 17


def test_somebody_from_outside_is_connected(tmp_path: Path) -> None:
    """Nothing is copied while anybody may write; who it is, is said, and once they are gone the run goes on."""
    world, home = fresh(tmp_path, "outside")
    world.connected = ("psql as clerk",)
    process = Process(world, home)
    assert process.carry() == "failed"
    assert "psql as clerk" in process.journal.run(RUN).message
    assert world.served().databases == DATA
    world.connected = ()
    assert Process(world, home).carry() == "done"
    assert_new(world)


def test_which_pg_dump_is_taken_by_trial(tmp_path: Path) -> None:
    """Where the new one's output is refused, the old one's is taken; where both are, nothing is stopped."""
    world, home = fresh(tmp_path, "source")
    world.refusing = {"target"}
    process = Process(world, home)
    assert process.carry() == "done"
    assert process.journal.facts(RUN, "rehearse")["client"] == "source"
    world, home = fresh(tmp_path, "none")
    world.refusing = {"target", "source"}
    process = Process(world, home)
    assert process.carry() == "failed"
    assert "Nothing was stopped" in process.journal.run(RUN).message
    assert {one.state for one in world.containers.values()} == {"running"}


def test_the_old_volume_is_gone(tmp_path: Path) -> None:
    """Going back then would start an empty server: it is refused, and the new one serves on."""
    world, home = fresh(tmp_path, "gone")
    first = Process(world, home)
    assert "Nothing is lost" in PostgresMajor().back_notes(first.journal, first.journal.run(RUN))[0]
    first.carry()
    assert NEW_VOLUME in PostgresMajor().back_notes(first.journal, first.journal.run(RUN))[0]
    del world.volumes[OLD_VOLUME]
    process = Process(world, home)
    process.order_back()
    assert process.carry_back() == "failed"
    assert "would start empty" in process.journal.run(BACK).message
    assert world.served().major == 18


def test_an_edit_of_the_compose_file_meanwhile(tmp_path: Path) -> None:
    """The operator's edit is not overwritten: the run says so and stops."""
    world, home = fresh(tmp_path, "edited")
    (world.directory / "compose.yml").write_text(COMPOSE + "# mine\n")
    process = Process(world, home)
    assert process.carry() == "failed"
    assert "was edited since" in process.journal.run(RUN).message
    assert (world.directory / "compose.yml").read_text() == COMPOSE + "# mine\n"


def test_rows_are_compared_once_the_services_run(tmp_path: Path) -> None:
    """What differs makes a run that is done one that is not as before, and the old server is the way back."""
    world, home = fresh(tmp_path, "equal", "copy")
    process = Process(world, home)
    assert process.carry() == "done"
    rows = process.journal.facts(RUN, "rows")
    assert (rows["rows"], rows["wrong"], rows["open"]) == (3, [], "")
    assert _but(process) == ()
    world, home = fresh(tmp_path, "differs", "copy")
    world.misread = {"mail": ["letter", "a second one"]}
    process = Process(world, home)
    assert process.carry() == "done"
    what, back = _but(process)
    assert "mail: public.t does not hold what the old server held" in what
    assert f"avnwizard rollback {RUN}" in back


def test_services_that_wrote_before_a_resumed_run_could_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is gone holds no rows of the switch: what differs by now is left open, and said."""
    world, home = fresh(tmp_path, "cut", "copy")
    points = passages(monkeypatch, Process(*fresh(tmp_path, "whole", "copy")).carry)
    passages(monkeypatch, Process(world, home).carry, kill=points.index("start:thaw:after"))
    world.served().databases["mail"] = ["letter", "written by a service"]
    process = Process(world, home)
    assert process.carry() == "done"
    assert _but(process) == ()
    (note,) = PostgresMajor().outcome(process.journal, process.journal.run(RUN)).notes
    assert "mail: public.t" in note


def test_no_room_to_compare_every_row(tmp_path: Path) -> None:
    """The run is done, and says what was left out."""
    world, home = fresh(tmp_path, "full", "copy")
    world.free_bytes = 1000
    process = Process(world, home)
    assert process.carry() == "done"
    (note,) = PostgresMajor().outcome(process.journal, process.journal.run(RUN)).notes
    assert "1 kB is free" in note
    assert_new(world)


def _but(process: Process) -> tuple[str, ...]:
    return PostgresMajor().outcome(process.journal, process.journal.run(RUN)).but
