"""A routed service without a health check: avnwizard asks it itself, and no request is lost on the way."""

import os
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.probing import Outcome, Route, judge
from avnwizard.domain.readiness import Readiness
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.engine.faults import KILL_AT, LOG_TO
from avnwizard.flows.edge.baseline import learn
from avnwizard.flows.roll import handover
from avnwizard.flows.roll.handover import Patience
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.product.template import COMPOSE_FILE
from avnwizard.wiring import open_host
from tests.lab.rolls import carry_here, told
from tests.practice.crash_world import KILLED
from tests.waiting import until

_SERVICE = "docs"
_SPEED = 50.0
_READY = Readiness(8080, "/", "docs.id.example.test")
_PATIENCE = Patience(healthy_s=20.0, drain_s=2.0, drain_limit_s=20.0)
_number = count()


class _Stack:
    """A practice stack whose `docs` has no health check, and a probe that counts what its route answers."""

    def __init__(self, practice: PracticeHost) -> None:
        practice.state.set("speed", _SPEED)
        self.practice, self.home = practice, practice.home
        self.file = practice.project.directory / COMPOSE_FILE
        text, checked = self.file.read_text("utf-8"), "    healthcheck:\n      <<: *health\n      test: "
        head, docs = text[: text.index("  docs:\n")], text[text.index("  docs:\n") :]
        assert checked in docs
        start, end = docs.index(checked), docs.index("]\n", docs.index(checked)) + 2
        self.file.write_text(f"{head}{docs[:start]}    healthcheck:\n      disable: true\n{docs[end:]}", "utf-8")
        self.former = self.file.read_text("utf-8")
        self.host = open_host(practice.project.directory)
        self.host.stack.up(_SERVICE)
        until(self._answers)
        model = self.host.stack.resolve()
        routes = [one for one in plan_probe(model, model, ProbeSection()).routes if one.service == _SERVICE]
        assert len(routes) == 1
        self.routes, self.identities = routes, learn(self.host, routes)
        self.counts: Counter[str] = Counter()

    def _answers(self) -> bool:
        (one,) = self.host.stack.containers(_SERVICE)
        assert one.health == "none"
        return self.host.edge.answer(one.id, _READY) == 200

    def change(self) -> None:
        """Something to roll."""
        line = f"      STAMP: s{next(_number)}\n      SHUTDOWN_MODE"
        head, _, docs = self.former.partition("  docs:\n")
        self.file.write_text(f"{head}  docs:\n{docs.replace('      SHUTDOWN_MODE', line, 1)}", "utf-8")

    def roll_to(self, tag: str) -> None:
        """Another image to roll to."""
        head, _, docs = self.former.partition("  docs:\n")
        image = self.host.stack.resolve().services[_SERVICE].image
        newer = f"{image.rpartition(':')[0]}:{tag}"
        self.file.write_text(f"{head}  docs:\n{docs.replace(image, newer, 1)}", "utf-8")
        self.host.stack.pull(newer, lambda _line: None)

    def carry(self, folder: Path, run: str, *, kill_at: str = "", log_to: Path | None = None) -> int:
        """A roll, or the rest of it, in a process of its own while the route is probed; as a shell would say its end.

        The process is forked before the probe's thread is there.
        """
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.read(read, 1)
                os.environ.update({KILL_AT: kill_at} if kill_at else {})
                os.environ.update({LOG_TO: str(log_to)} if log_to else {})
                code = carry_here(open_host(self.home), folder, _SERVICE, run, _PATIENCE)
            finally:
                os._exit(code)
        probe = self.host.probe().start(self.routes, rate=20, settled=self._settled)
        self._more_answers()
        os.write(write, b"!")
        _, status = os.waitpid(child, 0)
        for end in (read, write):
            os.close(end)
        self._more_answers()
        probe.stop()
        assert not probe.problem
        return os.waitstatus_to_exitcode(status)

    def _more_answers(self) -> None:
        before = self.counts["answered"]
        until(lambda: self.counts["answered"] > before + 20)

    def _settled(self, route: Route, outcome: Outcome, _due_s: float, _ended_s: float) -> None:
        self.counts[judge(outcome, self.identities[route.name], route)] += 1

    def is_settled(self) -> None:
        """One container that answers, and no director."""
        assert self.host.edge.directors() == ()
        assert self._answers()


