"""A container runs once it has kept running: the first look at "running" proves nothing."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.host import ComposeModel, Container, Service
from avnwizard.domain.settling import CALM_S, SETTLE_S
from avnwizard.errors import StepError
from avnwizard.flows.roll.settling import Watch, wait_steady
from avnwizard.flows.stack.survey import ailing

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

_NOW = 1000.0
_PLAIN = Container(
    "w",
    "w-1",
    "worker",
    1,
    "i",
    "sha256:i",
    "running",
    "none",
    0,
    "h",
    one_off=False,
    created_at=0.0,
    started_at=_NOW,
)
_SERVICE = Service("worker", "i")


class _Clock:
    """Moves on by what is slept."""

    def __init__(self) -> None:
        self.at = _NOW

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


class _World:
    """One container as it is at each moment, and what is said of it."""

    def __init__(self, *, lives_s: float = float("inf"), pause_s: float = 0.0, health_s: float | None = None) -> None:
        self.clock, self.said = _Clock(), list[str]()
        self.env_file = Path("env")
        self._lives_s, self._pause_s, self._health_s = lives_s, pause_s, health_s

    def look(self) -> list[Container]:
        age_s = self.clock.now() - _NOW
        round_s = self._lives_s + self._pause_s
        number = int(age_s // round_s) if round_s < float("inf") else 0
        since = _NOW + number * round_s if number else _NOW
        one = replace(_PLAIN, restarts=number, started_at=since)
        if self.clock.now() - since >= self._lives_s:
            return [replace(one, state="restarting", exit_code=3)]
        if self._health_s is not None:
            return [replace(one, health="healthy" if age_s >= self._health_s else "starting")]
        return [one]

    def logs(self, _container: str, *, lines: int) -> Iterable[str]:
        assert lines
        return ("no licence",)

    def wait(self) -> list[Container]:
        files = SimpleNamespace(read=lambda _: b"SECRET_KEY=not-in-any-line\n")
        host = cast("Host", SimpleNamespace(clock=self.clock, stack=self, platform=self, files=files))
        ctx = cast("StepContext", SimpleNamespace(say=self.said.append))
        return wait_steady(ctx, host, _SERVICE, self.look, healthy_s=30.0)


def test_one_that_keeps_running() -> None:
    """Without a health check it is watched for the settling time, and "healthy" is not said of it."""
    world = _World()
    assert world.wait()
    assert world.clock.now() >= _NOW + SETTLE_S
    assert world.said == ["worker: 1 running for 10 s or longer (no health check)"]


def test_one_that_is_healthy() -> None:
    """A health check vouches for it at once."""
    world = _World(health_s=3.0)
    assert world.wait()
    assert world.clock.now() < _NOW + SETTLE_S
    assert world.said == ["worker: 1 healthy"]


@pytest.mark.parametrize(("lives_s", "pause_s"), [(4.0, 0.5), (4.0, 8.0), (0.1, 0.1)])
def test_one_that_ends_again_and_again(lives_s: float, pause_s: float) -> None:
    """It is "running" at many a moment, and never for long enough; its last words are told."""
    world = _World(lives_s=lives_s, pause_s=pause_s)
    with pytest.raises(StepError, match="the new worker does not keep running") as failed:
        world.wait()
    assert "restarted" in failed.value.message
    assert world.said == ["w-1 | no licence"]


def test_one_that_comes_up_late_is_not_given_up_while_it_settles() -> None:
    """It runs since a moment before the limit: the limit is for coming up."""
    world = _World(lives_s=float("inf"))
    since = _NOW + 29.0

    def look() -> list[Container]:
        alive = world.clock.now() >= since
        return [replace(_PLAIN, started_at=since) if alive else replace(_PLAIN, state="created", started_at=0.0)]

    world.look = look  # type: ignore[method-assign]  # another world for this one case
    assert world.wait()
    assert world.clock.now() >= since + SETTLE_S


def test_the_engines_clock_may_be_ahead() -> None:
    """Then what was seen here counts."""
    clock = _Clock()
    watch, ahead = Watch(clock), replace(_PLAIN, started_at=_NOW + 5000)
    assert not watch.is_steady(ahead)
    clock.sleep(SETTLE_S)
    assert watch.is_steady(ahead)
    assert not watch.is_steady(replace(ahead, started_at=_NOW + 5001)), "it was started again"


def test_a_healthy_one_that_was_restarted_has_to_settle_too() -> None:
    """It may be on its way to the next end."""
    watch = Watch(_Clock())
    assert watch.is_steady(replace(_PLAIN, health="healthy"))
    assert not watch.is_steady(replace(_PLAIN, health="healthy", restarts=1))


@pytest.mark.parametrize(
    ("age_s", "why"), [(1.0, "restarting (3 times so far, the last time 1 s ago)"), (CALM_S, "")]
)
def test_a_service_that_was_restarted_a_moment_ago_does_not_serve(age_s: float, why: str) -> None:
    """`check` and `verify` say so; one that has run for a minute since is past it."""
    model = ComposeModel({"worker": _SERVICE}, {})
    one = replace(_PLAIN, restarts=3)
    assert ailing(model, [one], now=_NOW + age_s) == ({"worker": why} if why else {})
    assert ailing(model, [_PLAIN], now=_NOW + age_s) == {}
