"""A surge that is taken up again after a crash, or fails: what is left over, and what must stay."""

from collections.abc import Sequence
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

    def roll(self, how: Handover = "wait") -> None:
        """As the flow does, without a director."""
        files = SimpleNamespace(read=lambda _: b"")
        host = cast("Host", SimpleNamespace(stack=self, edge=self, platform=self, clock=self, files=files))
        ctx = cast(
            "StepContext",
            SimpleNamespace(
                effect=lambda _name: nullcontext(),
                say=lambda _text: None,
                together=lambda _place, order, act, **_: act([order]),
                go_alone=lambda: None,
            ),
        )
        rolling.roll(ctx, host, rolling.Wanted(self.service, "image new"), surge=how, patience=_PATIENCE)


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
