"""When the director of a roll is let go of at once, and when Traefik is waited for."""

from collections.abc import Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.errors import HostError, StepError
from avnwizard.flows.roll import handover

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

NEW = "n" * 64


class _Edge:
    """An edge with one director that knows only the new container after some looks; it keeps what it was asked."""

    def __init__(self, throttle_s: float, looks: int) -> None:
        self._throttle_s, self._looks, self.asked = throttle_s, looks, list[str]()

    def directors(self, _service: str) -> tuple[object, ...]:
        return () if "undirect" in self.asked else (object(),)

    def throttle_s(self, _service: str, containers: Sequence[str]) -> float:
        assert containers == [NEW]
        return self._throttle_s

    def knows_only(self, _service: str, containers: Sequence[str]) -> bool:
        assert containers == [NEW]
        self.asked.append("knows only?")
        return len(self.asked) > self._looks

    def undirect(self, _service: str, *, keep: Sequence[str] = ()) -> None:
        assert not keep
        self.asked.append("undirect")


class _Clock:
    def __init__(self) -> None:
        self._now = 100.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


def _settled(*, known_at: float | None, throttle_s: float, serves: bool = True, looks: int = 2) -> list[str]:
    edge, container = _Edge(throttle_s, looks), SimpleNamespace(id=NEW, is_serving=serves)
    stack = SimpleNamespace(containers=lambda _service: (container,))
    host = cast("Host", SimpleNamespace(edge=edge, stack=stack, clock=_Clock()))
    ctx = cast("StepContext", SimpleNamespace(effect=lambda _name: nullcontext(), say=lambda _text: None))
    handover.release_edge(
        ctx,
        host,
        "docs",
        [container],  # type: ignore[list-item]  # its id is all
        known_at=known_at,
        meanwhile=lambda: edge.asked.append("compare"),
    )
    return edge.asked


WAITED = ["compare"] + ["knows only?"] * 2 + ["undirect"]
AT_ONCE = ["undirect", "compare"]


@pytest.mark.parametrize(
    ("known_at", "throttle_s", "serves", "expected"),
    [
        pytest.param(99.5, 2.0, True, AT_ONCE, id="well within the throttle"),
        pytest.param(98.4, 2.0, True, WAITED, id="little is left of the throttle"),
        pytest.param(99.5, 0.2, True, WAITED, id="a short throttle"),
        pytest.param(99.5, 0.0, True, WAITED, id="the throttle, or the routes, cannot be told"),
        pytest.param(99.5, 2.0, False, WAITED, id="the new one fails its check"),
        pytest.param(None, 2.0, True, WAITED, id="nobody saw when Traefik took the director"),
    ],
)
def test_at_once_or_not(known_at: float | None, throttle_s: float, *, serves: bool, expected: list[str]) -> None:
    """Only what Traefik is sure to see as one change need not be waited for; while waiting, the rest is done."""
    assert _settled(known_at=known_at, throttle_s=throttle_s, serves=serves) == expected


class _Away(_Edge):
    """Traefik is away at the first look, as while it is started again."""

    def knows_only(self, _service: str, containers: Sequence[str]) -> bool:
        if super().knows_only(_service, containers):
            return True
        raise HostError("No Traefik routes to this stack.")


def test_traefik_may_be_away_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again; where it stays away, that is the reason with which the run stops."""
    monkeypatch.setattr(f"{__name__}._Edge", _Away)
    assert _settled(known_at=None, throttle_s=2.0) == WAITED
    with pytest.raises(HostError, match="No Traefik"):
        _settled(known_at=None, throttle_s=2.0, looks=10**6)


def test_the_director_stays_where_traefik_never_comes_round() -> None:
    """It serves; the run stops with the reason."""
    with pytest.raises(StepError, match="by its own labels"):
        _settled(known_at=None, throttle_s=2.0, looks=10**6)
