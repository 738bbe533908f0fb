"""A surge that is taken up again after a crash, or fails: what is left over, and what must stay."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.edge import Connections, Director, EdgeFacts
from avnwizard.domain.handover import Handover
from avnwizard.domain.host import Container, ContainerState, Health, Service
from avnwizard.errors import HostError, StepError
from avnwizard.flows.roll import rolling
from avnwizard.flows.roll.handover import Patience

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

_SERVICE = Service("web", "web:2", replicas=2)
_PATIENCE = Patience(healthy_s=10.0, drain_s=2.0, drain_limit_s=30.0)


def _container(name: str, config_hash: str, state: ContainerState, health: Health = "healthy") -> Container:
    return Container(name, name, "web", 1, "web", f"image {config_hash}", state, health, 0, config_hash, False, 0.0)


class _World:
    """Containers of one service; a new one is healthy at once. It keeps what was removed."""

    service = _SERVICE

    def __init__(self, *containers: Container) -> None:
        self.there = {one.id: one for one in containers}
        self.removed: list[str] = []
        self.env_file = Path("env")
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def containers(self, _service: str) -> tuple[Container, ...]:
        return tuple(self.there.values())

    def outdated(self, _service: str) -> frozenset[str]:
        return frozenset(one.id for one in self.there.values() if one.config_hash == "old")

    def up(self, _service: str, *, scale: int | None = None, recreate: bool = True) -> None:
        assert scale is not None
        assert not recreate
        for number in range(len(self.there), scale):
            name = f"fresh-{number}"
            self.there[name] = _container(name, "new", "running")

    def stop(self, *_ids: str, grace_s: float) -> None:
        assert grace_s

    def remove(self, container_id: str) -> None:
        self.removed.append(container_id)
        del self.there[container_id]

    def logs(self, _container_id: str, *, lines: int) -> tuple[str, ...]:
        assert lines
        return ()

    def facts(self) -> EdgeFacts | None:
        return None

    def directors(self, _service: str = "") -> tuple[Director, ...]:
        return ()

    def connections(self, _container_id: str, *, quiet_s: float) -> Connections:
        assert quiet_s
        return Connections(0, 0, "netns")

    def roll(self, how: Handover = "wait", meanwhile: Callable[[], None] = lambda: None) -> None:
        """As the flow does."""
        files = SimpleNamespace(read=lambda _: b"")
        host = cast("Host", SimpleNamespace(stack=self, edge=self, platform=self, clock=self, files=files))
        ctx = cast(
            "StepContext",
            SimpleNamespace(
                effect=lambda _name: nullcontext(),
                say=lambda _text: None,
                together=lambda _place, order, act, **_: act([order]),
                go_alone=lambda: None,
                pass_by=lambda _place: None,
                run="run",
            ),
        )
        want = rolling.Wanted(self.service, "image new")
        rolling.roll(ctx, host, want, surge=how, patience=_PATIENCE, meanwhile=meanwhile)


def _routed(rule: str) -> dict[str, str]:
    return {"traefik.enable": "true", "traefik.http.routers.web.rule": rule}


class _Routed(_World):
    """Behind a Traefik that takes no director."""

    service = replace(_SERVICE, labels=_routed("Host(`a`)"))

    def facts(self) -> EdgeFacts | None:
        return EdgeFacts("e" * 64, "id-traefik-1", "traefik", "2.11.2", api=True, docker_provider=True)


_LEFT: Sequence[ContainerState] = ("created", "exited")


@pytest.mark.parametrize("state", _LEFT)
def test_a_new_one_that_does_not_run_is_replaced(state: ContainerState) -> None:
    """The engine ended between a new container's creation and its start: it is not waited for, but made anew."""
    world = _World(_container("old", "old", "running"), _container("new", "new", state, "none"))
    world.roll()
    assert set(world.removed) == {"old", "new"}
    assert [one.config_hash for one in world.there.values()] == ["new", "new"]


def test_the_only_ones_that_serve_stay() -> None:
    """The old ones are gone already and one of two new ones fails: the step fails, and the other serves on."""
    failing = _container("second", "new", "running", "unhealthy")
    world = _World(_container("first", "new", "running"), failing)
    with pytest.raises(StepError, match="did not become healthy"):
        world.roll()
    assert world.removed == []


def test_beside_an_old_one_that_serves_the_new_ones_go() -> None:
    """A release that never gets healthy leaves what there was."""
    failing = [_container(name, "new", "running", "unhealthy") for name in ("first", "second")]
    world = _World(_container("old", "old", "running"), *failing)
    with pytest.raises(StepError, match="did not become healthy"):
        world.roll()
    assert world.removed == ["first", "second"]


@pytest.mark.parametrize(("before", "drained"), [("Host(`a`)", True), ("Host(`b`)", False)])
def test_labels_that_change_without_a_director(before: str, *, drained: bool) -> None:
    """While both are there Traefik routes to neither: the old one is not waited for."""
    world = _Routed(replace(_container("old", "old", "running"), labels=_routed(before)))
    world.roll()
    assert world.removed == ["old"]
    assert (world.now() >= _PATIENCE.drain_s) is drained


