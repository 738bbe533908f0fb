"""A health check that fails for a moment on a busy host costs no request: no director goes, nothing is recreated."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.edge import Connections, Director, EdgeFacts
from avnwizard.domain.host import Container, Health, Service
from avnwizard.errors import StepError
from avnwizard.flows.roll import rolling
from avnwizard.flows.roll.handover import Patience

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

_LABELS = {"traefik.enable": "true", "traefik.http.routers.web.rule": "Host(`a`)"}
_PATIENCE = Patience(healthy_s=60.0, drain_s=2.0, drain_limit_s=30.0)
_IMAGE = "image"


def _container(name: str, config_hash: str, *, started_at: float = 0.0) -> Container:
    return Container(
        name, name, "web", 1, "web", _IMAGE, "running", "healthy", 0, config_hash, False, started_at, _LABELS
    )


class _World:
    """Containers whose health depends on the time, behind a Traefik that routes only to those that are healthy.

    Attributes:
        unhealthy: container -> from when to when its check fails.
        nobody: the moments at which Traefik had neither a director nor a healthy container to route to.
    """

    def __init__(self, *containers: Container, check_s: float = 5.0) -> None:
        self.service = Service("web", "web:2", has_healthcheck=True, labels=_LABELS, check_s=check_s)
        self.there = {one.id: one for one in containers}
        self.unhealthy: dict[str, tuple[float, float]] = {}
        self.directed: set[str] = set()
        self.done: list[str] = []
        self.nobody: list[float] = []
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        self._look()

    def _look(self) -> None:
        if not self.directed and not any(one.is_serving for one in self.containers("web")):
            self.nobody.append(self._now)

    def containers(self, _service: str = "") -> tuple[Container, ...]:
        return tuple(replace(one, health=self._health(one.id)) for one in self.there.values())

    def _health(self, name: str) -> Health:
        began, ended = self.unhealthy.get(name, (0.0, 0.0))
        return "unhealthy" if began <= self._now < ended else "healthy"

    def outdated(self, _service: str) -> frozenset[str]:
        return frozenset(one.id for one in self.there.values() if one.config_hash == "old")

    def up(self, _service: str, *, scale: int | None = None, recreate: bool = True, **_more: object) -> None:
        self.done.append(f"up {scale}{' recreate' if recreate else ''}")
        if recreate:
            self.there.clear()
        self.there["fresh"] = _container("fresh", "new", started_at=self._now)

    def stop(self, *_ids: str, grace_s: float) -> None:
        assert grace_s

    def remove(self, container_id: str) -> None:
        self.done.append(f"remove {container_id}")
        del self.there[container_id]
        self._look()

    def logs(self, _container_id: str, *, lines: int) -> tuple[str, ...]:
        assert lines
        return ()

    def facts(self) -> EdgeFacts | None:
        return EdgeFacts("e" * 64, "id-traefik-1", "traefik", "3.7.1", api=False, docker_provider=True)

    def directors(self, _service: str = "") -> tuple[Director, ...]:
        return tuple(Director(one, "web", "run", "t", one, 1, running=True) for one in sorted(self.directed))

    def direct(self, _service: str, containers: Sequence[str], *, run: str) -> None:
        assert run
        self.directed = set(containers)

    def undirect(self, _service: str, *, keep: Sequence[str] = ()) -> None:
        self.directed &= set(keep)
        self._look()

    def knows(self, _service: str, containers: Sequence[str]) -> bool:
        return self.directed == set(containers)

    def knows_only(self, _service: str, containers: Sequence[str]) -> bool:
        return {one.id for one in self.containers() if one.is_serving} == set(containers)

    def throttle_s(self, _service: str, _containers: Sequence[str]) -> float:
        return 0.0

    def connections(self, _container_id: str, *, quiet_s: float) -> Connections:
        assert quiet_s
        return Connections(0, 0, "netns")

    def roll(self) -> None:
        """As the flow does, by a director."""
        files = SimpleNamespace(read=lambda _: b"")
        room = SimpleNamespace(available_bytes=None)
        self.room = lambda: room
        host = cast(
            "Host",
            SimpleNamespace(
                stack=self,
                edge=self,
                platform=self,
                clock=self,
                files=files,
                config=SimpleNamespace(roll=SimpleNamespace(hold_s=0)),
            ),
        )
        self.env_file = "env"
        ctx = cast(
            "StepContext",
            SimpleNamespace(
                run="run",
                effect=lambda _name: nullcontext(),
                say=lambda _text: None,
                together=lambda _place, order, act, **_: act([order]),
                go_alone=lambda: None,
                pass_by=lambda _place: None,
            ),
        )
        rolling.roll(ctx, host, rolling.Wanted(self.service, _IMAGE), surge="director", patience=_PATIENCE)


def test_resumed_while_the_new_one_fails_its_check() -> None:
    """Only the director routes to it then: it stays until Traefik routes by itself."""
    world = _World(_container("new", "new"))
    world.directed, world.unhealthy = {"new"}, {"new": (0.0, 8.0)}
    world.roll()
    assert (world.nobody, world.done, world.directed) == ([], [], set())


def test_failing_while_traefik_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Healthy at the first look, and not when the director could go: it is waited for again."""
    world = _World(_container("new", "new"))
    world.directed, world.unhealthy = {"new"}, {"new": (0.05, 8.0)}
    looks = world.knows_only

    def slow(service: str, containers: Sequence[str]) -> bool:
        world.sleep(0.1)
        return looks(service, containers)

    monkeypatch.setattr(world, "knows_only", slow)
    world.roll()
    assert (world.nobody, world.directed) == ([], set())


def test_an_old_one_that_fails_its_check_is_not_recreated() -> None:
    """It runs, and may serve the next moment: the new one starts alongside it as planned."""
    world = _World(_container("old", "old"))
    world.unhealthy = {"old": (0.0, 0.3)}
    world.roll()
    assert world.done == ["up 2", "remove old"]


@pytest.mark.parametrize(("check_s", "fits"), [(5.0, True), (0.0, False)])
def test_a_new_one_has_the_time_of_a_check(check_s: float, *, fits: bool) -> None:
    """What is unhealthy for a moment is judged after its next check, which may take its interval and its timeout."""
    world = _World(_container("old", "old"), check_s=check_s)
    world.unhealthy = {"fresh": (0.0, 8.0)}
    if fits:
        world.roll()
        assert list(world.there) == ["fresh"]
        return
    with pytest.raises(StepError, match="did not become healthy"):
        world.roll()
    assert list(world.there) == ["old"]
