"""A service that is away loses its requests whatever answers in its place: the containers tell, not the answers."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from avnwizard.adapters.compose_platform import ComposePlatform
from avnwizard.cli.plan_view import _probe
from avnwizard.domain.edge import Director
from avnwizard.domain.probing import Answer, Outcome, ProbePlan, Route, Standing, Tally, words
from avnwizard.engine.feed import FeedReader, FeedWriter
from avnwizard.errors import HostError
from avnwizard.flows.edge import memory
from avnwizard.flows.edge.baseline import learn, wait_for_all
from avnwizard.flows.edge.foresight import foreseen
from avnwizard.flows.edge.presence import serving
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.waiting import until

DOCS = Route("docs-tls", "docs", "127.0.0.1", 443, True, "b.test", "/", "web-tls", "/avnwizard-asks-who")
GATEWAY = Route("gateway", "gateway", "127.0.0.1", 80, False, "a.test", "/api", "web", "/avnwizard-asks-who")
PLAN = ProbePlan(100.0, (DOCS, GATEWAY))
Settled = Callable[[Route, Outcome, float, float], None]


@dataclass
class _Flat:
    """An edge at which everybody says the same, at any path and at any time; it is its own run."""

    counted: dict[str, int] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    problem: str = ""

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        """The same of every route."""
        return tuple(Answer(200, {"server": "x"}, b"ok") for _ in routes)

    def start(self, routes: Sequence[Route], *, rate: float, settled: Settled) -> "_Flat":
        """Settle one request of each route again and again."""

        def go_on() -> None:
            while not self.ended.wait(1 / rate):
                for route, outcome in zip(routes, self.ask(routes), strict=True):
                    settled(route, outcome, self.now(), self.now())
                    self.counted[route.name] = self.counted.get(route.name, 0) + 1

        threading.Thread(target=go_on, daemon=True).start()
        return self

    def now(self) -> float:
        """Seconds."""
        return time.monotonic()

    def focus(self, service: str) -> None:
        """All alike."""

    def stop(self) -> None:
        """No more."""
        self.ended.set()


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice host whose containers take a noticeable time."""
    practice_host.state.set("speed", 20.0)
    return open_host(practice_host.project.directory)


@contextmanager
def _probed(host: Host, folder: Path, plan: ProbePlan = PLAN) -> Iterator[_Flat]:
    edge: Any = _Flat()
    folder.mkdir()
    with watched(replace(host, probe=lambda: edge), plan, FeedWriter(folder / "feed.jsonl"), folder, folder):
        _asked(edge, 20)
        yield edge


def _asked(edge: _Flat, count: int) -> None:
    """Wait until so many more requests were sent to each route."""
    before = dict(edge.counted)
    until(lambda: all(edge.counted.get(one.name, 0) >= before.get(one.name, 0) + count for one in PLAN.routes))


def _lost(folder: Path) -> int:
    """How many requests the run has reported as lost so far."""
    told = [event.data for event in FeedReader(folder / "feed.jsonl").read() if event.kind == "measure"]
    return int(told[-1]["lost"]) if told else 0


def _tallies(host: Host, folder: Path) -> dict[str, Tally]:
    kept = memory.load(host.files, folder)
    assert kept is not None
    return kept.tallies


def test_what_answers_in_its_place_is_lost_though_nothing_tells_it_apart(host: Host, tmp_path: Path) -> None:
    """Seen: 135 of 140 requests to `risk` counted as answered while both of its containers were unhealthy."""
    (docs,) = host.stack.containers("docs")
    with _probed(host, tmp_path / "run") as edge:
        host.stack.stop(docs.id, grace_s=10)
        until(lambda: _lost(tmp_path / "run") > 50)
        host.stack.up("docs")
        until(lambda: "docs" in serving(host))
        _asked(edge, 100)
    tallies = _tallies(host, tmp_path / "run")
    assert set(tallies["docs-tls"].kinds) == {"misrouted"}
    assert tallies["docs-tls"].answered > 100
    assert tallies["gateway"].lost == 0
    assert "answered by another service" in words.kinds({"kinds": tallies["docs-tls"].kinds})
    said = [event.text for event in FeedReader(tmp_path / "run" / "feed.jsonl").read()]
    assert words.alike({"docs-tls": "web-tls"})[0] in said
    kept = memory.load(host.files, tmp_path / "run")
    assert kept is not None
    assert words.alike({"docs-tls": "web-tls"})[0] in kept.notes