class _Blind(_World):
    """Nobody can see the connections of its containers."""

    def connections(self, _container_id: str, *, quiet_s: float) -> Connections:
        assert quiet_s
        return Connections(0, 0, "nothing")


@pytest.mark.parametrize(("kind", "waits"), [(_World, False), (_Blind, True)])
def test_without_a_route_only_what_cannot_be_seen_is_waited_for(kind: type[_World], *, waits: bool) -> None:
    """No proxy has to learn of the new one: the old one ends as soon as its connections are seen to be quiet."""
    world = kind(_container("old", "old", "running"))
    world.roll()
    assert world.removed == ["old"]
    assert (world.now() >= _PATIENCE.drain_s) is waits


class _ReadOnly(_World):
    """A service whose health check knows a drain file, in containers that nobody may write to."""

    service = replace(_SERVICE, health_test=("CMD-SHELL", "test ! -f /run/drain && curl -f x"))

    def mark(self, _container_id: str, _file: str, *, there: bool) -> None:
        if there:
            raise HostError("touch: /run/drain: Permission denied")


def test_a_drain_file_that_cannot_be_made_stops_no_roll() -> None:
    """The rollback's roll would stop at the same place."""
    world = _ReadOnly(_container("old", "old", "running"))
    world.roll(how="health")
    assert world.removed == ["old"]
    assert len(world.there) == _SERVICE.replicas


class _Fleeting(_World):
    """The new containers are healthy, and gone when the old ones are looked at for the last time."""

    def connections(self, container_id: str, *, quiet_s: float) -> Connections:
        self.there = {name: one for name, one in self.there.items() if one.config_hash == "old"}
        return super().connections(container_id, quiet_s=quiet_s)


def test_old_ones_stay_where_the_new_ones_went_away() -> None:
    """A crash after the first good check, or a `docker compose up -d` of the operator's: the old ones serve on."""
    world = _Fleeting(_container("old", "old", "running"))
    with pytest.raises(StepError, match="serves no more"):
        world.roll()
    assert world.removed == []
    assert list(world.there) == ["old"]


class _Directed(_Routed):
    """Behind a Traefik that takes the director at once; what is asked and done is kept."""

    def __init__(self, *containers: Container) -> None:
        super().__init__(*containers)
        self.events, self.asked, self.directed = list[str](), threading.Event(), list[str]()
        self.naming = SimpleNamespace(available=True, start_aside=self._start_aside, rename=self._rename)

    def direct(self, _service: str, containers: Sequence[str], *, run: str) -> None:
        assert run
        self.directed = list(containers)

    def knows(self, _service: str, containers: Sequence[str]) -> bool:
        self.asked.set()
        return self.directed == list(containers)

    def knows_only(self, _service: str, _containers: Sequence[str]) -> bool:
        return True

    def throttle_s(self, _service: str, _containers: Sequence[str]) -> float:
        return 0.0

    def undirect(self, _service: str, *, keep: Sequence[str] = ()) -> None:
        self.directed = list(keep)

    def stop(self, *_ids: str, grace_s: float) -> None:
        super().stop(grace_s=grace_s)
        self.events.append("old stopped")

    def compare(self) -> None:
        """Takes a moment, and needs Traefik to be asked meanwhile."""
        assert self.asked.wait(20.0)
        time.sleep(0.1)
        self.events.append("compared")

    def _start_aside(self, _service: str, name: str, *, hidden: Sequence[str]) -> None:
        assert hidden
        self.there[name] = _container(name, "new", "running")

    def _rename(self, container_id: str, name: str) -> None:
        self.there[container_id] = replace(self.there[container_id], name=name)
        self.events.append("renamed")


def test_compose_is_asked_while_traefik_is_waited_for() -> None:
    """It has answered before the old container goes: it would not know what to say of one that is on its way out."""
    world = _Directed(_container("old", "old", "running"))
    world.roll("director", world.compare)
    assert world.events == ["compared", "old stopped"]


def test_of_a_container_that_is_yet_to_be_renamed_compose_is_asked_afterwards() -> None:
    """Under its other name Compose would not know it."""
    world = _Directed(_container("web", "old", "running"))
    world.service = replace(world.service, container_name="web", replicas=1)
    world.roll("director", world.compare)
    assert world.events == ["old stopped", "renamed", "compared"]


def test_what_compose_is_asked_in_vain_stops_the_step_before_the_old_one_goes() -> None:
    """An error of the comparison is the step's, though it came in another thread."""

    def fail() -> None:
        raise HostError("Compose does not say.")

    world = _Directed(_container("old", "old", "running"))
    with pytest.raises(HostError, match="does not say"):
        world.roll("director", fail)
    assert world.removed == []
