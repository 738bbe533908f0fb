"""An upgrade is rolled back across a rotation: the newer secrets stay, and every row can be read."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.rotation.lists import read_list
from avnwizard.domain.rotation.tally import Tally
from avnwizard.errors import ExitCode, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate.planning import plan_next
from avnwizard.flows.run import going_back, launch
from avnwizard.flows.run.orders import order_rotation
from avnwizard.practice.host import open_host as open_practice
from tests.flows.cli import avnwizard
from tests.practice.crash_world import KILLED, World, opened

HYDRA, KRATOS = "HYDRA_SYSTEM_SECRET", "KRATOS_COOKIE_SECRET"


def _env(host: Host) -> dict[str, str]:
    return EnvFile.parse(host.files.read(host.stack.project.env_file)).as_dict()


def _rotate(world: World, what: str, *, ends: int = 0) -> None:
    with opened(world.home) as host:
        run = order_rotation(host, plan_next(host, what, ends=ends))  # type: ignore[arg-type]  # one of two words
    assert world.carry(run) == 0


def _tally(host: Host) -> Tally:
    new, *old = read_list(_env(host)[HYDRA])
    return host.database().sealed_rows("hydra").tally(new, old, written_at=None)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Upgraded to v2.0.0; then Kratos' secret was rotated, and Hydra's with its old one dropped."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private, and much faster than a disk
    base = Path(tempfile.mkdtemp(prefix="avnwizard-back-", dir=memory if os.access(memory, os.W_OK) else None))
    base.chmod(0o755)
    made = World.make(base)
    try:
        assert made.carry(made.run) == 0
        yield made
    finally:
        open_practice(made.home).destroy()
        shutil.rmtree(base, ignore_errors=True)


def test_the_newer_secrets_stay(world: World) -> None:
    """Databases and all else go back; the rows of the snapshot are read by the old secret, which is listed last."""
    with opened(world.home) as host:
        before = _env(host)
        first = EnvFile.parse(host.files.read(host.state.run(world.run) / "env.before")).as_dict()
    _rotate(world, "kratos")
    _rotate(world, "hydra")
    _rotate(world, "hydra")
    with opened(world.home) as host, pytest.raises(RefusedError, match="still needed") as needed:
        plan_next(host, "hydra")
    _rotate(world, "hydra", ends=int(needed.value.hint.rpartition(" ")[2]))
    with opened(world.home) as host:
        rotated = _env(host)
        assert rotated[HYDRA] not in before[HYDRA]
        journal = host.journal()
        plan = going_back.plan_going_back(host, journal, journal.run(world.run))
        assert plan.restore
        assert [note for note in plan.notes if HYDRA in note and "keeps its newer value" in note]
    world.shut_down()
    world.keep()
    back = world.roll_back(world.run)
    assert world.carry(back) == 0
    undisturbed = world.state()
    with opened(world.home) as host:
        now = _env(host)
        assert host.repo.head().tag == "v1.5.0"
        assert now[HYDRA] == f"{rotated[HYDRA]},{first[HYDRA]}"
        assert now[KRATOS] == rotated[KRATOS] != first[KRATOS]
        others = {name: value for name, value in first.items() if name not in {HYDRA, KRATOS}}
        assert {name: value for name, value in now.items() if name not in {HYDRA, KRATOS}} == others
        assert _tally(host).unreadable == 0
        assert host.stack.containers("hydra")[0].is_serving
        assert not host.stack.outdated("hydra")
        rotations = [one for one in host.journal().runs() if one.kind == "rotate"]
        with pytest.raises(RefusedError, match="gone to another release"):
            launch.create_undo(host, rotations[0])
    for point in ("undo:env:write-env.before:before#1", "undo:env:write-env.before:after#1"):
        world.put_back()
        back = world.roll_back(world.run)
        assert world.carry(back, kill_at=point) == KILLED, point
        assert world.carry(back) == 0, point
        assert world.state() == undisturbed, point
    world.put_back()
    with opened(world.home) as host:
        stack = host.repo.directory
    said = avnwizard("rollback", world.run, "--yes", "--stack", stack)
    assert said.code == ExitCode.DONE, said.err
    assert world.state() == undisturbed
    shown = f"{said.out}{said.err}"
    assert "keeps its newer value" in shown
    assert not [value for value in (rotated[HYDRA], rotated[KRATOS], first[HYDRA]) if value in shown]
    _redone(world)


def _redone(world: World) -> None:
    """`redo` brings the release again, not the secrets of then."""
    with opened(world.home) as host:
        back = next(one for one in host.journal().runs() if one.kind == "rollback")
        listed = _env(host)
    run = world.redo(back.id)
    assert world.carry(run) == 0
    with opened(world.home) as host:
        now = _env(host)
        assert host.repo.head().tag == "v2.0.0"
        assert (now[HYDRA], now[KRATOS]) == (listed[HYDRA], listed[KRATOS])
        assert _tally(host).unreadable == 0
