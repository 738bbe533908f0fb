"""The probe beside a run: counts that survive a crash, a verify that asks the edge, and a run that it never fails."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.probing import Answer, Outcome, ProbePlan, Route
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.engine.feed import Event, FeedReader, FeedWriter
from avnwizard.errors import ExitCode
from avnwizard.flows.edge import memory
from avnwizard.flows.edge.baseline import learn, wait_for_all
from avnwizard.flows.edge.watch import watched
from avnwizard.flows.host import Host
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard

A = Route("a", "gateway", "127.0.0.1", 1, False, "a.test", "/")
B = Route("b", "docs", "127.0.0.1", 1, False, "b.test", "/")
PLAN = ProbePlan(20.0, (A, B))
OK = Answer(200, {"server": "x"}, b"hello")

Settled = Callable[[Route, Outcome, float, float], None]


class _Edge:
    """An edge that settles at once what it is scripted to, when a probe starts."""

    def __init__(self, *script: tuple[Route, Outcome], silent: tuple[Route, ...] = ()) -> None:
        self.script, self.silent, self.focused = script, silent, list[str]()
        self.problem = ""

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        return tuple("refused" if route in self.silent else OK for route in routes)

    def start(self, routes: Sequence[Route], *, rate: float, settled: Settled) -> "_Edge":
        for number, (route, outcome) in enumerate(self.script):
            assert route in routes
            settled(route, outcome, float(number), number + 0.01)
        return self

    def now(self) -> float:
        return float(len(self.script))

    def focus(self, service: str) -> None:
        self.focused.append(service)

    def stop(self) -> None:
        """Nothing runs."""


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice host; tests put an edge of their own before it."""
    return open_host(practice_host.project.directory)


def _carried(host: Host, edge: Any, folder: Path, plan: ProbePlan = PLAN) -> list[Event]:
    folder.mkdir(exist_ok=True)
    feed = FeedWriter(folder / "feed.jsonl")
    with watched(replace(host, probe=lambda: edge), plan, feed, folder, folder):
        feed.emit("step", "roll:docs", state="started", service="docs")
    return FeedReader(folder / "feed.jsonl").read()


def test_what_was_counted_is_told_and_goes_on_after_a_crash(host: Host, tmp_path: Path) -> None:
    """The second process of a run goes on with the counts of the first, and with what it had learned."""
    folder = tmp_path / "run"
    edge = _Edge((A, OK), (B, "reset"), (A, Answer(502)))
    events = _carried(host, edge, folder)
    assert edge.focused == ["docs"]
    last = [event for event in events if event.kind == "measure"][-1].data
    assert {key: last[key] for key in ("sent", "answered", "lost")} == {"sent": 3, "answered": 1, "lost": 2}
    assert last["kinds"] == {"502": 1, "reset": 1}
    assert set(last["second"]) == {"answered", "lost", "p50_ms", "p99_ms"}

    again = _carried(host, _Edge((A, OK), (B, OK), silent=(A, B)), folder)
    last = [event for event in again if event.kind == "measure"][-1].data
    assert {key: last[key] for key in ("sent", "answered", "lost")} == {"sent": 5, "answered": 3, "lost": 2}
    kept = memory.load(host.files, folder)
    assert kept is not None
    assert {name: (one.sent, one.lost) for name, one in kept.by_service().items()} == {
        "docs": (2, 1),
        "gateway": (3, 1),
    }
    assert (folder / memory.NAME).stat().st_mode & 0o777 == 0o600


def test_a_route_that_was_silent_before_is_not_probed(host: Host, tmp_path: Path) -> None:
    """Nobody can lose what was not there; the run says so."""
    events = _carried(host, _Edge((A, OK), silent=(B,)), tmp_path / "run")
    assert any("b did not answer before the run" in event.text for event in events)
    assert [event for event in events if event.kind == "measure"][-1].data["sent"] == 1


class _Broken(_Edge):
    """An edge whose every method is a bug."""

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        raise RuntimeError("secret")