@pytest.fixture
def stack(practice_host: PracticeHost) -> _Stack:
    """A stack with a change of `docs` to roll."""
    made = _Stack(practice_host)
    made.change()
    return made


def test_the_plan_says_who_asks(practice_host: PracticeHost) -> None:
    """It is surged, and the reason names port, path and what counts; the way that it is asked is in the plan."""
    stack = _Stack(practice_host)
    assert releases.fetch(stack.host) == ""
    draft = inputs.draft(stack.host, "v2.0.0")
    plan = prepare(stack.host, draft, Answers().accepting(draft.decisions(Answers()))).plan
    (part,) = [one for one in plan.services if one.service == _SERVICE]
    assert (part.strategy, part.handover, part.may_lose) == ("surge", "director", "")
    assert "it has no health check: avnwizard asks port 8080 for / until it answers" in part.reason
    assert part.ready is not None
    assert (part.ready.port, part.ready.path, part.ready.named) == (8080, "/", False)


def test_a_container_that_does_not_answer_now_is_recreated(practice_host: PracticeHost) -> None:
    """Nobody could tell when the new one is ready: the plan says what was asked, and what came."""
    stack = _Stack(practice_host)
    assert releases.fetch(stack.host) == ""
    stack.file.write_text(stack.former.replace('server.port: "8080"', 'server.port: "8081"'), "utf-8")
    draft = inputs.draft(stack.host, "v2.0.0")
    plan = prepare(stack.host, draft, Answers().accepting(draft.decisions(Answers()))).plan
    (part,) = [one for one in plan.services if one.service == _SERVICE]
    assert (part.strategy, part.ready) == ("recreate", None)
    assert "asked now, its container gave no answer on port 8081 for /" in part.reason


def test_a_roll_loses_nothing(stack: _Stack, tmp_path: Path) -> None:
    """Traefik routes to the new container from its start; a director holds the edge until it answers."""
    (old,) = stack.host.stack.containers(_SERVICE)
    assert stack.carry(tmp_path, "one") == 0
    assert set(stack.counts) == {"answered"}
    stack.is_settled()
    assert [one.id for one in stack.host.stack.containers(_SERVICE)] != [old.id]
    assert any("answering on port 8080 for 3 s or longer" in line for line in told(tmp_path, "one"))


def test_without_the_director_it_would_lose(stack: _Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above proves: where nothing holds the edge, the new container is asked before it is up."""
    monkeypatch.setattr(handover, "hold_old", lambda *_: None)
    assert stack.carry(tmp_path, "one") == 0
    assert stack.counts["502"] > 0


def test_one_that_is_never_ready(stack: _Stack, tmp_path: Path) -> None:
    """It runs and answers 503: it is taken away again, and what served goes on serving."""
    (old,) = stack.host.stack.containers(_SERVICE)
    stack.practice.order("roll:docs")
    stack.roll_to("v2.0.0")
    assert stack.carry(tmp_path, "one") == 4
    assert set(stack.counts) == {"answered"}
    stack.is_settled()
    assert [one.id for one in stack.host.stack.containers(_SERVICE)] == [old.id]


def test_killed_anywhere(stack: _Stack, tmp_path: Path) -> None:
    """Killed at each fault point of the roll: nothing is lost, resumed or rolled back."""
    log = tmp_path / "points"
    assert stack.carry(tmp_path, "calm", log_to=log) == 0
    points = [point for point in log.read_text("utf-8").split() if point.startswith(f"roll:{_SERVICE}:")]
    assert {point.split(":")[2] for point in points} >= {"guard", "start-new", "direct", "remove-old", "undirect"}
    for number, point in enumerate(points):
        former = stack.file.read_text("utf-8")
        stack.change()
        assert stack.carry(tmp_path, f"{number}", kill_at=point) == KILLED, point
        if number % 2:
            assert stack.carry(tmp_path, f"{number}") == 0, point
        else:
            stack.file.write_text(former, "utf-8")
            assert stack.carry(tmp_path, f"back {number}") == 0, point
        assert (point, set(stack.counts)) == (point, {"answered"})
        stack.is_settled()
