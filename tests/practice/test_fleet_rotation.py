"""A secret that two simulated stacks share, rotated through both: in step, killed at its fault points, taken back."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.secret import Secret
from avnwizard.errors import ExitCode, RefusedError
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.planning import plan_following, plan_next
from avnwizard.flows.rotate.standing import standing
from avnwizard.flows.run import launch
from avnwizard.flows.run.fleet_rotate import order_of, write_down
from avnwizard.practice.place import CHECKOUT
from tests.flows.cli import avnwizard
from tests.practice.crash_world import KILLED
from tests.practice.fleet_world import FleetWorld, listed, made

FULL = os.environ.get("AVNWIZARD_MATRIX", "") == "full"
_OURS = ("check:", "drain:", "rotate:", "ask:", "share:")


@dataclass(frozen=True)
class Written:
    """A phase that is written down, and what an undisturbed run made of it."""

    run: str
    before: dict[str, Any]
    after: dict[str, Any]
    points: tuple[str, ...]

    @property
    def chosen(self) -> tuple[str, ...]:
        """Fault points of the fleet's own steps, and some of the stacks' runs."""
        ours = [one for one in self.points if one.removeprefix("journal:").startswith(_OURS)]
        if FULL:
            return (*ours[::3], *[one for one in self.points if one not in ours][::20])
        return (_at(ours, "rotate:green:write-down:after"), _at(self.points, "secret:write:after"))


def _at(points: Sequence[str], name: str) -> str:
    return next(one for one in points if one.startswith(name))


def _order(world: FleetWorld) -> str:
    """Plan the next phase as `fleet rotate` does, and write it down."""
    blue, green = world.host("blue"), world.host("green")
    lead = plan_next(blue, "hydra", in_fleet=True)
    order = order_of(blue.config.fleet, "blue", {"blue": lead, "green": plan_following(green, "hydra", lead)})
    return write_down(blue, order, lead)


def _lists(world: FleetWorld) -> list[list[str]]:
    """The secrets in each stack's env file."""
    found = []
    for name in ("blue", "green"):
        host = world.host(name)
        env = EnvFile.parse(host.files.read(host.stack.project.env_file))
        found.append((env.get("HYDRA_SYSTEM_SECRET") or "").split(","))
    return found


def _unreadable(world: FleetWorld) -> int:
    host = world.host()
    found = standing(host.journal(), "hydra")
    assert found is not None
    pair = keeping.load(host, found.plan.rotation)
    return host.database().sealed_rows("hydra").tally(pair.new, pair.old, written_at=None).unreadable


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FleetWorld, Written]]:
    """Phase 1 is done in both stacks; phase 2 is written down, and was carried through once undisturbed."""
    log = tmp_path_factory.mktemp("faults") / "log"
    with made() as world:
        old = _lists(world)[0]
        assert world.carry(_order(world)) == 0
        both = _lists(world)
        assert both[0] == both[1] == [*old, both[0][-1]], "the new secret is the same in both stacks, and read last"
        assert len(both[0]) == 2
        before, run = world.state(), _order(world)
        world.keep()
        assert world.carry(run, log_to=log) == 0
        yield world, Written(run, before, world.state(), tuple(log.read_text().split()))


def test_in_step(at: tuple[FleetWorld, Written]) -> None:
    """Both write with the new secret, the leader last; it alone sealed rows; each took no requests meanwhile."""
    world, written = at
    lists = _lists(world)
    assert lists[0] == lists[1]
    assert len(lists[0]) == 2
    assert world.orders() == ["green 0", "green 100", "blue 0", "blue 100"] * 2
    assert listed(world.host("green")) == [("rotate", "done")] * 2
    blue, green = world.host("blue").journal(), world.host("green").journal()
    sealed = [
        any(step.name == "seal-keys" for step in journal.steps(run.id))
        for journal in (blue, green)
        for run in journal.runs()[:2]
        if run.kind == "rotate"
    ]
    assert sealed == [True, False, False]
    assert _unreadable(world) == 0
    told = avnwizard("report", written.run, "--stack", world.blue / CHECKOUT).out
    assert "| green | " in told
    assert not any(secret in told for secret in lists[0])


def test_one_stack_alone(at: tuple[FleetWorld, Written]) -> None:
    """Neither the next phase nor a password is done in one stack alone, nor one whose secret is another."""
    world, _ = at
    world.put_back()
    for words in (("hydra",), ("password", "avnology")):
        said = avnwizard("rotate", *words, "--yes", "--stack", world.green / CHECKOUT)
        assert said.code == ExitCode.REFUSED, said.err
        assert "one of a fleet" in said.err
    blue, green = world.host("blue"), world.host("green")
    blue.journal().set_run(blue.journal().runs()[0].id, "given up")
    lead = plan_next(blue, "hydra", in_fleet=True)
    env = EnvFile.parse(green.files.read(green.stack.project.env_file))
    other = env.with_value("HYDRA_SYSTEM_SECRET", Secret("x" * 32).reveal())
    green.files.write(green.stack.project.env_file, other.to_bytes())
    with pytest.raises(RefusedError, match="is not what phase 2 begins with"):
        plan_following(green, "hydra", lead)


def test_killed_and_resumed(at: tuple[FleetWorld, Written]) -> None:
    """At each fault point some stack serves and every row can be read; resumed, it ends as if nothing happened."""
    world, written = at
    for point in written.chosen:
        world.put_back()
        assert world.carry(written.run, kill_at=point) == KILLED, point
        assert max(world.served().values()) == 100, point
        assert _unreadable(world) == 0, point
        assert world.carry(written.run) == 0, point
        assert world.state() == written.after, point


def test_killed_and_taken_back(at: tuple[FleetWorld, Written]) -> None:
    """Taken back from there, both stacks are at the phase before; from there no stack goes to before the rotation."""
    world, written = at
    point = written.chosen[-1]
    world.put_back()
    assert world.carry(written.run, kill_at=point) == KILLED
    host = world.host()
    back = launch.create_undo(host, host.journal().run(written.run))
    assert world.carry(back) == 0
    assert world.state() == written.before
    first = next(run for run in reversed(host.journal().runs()) if run.kind == "fleet-rotate")
    said = avnwizard("fleet", "rollback", first.id, "--yes", "--stack", world.blue / CHECKOUT)
    assert said.code == ExitCode.REFUSED
    assert "no way back to before this rotation" in said.err
