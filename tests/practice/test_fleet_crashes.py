"""A release through two simulated stacks: carried out, refused, killed at its fault points, flipped and taken back.

Each case upgrades two stacks, so few points are tried: `AVNWIZARD_MATRIX=full` takes every 3rd outside the stacks'
own upgrades and every 60th within them; otherwise three are.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.errors import ExitCode
from avnwizard.flows.fleet.looking import look
from avnwizard.flows.fleet.planning import order_of, plan_fleet
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_fleet
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import open_host as open_practice
from avnwizard.practice.place import CHECKOUT
from tests.flows.cli import avnwizard
from tests.practice.crash_world import KILLED
from tests.practice.fleet_world import BREAKING, NEW, OLD, FleetWorld, listed, made

FULL = os.environ.get("AVNWIZARD_MATRIX", "") == "full"
FAILED = 4
_OURS = ("check:", "drain:", "upgrade:", "ask:", "share:", "bake:")


@dataclass(frozen=True)
class Written:
    """A release that is to go through, and what an undisturbed run made of it."""

    run: str
    before: dict[str, Any]
    after: dict[str, Any]
    points: tuple[str, ...]

    @property
    def chosen(self) -> tuple[str, ...]:
        """Fault points of the fleet's own steps, and some of the stacks' runs."""
        ours = [one for one in self.points if one.removeprefix("journal:").startswith(_OURS)]
        inner = [one for one in self.points if one not in ours]
        if FULL:
            return (*ours[::3], *inner[::60])
        return (_at(ours, "upgrade:blue:write-down:after"), inner[-40], _at(ours, "share:blue:50:weight:after"))


def _at(points: Sequence[str], name: str) -> str:
    return next(one for one in points if one.startswith(name))


def _order(world: FleetWorld) -> str:
    """Plan it as `fleet upgrade` does, and write it down."""
    hosts = {name: world.host(name) for name in ("blue", "green")}
    section, drafts = hosts["blue"].config.fleet, {}
    for name, host in hosts.items():
        assert releases.fetch(host) == ""
        drafts[name] = inputs.draft(host, NEW)
    fleet = look(section, hosts, hosts["blue"].balancer())
    found = plan_fleet(section, fleet, hosts["blue"], drafts["blue"])
    assert found.troubles == ()
    prepared = {name: (host, prepare(host, drafts[name], Answers())) for name, host in hosts.items()}
    order = order_of(section, found, {name: one.plan for name, (_, one) in prepared.items()})
    return order_fleet(hosts["blue"], order, prepared)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FleetWorld, Written]]:
    """Two stacks at v1.5.0 with the release written down, which was carried through once undisturbed."""
    log = tmp_path_factory.mktemp("faults") / "log"
    with made() as world:
        before = world.state()
        run = _order(world)
        world.keep()
        assert world.carry(run, log_to=log) == 0
        yield world, Written(run, before, world.state(), tuple(log.read_text().split()))


def test_what_it_did(at: tuple[FleetWorld, Written]) -> None:
    """Both are upgraded, one after another, the leader first and by shares; only the leader took a snapshot."""
    world, written = at
    assert [written.after[name]["head"].tag for name in ("blue", "green")] == [NEW, NEW]
    assert world.orders() == ["blue 0", "blue 10", "blue 50", "blue 100", "green 0", "green 100"]
    assert (listed(world.host("blue")), listed(world.host("green"))) == (
        [("fleet", "done"), ("upgrade", "done")],
        [("upgrade", "done")],
    )
    assert len(list(world.host("blue").state.snapshots.iterdir())) == 1
    assert not world.host("green").state.snapshots.exists()
    said = avnwizard("report", written.run, "--stack", world.blue / CHECKOUT)
    child = world.host("green").journal().runs()[0].id
    assert f"| green | {child} |" in said.out
    attached = avnwizard("attach", "--stack", world.blue / CHECKOUT)
    assert f"{OLD} to {NEW} through 2 stacks: done" in attached.err


def test_taken_back_when_done(at: tuple[FleetWorld, Written]) -> None:
    """One after another, the last one first, while the other serves; its children are found undone."""
    world, written = at
    said = avnwizard("fleet", "rollback", "--yes", "--stack", world.green / CHECKOUT)
    assert said.code == ExitCode.DONE, said.err
    assert world.state() == written.before
    assert world.orders()[6:] == ["green 0", "green 100", "blue 0", "blue 100"]
    assert [state for kind, state in listed(world.host("green")) if kind == "upgrade"] == ["undone"]


def test_killed_and_resumed(at: tuple[FleetWorld, Written]) -> None:
    """At each fault point some stack serves, and the resumed run ends as if nothing had happened."""
    world, written = at
    for point in written.chosen if FULL else written.chosen[:2]:
        world.put_back()
        assert world.carry(written.run, kill_at=point) == KILLED, point
        assert max(world.served().values()) == 100, point
        assert world.carry(written.run) == 0, point
        assert world.state() == written.after, point


def test_killed_and_taken_back(at: tuple[FleetWorld, Written]) -> None:
    """Taken back from there, both stacks are as before, and both serve; no row is lost."""
    world, written = at
    for point in written.chosen[1:] if FULL else written.chosen[2:]:
        world.put_back()
        assert world.carry(written.run, kill_at=point) == KILLED, point
        host = world.host()
        back = launch.create_undo(host, host.journal().run(written.run))
        assert world.carry(back) == 0, point
        assert world.state() == written.before, point


def test_a_stack_that_fails_serves_nobody(at: tuple[FleetWorld, Written]) -> None:
    """Kratos of the leader does not come up: the other one serves all, as it did; fixed and resumed, it goes on."""
    world, written = at
    world.put_back()
    practice = open_practice(world.blue)
    practice.order("roll:kratos")
    assert world.carry(written.run) == FAILED
    assert world.served() == {"blue": 0, "green": 100}
    said = avnwizard("status", "--stack", world.blue / CHECKOUT)
    assert f"avnwizard resume {written.run}" in said.out + said.err
    host = world.host()
    assert "kratos" in host.journal().run(written.run).message
    refused = avnwizard("fleet", "flip", "--to", "blue", "--stack", world.blue / CHECKOUT)
    assert refused.code == ExitCode.REFUSED
    assert "in the middle of its upgrade" in refused.err
    practice.failures.clear()
    assert world.carry(written.run) == 0
    assert world.state() == written.after


def test_asked_to_stop_amid_a_stack(at: tuple[FleetWorld, Written]) -> None:
    """The stack's own run hears it too, and both stop there; the other stack serves."""
    world, written = at
    world.put_back()
    assert world.carry(written.run, kill_at="SIGTERM@journal:pull:started:after") == FAILED
    assert listed(world.host("blue")) == [("fleet", "aborted"), ("upgrade", "aborted")]
    assert world.served() == {"blue": 0, "green": 100}


