"""A password's replacement, killed at its fault points: resumed it ends well, or it goes back by way of the twin.

`AVNWIZARD_MATRIX=full` tries every point, otherwise those at which the role, the file or a service has just changed.
"""

import os
from collections.abc import Iterator

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.secret import Secret
from avnwizard.flows.rotate.password_planning import plan_password
from avnwizard.flows.run.orders import order_password
from tests.flows.test_password import IN_SERVER, ROLE, TWIN, VARIABLE, edited
from tests.practice.crash_world import KILLED, World, opened
from tests.practice.test_rotation_crashes import made

_FULL = os.environ.get("AVNWIZARD_MATRIX") == "full"
_RESUMED = ("sign-in:keto:start-new:after#1", "password:set:after#1", "drop-twin:drop:after#1")
_BACK = ("secret:write:after#1", "drop-twin:drop:after#1")


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, tuple[str, ...]]]:
    """The run written down and not begun, its name, and its fault points."""
    log = tmp_path_factory.mktemp("password") / "faults"
    with made() as world:
        with opened(world.home) as host:
            edited(host, IN_SERVER, "", "postgres")
            run = order_password(host, plan_password(host, ROLE))
        world.shut_down()
        world.keep()
        assert world.carry(run, log_to=log) == 0
        yield world, run, tuple(log.read_text().split())


def _seen(world: World) -> tuple[str, bool, bool, bool]:
    """The env file's password, whether it is the role's, whether the twin is gone, whether Keto runs as it should."""
    with opened(world.home) as host:
        value = EnvFile.parse(host.files.read(host.stack.project.env_file)).get(VARIABLE) or ""
        roles = host.database().roles()
        well = not host.stack.outdated("keto") and all(one.is_serving for one in host.stack.containers("keto"))
        return value, roles.holds(ROLE, Secret(value)), roles.facts(TWIN) is None, well


def test_its_fault_points(at: tuple[World, str, tuple[str, ...]]) -> None:
    """The two lists above name points that there are."""
    assert {*_RESUMED, *_BACK} <= set(at[2])


def test_killed_and_resumed(at: tuple[World, str, tuple[str, ...]]) -> None:
    """It ends with the new password everywhere and no twin."""
    world, run, points = at
    after = _seen(world)
    assert after[1:] == (True, True, True)
    for point in points if _FULL else _RESUMED:
        world.put_back()
        assert world.carry(run, kill_at=point) == KILLED, point
        assert world.carry(run) == 0, point
        assert _seen(world) == after, point


def test_killed_and_taken_back(at: tuple[World, str, tuple[str, ...]]) -> None:
    """It ends with the old password everywhere and no twin, also where the way back is killed once."""
    world, run, points = at
    for point in points if _FULL else _BACK:
        world.put_back()
        before = _seen(world)
        assert world.carry(run, kill_at=point) == KILLED, point
        back = world.take_back(run)
        if point == _BACK[-1]:
            assert world.carry(back, kill_at="password-back:set:after#1") == KILLED
        assert world.carry(back) == 0, point
        assert _seen(world) == before, point
