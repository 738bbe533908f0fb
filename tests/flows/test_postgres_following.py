"""A Postgres upgrade by logical replication that does not get on: said, nothing is stopped, and nothing is left."""

from pathlib import Path

from tests.flows.postgres_killing import RUN, Process, assert_old, fresh
from tests.flows.postgres_servers import OLD_VOLUME
from tests.flows.postgres_world import World


def _failed(world: World, home: Path) -> str:
    """How it ended; the services ran all the time, and taken back nothing of it is left in the old server."""
    process = Process(world, home)
    assert process.carry() == "failed"
    said = process.journal.run(RUN).message
    assert {one.state for one in world.containers.values()} == {"running"}
    assert not process.journal.facts(RUN, "stop")
    process.order_back()
    assert process.carry_back() == "done"
    return said


def test_a_table_that_is_never_copied(tmp_path: Path) -> None:
    """After three minutes without progress it says how far it came."""
    world, home = fresh(tmp_path, "stuck", "logical")
    world.stuck = True
    assert "does not get on: 1 of 2 tables are followed" in _failed(world, home)
    assert_old(world)


def test_too_much_wal_is_kept(tmp_path: Path) -> None:
    """Before the old server's disk is full of what it keeps for the new one, the attempt ends."""
    world, home = fresh(tmp_path, "full", "logical")
    world.stuck, world.held_bytes = True, (world.free_bytes >> 1) + 1
    assert "of WAL for the new one" in _failed(world, home)
    assert_old(world)


def test_somebody_alters_a_table_meanwhile(tmp_path: Path) -> None:
    """Definitions are not replicated: it is noticed before anything stops."""
    world, home = fresh(tmp_path, "altered", "logical")
    world.alters = True
    assert "was altered while it was copied. Nothing was stopped." in _failed(world, home)
    old = world.volumes[OLD_VOLUME]
    assert old is not None
    assert (old.major, world.slots, world.levels) == (17, set(), {})


def test_settings_that_were_there_are_put_back(tmp_path: Path) -> None:
    """Not reset: what the operator had set in the old server's files is set again, and is not carried otherwise."""
    world, home = fresh(tmp_path, "before", "logical")
    world.levels = {"wal_level": "replica"}
    assert Process(world, home).carry() == "done"
    assert world.levels == {"wal_level": "replica"}
