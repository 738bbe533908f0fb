"""Requests that wait in Traefik: the labels that make them wait, and how the probe counts them."""

import json
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.config import Config
from avnwizard.domain.edge import Director, EdgeFacts
from avnwizard.domain.handover import lost_in_recreate
from avnwizard.domain.host import Service
from avnwizard.domain.probing import Answer, Identity, Route, Tally, judge, numbers, words
from avnwizard.domain.probing.tally import tally_from
from avnwizard.domain.room import Room
from avnwizard.domain.traefik.direction import Direction, Target
from avnwizard.domain.traefik.director import director_labels
from avnwizard.domain.traefik.holding import holding_labels
from avnwizard.domain.traefik.labels import read_labels
from avnwizard.flows.roll.holding import hold

if TYPE_CHECKING:
    from avnwizard.domain.host import Container
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

_TARGET = Target("held0", "id-web-1.", 8080)
_LABELS = {
    "traefik.http.routers.web.rule": "Host(`a`)",
    "traefik.http.routers.web.middlewares": "auth@file",
    "traefik.http.routers.api.rule": "Host(`b`)",
    "traefik.http.services.web.loadbalancer.server.port": "8080",
}
_ROUTE = Route("web", "web", "127.0.0.1", 80, False, "a", "/")
_NOTE = {"x-avnwizard": "held", "retry-after": "5"}


def test_every_router_holds_and_the_marker_does_not() -> None:
    """Its own middlewares come first; the server is the container's name; there are tries enough for the time."""
    direction = Direction("id/run/web", read_labels(_LABELS), (_TARGET,))
    made = director_labels(direction, _TARGET, service="web", project="id")
    held = holding_labels(made, direction.token, 10.0)
    routers, note = f"traefik.http.routers.avnwizard-{direction.token}", f"avnwizard-{direction.token}-note"
    hold = f"avnwizard-{direction.token}-hold"
    assert held[f"{routers}-web.middlewares"] == f"auth@file,{note},{hold}"
    assert held[f"{routers}-api.middlewares"] == f"{note},{hold}"
    marker = f"{routers}-marker-held0.middlewares"
    assert held[marker] == made[marker]
    server = f"traefik.http.services.avnwizard-{direction.token}-web.loadbalancer.server.url"
    assert held[server] == "http://id-web-1.:8080"
    tries = int(held[f"traefik.http.middlewares.{hold}.retry.attempts"])
    assert 0.25 * 1.44 * (tries - 1) >= 10.0
    assert Director("i", "web", "run", direction.token, _TARGET.container, 1, running=True).holds


@pytest.mark.parametrize(
    ("status", "headers", "presence", "verdict"),
    [
        (200, _NOTE, "away", "answered"),
        (200, {}, "away", "misrouted"),
        (502, _NOTE, "away", "excused"),
        (502, {}, "away", "502"),
    ],
)
def test_what_waited_is_no_loss(status: int, headers: dict[str, str], presence: str, verdict: str) -> None:
    """An answer is the service's own though its container was away when the request was due; in vain is not lost."""
    found = judge(Answer(status, headers, b"x"), Identity((200,)), _ROUTE, presence)  # type: ignore[arg-type]  # literals
    assert found == verdict


def test_held_and_excused_are_counted_apart() -> None:
    """Whoever is answered at once by way of such a director has not waited; the counts survive a crash."""
    tally = Tally()
    tally.count("answered", due_s=1.0, ended_s=1.01, held=True)
    tally.count("answered", due_s=2.0, ended_s=5.0, held=True)
    tally.count("excused", due_s=3.0, ended_s=13.0, held=True)
    tally.count("502", due_s=4.0, ended_s=4.1)
    found = numbers(tally_from(json.loads(json.dumps(tally.to_json()))))
    assert [found[name] for name in ("sent", "answered", "held", "excused", "lost")] == [4, 2, 1, 1, 1]
    assert words.counted(found) == (
        "4 sent, 2 answered, 1 of them after a wait, 1 asked to come back, 1 lost (1 502)"
    )


def test_the_plan_says_how_long_requests_wait() -> None:
    """Only where a director can hold them."""
    facts = EdgeFacts("t", "t", "traefik", "3.7", api=True, exposed_by_default=False, holds=True)
    service = Service("web", "i", labels=_LABELS | {"traefik.enable": "true"})
    assert "its requests wait in Traefik from its stop until it answers again, for about 10 s" in (
        lost_in_recreate(service, facts, 10.0)
    )
    assert lost_in_recreate(service, facts) == "its requests fail from its stop until its first healthy answer"


class _Edge:
    """A Traefik that holds at once, and remembers for whom."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def facts(self) -> EdgeFacts:
        return EdgeFacts("t", "t", "traefik", "3.7", api=True, exposed_by_default=False, holds=True)

    def default_rule(self, _service: str) -> str:
        return "Host(`x`)"

    def hold(self, service: str, containers: list[str], *, run: str, hold_s: float) -> tuple[str, ...]:
        self.held.append(f"{service} {containers} {run} {hold_s:g}")
        return ("held0",)

    def knows(self, _service: str, targets: tuple[str, ...]) -> bool:
        return targets == ("held0",)


@pytest.mark.parametrize(("free", "count"), [(None, 2), (1 << 30, 2), (340 << 20, 1), (100 << 20, 0)])
def test_only_what_runs_and_fits_is_held(free: int | None, count: int) -> None:
    """Traefik itself and what nobody asks are left out; a small machine is not filled with directors."""
    labels = {"traefik.enable": "true", **_LABELS}
    services = [Service(name, "i", labels=labels) for name in ("traefik", "web", "api", "away")]
    found = [
        SimpleNamespace(id=f"c-{one.name}", service=one.name, state="exited" if one.name == "away" else "running")
        for one in services
    ]
    edge = _Edge()
    stack = SimpleNamespace(project=SimpleNamespace(name="id"), room=lambda: Room(2, free))
    host = SimpleNamespace(config=Config(), edge=edge, stack=stack, clock=SimpleNamespace(now=lambda: 0.0))
    said: list[str] = []
    ctx = SimpleNamespace(run="run", say=said.append, effect=lambda _name: nullcontext())
    hold(cast("StepContext", ctx), cast("Host", host), services, cast("list[Container]", found))
    assert edge.held == ["web ['c-web'] run 10", "api ['c-api'] run 10"][:count]
    assert len([line for line in said if "too little memory is free" in line]) == 2 - count