def test_one_replica_that_serves_is_enough(host: Host, tmp_path: Path) -> None:
    """Two replicas of which one goes, and a surge: at every moment one serves, so nothing is lost."""
    with _probed(host, tmp_path / "run") as edge:
        host.stack.up("docs", scale=2, recreate=False)
        until(lambda: all(one.is_serving for one in host.stack.containers("docs")))
        old = min(host.stack.containers("docs"), key=lambda one: one.created_at)
        _asked(edge, 50)
        host.stack.stop(old.id, grace_s=10)
        host.stack.remove(old.id)
        _asked(edge, 100)
    assert {name: tally.lost for name, tally in _tallies(host, tmp_path / "run").items()} == {
        "docs-tls": 0,
        "gateway": 0,
    }


def test_nothing_is_learned_of_a_service_that_is_away(host: Host) -> None:
    """Another service answers in its place before the run: the route is not probed, and the plan says so."""
    (docs,) = host.stack.containers("docs")
    host.stack.stop(docs.id, grace_s=10)
    edge: Any = _Flat()
    deaf = replace(host, probe=lambda: edge)
    identities = learn(deaf, PLAN.routes)
    assert {name: one.answers for name, one in identities.items()} == {"docs-tls": False, "gateway": True}
    assert wait_for_all(deaf, PLAN.routes, identities, limit_s=0) == {"docs-tls": "misrouted"}
    plan: Any = SimpleNamespace(probe=foreseen(deaf, PLAN))
    told = [str(line) for line in _probe(plan)]
    assert "    does not answer now; it is probed only if it answers when the run begins" in told
    assert "    its answers look the same as web's" in told


def test_an_engine_that_does_not_answer_makes_nobody_away(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That nobody serves and that nobody can tell are different answers: the report says that some looks failed."""

    def silent() -> tuple[Standing, ...]:
        raise HostError("The Docker Engine does not say which containers run.")

    with _probed(host, tmp_path / "run") as edge:
        monkeypatch.setattr(host.stack, "standing", silent)
        _asked(edge, 100)
    kept = memory.load(host.files, tmp_path / "run")
    assert kept is not None
    assert kept.total.lost == 0
    assert [note for note in kept.notes if "did not always say which containers serve" in note]


@dataclass(frozen=True)
class _World:
    """Containers and directors, behind as much of the ports as `serving` asks."""

    standing_now: tuple[Standing, ...]
    directors_now: tuple[Director, ...] = ()

    def standing(self) -> tuple[Standing, ...]:
        """The containers."""
        return self.standing_now

    def directors(self) -> tuple[Director, ...]:
        """The directors."""
        return self.directors_now


def _serving(*standing: Standing, directors: tuple[Director, ...] = ()) -> frozenset[str]:
    world: Any = _World(standing, directors)
    return ComposePlatform(world, world, world).serving()


def test_a_director_keeps_a_service_there() -> None:
    """Traefik sends requests to a director's target by its address, whatever its health; not to one that is gone."""
    ill = Standing("new", "risk", serves=False)
    director = Director("d", "risk", "run", "token", "new", 1, running=True)
    assert _serving(ill) == frozenset()
    assert _serving(ill, directors=(director,)) == {"risk"}
    assert _serving(ill, directors=(replace(director, target="old"),)) == frozenset()
    assert _serving(ill, directors=(replace(director, running=False),)) == frozenset()
    assert _serving(ill, Standing("old", "risk", serves=True), Standing("w", "worker", serves=True)) == {
        "risk",
        "worker",
    }