class _BreaksOff(_Edge):
    """A probe that cannot begin."""

    def start(self, routes: Sequence[Route], *, rate: float, settled: Settled) -> "_Edge":
        raise OSError("secret")


@pytest.mark.parametrize("edge", [_Broken(), _BreaksOff()])
def test_a_broken_probe_never_fails_a_run(host: Host, tmp_path: Path, edge: _Edge) -> None:
    """The run goes on and says that nobody measures; what an exception held is not repeated."""
    events = _carried(host, edge, tmp_path / "run")
    said = " ".join(event.text for event in events)
    assert "the edge is not probed" in said
    assert "the run goes on" in said
    assert "secret" not in said


def test_what_is_kept_may_be_damaged(host: Host, tmp_path: Path) -> None:
    """A torn file is as none: it is learned anew."""
    folder = tmp_path / "run"
    folder.mkdir()
    for text in ("", "{", "[]", '{"identities": {"a": 1}}'):
        (folder / memory.NAME).write_text(text)
        assert memory.load(host.files, folder) is None
        assert [event for event in _carried(host, _Edge((A, OK)), folder) if event.kind == "measure"]
        (folder / memory.NAME).unlink()


def test_verify_waits_for_the_edge_and_says_who_is_silent(host: Host) -> None:
    """A service that is gone from the edge is named with how it fails; once back, all answer."""
    model = host.stack.resolve()
    routes = plan_probe(model, model, ProbeSection()).routes
    identities = learn(host, routes)
    (gateway,) = host.stack.containers("gateway")
    host.stack.stop(gateway.id, grace_s=10)
    assert wait_for_all(host, routes, identities, limit_s=3) == {"gateway": "misrouted"}
    host.stack.up("gateway")
    assert wait_for_all(host, routes, identities, limit_s=600) == {}


def test_a_whole_upgrade_is_measured(practice_host: PracticeHost, tmp_path: Path) -> None:
    """The plan names the routes; the run counts, verifies through the edge, and keeps no answer and no secret."""
    checkout = practice_host.project.directory
    host = open_host(checkout)
    host.repo.fetch()
    practice_host.state.set("speed", 100.0)
    answers = answer_all(checkout, "v2.0.0", tmp_path / "answers.toml")
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", checkout, "--answers", answers)
    assert "10 routes" in plan.out
    assert "http://id.example.test/api" in plan.out
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", checkout, "--yes", "--answers", answers)
    assert said.code == ExitCode.DONE, said.err
    assert "all 10 routes answer through the edge" in said.err
    folder = host.state.run(host.journal().runs()[0].id)
    kept = memory.load(host.files, folder)
    assert kept is not None
    assert kept.total.sent == kept.total.answered + kept.total.lost > 100
    assert set(kept.by_service()["gateway"].kinds) == {"misrouted"}, "between its schema and its roll it is away"
    assert kept.by_service()["docs"].lost == 0
    text = (folder / memory.NAME).read_text()
    assert "example.test" not in text
    assert json.loads(text)["total"]["lost"] == kept.total.lost


def test_who_answers_is_learned_during_the_snapshot_and_known_before_the_next_step(
    host: Host, tmp_path: Path
) -> None:
    """A first look that takes long does not hold the snapshot up, and whatever follows waits for it."""
    folder, looking = tmp_path / "run", threading.Event()
    folder.mkdir()
    steps, edge = list[str](), _Edge((A, OK))

    class Slow(_Edge):
        def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
            assert looking.wait(20.0)
            steps.append("looked")
            return edge.ask(routes)

    feed = FeedWriter(folder / "feed.jsonl")
    with watched(replace(host, probe=lambda: Slow((A, OK))), PLAN, feed, folder, folder, during="snapshot"):
        feed.emit("step", "snapshot", state="started")
        steps.append("snapshot")
        looking.set()
        feed.emit("step", "checkout", state="started")
        steps.append("checkout")
    assert steps[0] == "snapshot"
    assert steps[-1] == "checkout"
    assert "looked" in steps[1:-1]