def test_flipped_while_it_bakes(at: tuple[FleetWorld, Written]) -> None:
    """The flip is the way back, and the run that is resumed later makes the new one serve again."""
    world, written = at
    world.put_back()
    assert world.carry(written.run, kill_at="journal:bake:started:after") == KILLED
    assert world.served() == {"blue": 100, "green": 0}
    said = avnwizard("fleet", "flip", "--json", "--stack", world.green / CHECKOUT)
    assert said.code == ExitCode.DONE, said.err
    assert (said.data["to"], said.data["stopped"]) == ("green", written.run)
    assert world.served() == {"blue": 0, "green": 100}
    assert world.carry(written.run) == 0
    assert world.state() == written.after
    assert "flipped to green" in avnwizard("report", written.run, "--stack", world.blue / CHECKOUT).out


def test_what_is_refused(at: tuple[FleetWorld, Written]) -> None:
    """A release on whose schema the old code fails; a fleet of which one stack is out; nothing is changed."""
    world, _ = at
    world.put_back()
    host = world.host()
    host.journal().set_run(host.journal().runs()[0].id, "given up")
    stack = world.blue / CHECKOUT
    said = avnwizard("fleet", "upgrade", "--to", BREAKING, "--yes", "--stack", stack)
    assert said.code == ExitCode.REFUSED
    assert f"may not work on the schema of {BREAKING}" in said.err
    split = avnwizard("fleet", "plan", "--to", BREAKING, "--hold-back", "--json", "--stack", stack)
    assert split.code == ExitCode.DONE, split.err
    assert sum(note.startswith("Held back until all stacks run the release") for note in split.data["notes"]) == 2
    world.set_weight(green=0)
    said = avnwizard("fleet", "upgrade", "--to", NEW, "--yes", "--stack", stack)
    assert said.code == ExitCode.REFUSED
    assert "sends nothing to green" in said.err
    assert listed(world.host("green")) == []
