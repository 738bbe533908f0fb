"""Each phase of a rotation, killed at its fault points: resumed it ends as if nothing happened, or it goes back.

`AVNWIZARD_MATRIX=full` tries every point, each in a run of its own; `kinds` tries every twelfth, otherwise every
16th is tried, and one run of each phase is killed at all of them in turn.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.rotation.tally import Tally
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.planning import plan_next
from avnwizard.flows.rotate.standing import standing
from avnwizard.flows.run.orders import order_rotation
from avnwizard.practice import workshop
from avnwizard.practice.host import open_host as open_practice
from tests.flows.test_going_back import execute
from tests.practice.crash_world import KILLED, World, opened

HOW = os.environ.get("AVNWIZARD_MATRIX", "")
STRIDE = {"full": 1, "kinds": 12}.get(HOW, 16)
_SPEED, _ROWS = 2000.0, 20


@contextmanager
def made() -> Iterator[World]:
    """A practice stack without any run."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private, and much faster than a disk
    base = Path(tempfile.mkdtemp(prefix="avnwizard-rotate-", dir=memory if os.access(memory, os.W_OK) else None))
    base.chmod(0o755)
    home = base / "home"
    practice = workshop.make(home, speed=_SPEED, seed_rows=_ROWS, durable=False)
    world = World(home, practice.cluster.data, base / "kept-home", base / "kept-data", "")
    try:
        yield world
    finally:
        open_practice(home).destroy()
        shutil.rmtree(base, ignore_errors=True)


@dataclass(frozen=True)
class Phase:
    """A phase that is written down and not begun: the kept state of the world."""

    number: int
    run: str
    before: dict[str, Any]
    after: dict[str, Any]
    points: tuple[str, ...]


def _tally(world: World) -> Tally:
    with opened(world.home) as host:
        found = standing(host.journal(), "hydra")
        assert found is not None
        pair = keeping.load(host, found.plan.rotation)
        return host.database().sealed_rows("hydra").tally(pair.new, pair.old, written_at=None)


def _write_down(world: World, number: int, log: Path) -> Phase:
    """Order the phase, keep that state, and carry the phase out once undisturbed: its fault points."""
    with opened(world.home) as host:
        run = order_rotation(host, plan_next(host, "hydra"))
    before = world.state()
    world.shut_down()
    world.keep()
    assert world.carry(run, log_to=log) == 0
    assert _tally(world).unreadable == 0
    return Phase(number, run, before, world.state(), tuple(log.read_text().split()))


@pytest.fixture(scope="module", params=[1, 2, 3])
def at(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Phase]]:
    """The world with the phases before it done, and the phase written down."""
    folder = tmp_path_factory.mktemp(f"phase-{request.param}")
    with made() as world:
        for number in range(1, request.param):
            with opened(world.home) as host:
                run = order_rotation(host, plan_next(host, "hydra"))
            assert world.carry(run) == 0, number
        if request.param == 3:
            practice = open_practice(world.home)
            execute(practice, "hydra", "UPDATE hydra_oauth2_refresh SET expires_at = now() - interval '1 hour'")
        yield world, _write_down(world, request.param, folder / "faults")


def test_its_fault_points(at: tuple[World, Phase]) -> None:
    """Writing the secret, rolling Hydra, and sealing rows again where the phase does."""
    _, phase = at
    steps = {point.rpartition(":")[0].partition(":")[0] for point in phase.points}
    assert {"secret", "roll"} <= steps
    assert ("seal-keys" in steps, "seal-sessions" in steps) == (phase.number > 1, phase.number == 3)
    assert phase.before["env"] != phase.after["env"]


def test_killed_anywhere(at: tuple[World, Phase]) -> None:
    """From everywhere the way back leads to the phase before, with every row readable.

    Resumed, it ends as if nothing had happened, and every row can be read.
    """
    world, phase = at
    first = next(number for number, point in enumerate(phase.points) if point.startswith("secret:write"))
    begun = set(phase.points[first:])

    def back(point: str) -> None:
        if point in begun:  # before it there is nothing to take back
            with world.aside():
                assert world.carry(world.take_back(phase.run)) == 0, point
                assert world.state() == phase.before, point

    chosen = phase.points[::STRIDE]
    for points in [(point,) for point in chosen] if HOW == "full" else [chosen]:
        world.killed_in_turn(phase.run, points, phase.after, back)
        assert _tally(world).unreadable == 0, points


def test_a_way_back_killed_and_resumed(at: tuple[World, Phase]) -> None:
    """The taking back is a run too."""
    world, phase = at
    for point in (
        "undo:secret:write:after#1",
        "roll-back:hydra:start-new:after#1",
        "roll-back:hydra:remove-old:before#1",
    ):
        world.put_back()
        assert world.carry(phase.run) == 0, point
        back = world.take_back(phase.run)
        assert world.carry(back, kill_at=point) == KILLED, point
        assert world.carry(back) == 0, point
        assert world.state() == phase.before, point
