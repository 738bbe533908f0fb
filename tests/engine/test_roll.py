"""The roll on a real engine, by a service that exits at once on SIGTERM: no request lost, whatever happens."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from avnwizard.adapters.state.finding import STATE_DIR
from avnwizard.adapters.traefik import TraefikEdge
from avnwizard.practice.product.template import COMPOSE_FILE
from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.probe import Probe
from tests.lab.rolls import PATIENCE, carry, stamp
from tests.lab.stack import DOMAIN, LabStack
from tests.waiting import until

pytestmark = pytest.mark.engine
SERVICE = "docs"
EFFECTS = ("start-new", "direct", "undirect-former", "remove-old", "undirect")
"""In their order. The end of one and the beginning of the next are one state, so each is tried from one side."""
API = {"with API": "true", "without API": "false"}
BACK = ("start-new", "direct", "undirect-former", "undirect")
"""From "remove-old" the way back is tried with and without Traefik's API."""
_number = count()


@pytest.fixture(scope="module", params=API)
def running(lab: Lab, worker_id: str, request: pytest.FixtureRequest) -> Iterator[LabStack]:
    """One stack for these tests; all leave it serving."""
    settings = {"SHUTDOWN_MODE": "abrupt", "TRAEFIK_API": API[request.param]}
    made = bring_up(lab, f"roll-{worker_id}", settings=settings)
    yield made
    made.remove()


@pytest.fixture
def former(running: LabStack) -> str:
    """The compose file as it is rolled out now."""
    return (running.clone / COMPOSE_FILE).read_text("utf-8")


@pytest.fixture
def stack(running: LabStack, former: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabStack:
    """The stack with a change to roll: `docs` gets another setting."""
    assert SERVICE in former
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, running.env[name])
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    stamp(running, SERVICE, f"s{os.getpid()}-{next(_number)}")
    return running


def _probe(stack: LabStack, rate: float = 20) -> Probe:
    return Probe(stack.ports.web, f"docs.{DOMAIN}", "/whoami", rate, service=SERVICE)


def _is_settled(stack: LabStack) -> None:
    """One container, no director, and nothing to do for a plain `docker compose up -d`."""
    edge = TraefikEdge(stack.project, environ=stack.env)
    assert edge.directors() == ()
    ours = [each for each in stack.compose("ps", "-aq", SERVICE).stdout.split() if each]
    assert len(ours) == 1
    said = stack.compose("up", "-d", "--dry-run").stderr
    assert [line for line in said.splitlines() if "reat" in line] == []


def _lost(probe: Probe) -> str:
    """What was lost, "" for nothing."""
    assert probe.report is not None
    return str(probe.report) if probe.report.lost_total or not probe.report.sent else ""


def test_a_roll_under_load(stack: LabStack, tmp_path: Path) -> None:
    """Not one request of a hundred a second is lost, both containers answered, and Compose has nothing to do."""
    with _probe(stack, rate=100) as probe:
        assert carry(stack, tmp_path, SERVICE, "one") == 0
    assert _lost(probe) == ""
    assert probe.report is not None
    assert len(probe.report.answered_by) == 2
    _is_settled(stack)


def test_labels_that_change(stack: LabStack, tmp_path: Path) -> None:
    """Two containers whose labels disagree make Traefik drop the router: the guard holds the edge meanwhile."""
    name = f"traefik.http.services.docs.loadbalancer.sticky.cookie.name: c{next(_number)}"
    key, _, value = name.partition(": ")
    file = stack.clone / COMPOSE_FILE
    text = file.read_text("utf-8")
    file.write_text("".join(line for line in text.splitlines(keepends=True) if key not in line), "utf-8")
    stamp(stack, SERVICE, f"l{next(_number)}", **{key: value})
    with _probe(stack, rate=50) as probe:
        assert carry(stack, tmp_path, SERVICE, "one") == 0
    assert _lost(probe) == ""
    _is_settled(stack)


def test_one_that_never_gets_healthy(stack: LabStack, tmp_path: Path) -> None:
    """The old one serves on, the new one is gone, and no director is left."""
    file = stack.clone / COMPOSE_FILE
    good = file.read_text("utf-8")
    before = stack.compose("ps", "-q", SERVICE).stdout.split()
    start = good.index("\n  docs:\n")
    healthy = '["CMD", "healthcheck", "http://127.0.0.1:8080/health/ready"]'
    file.write_text(good[:start] + good[start:].replace(healthy, '["CMD", "false"]', 1), "utf-8")
    try:
        with _probe(stack) as probe:
            assert carry(stack, tmp_path, SERVICE, "one", patience=replace(PATIENCE, healthy_s=5.0)) == 4
        assert _lost(probe) == ""
        assert stack.compose("ps", "-aq", SERVICE).stdout.split() == before
        assert TraefikEdge(stack.project, environ=stack.env).directors() == ()
    finally:
        file.write_text(good, "utf-8")


def test_killed_after_every_effect(stack: LabStack, tmp_path: Path) -> None:
    """One roll, killed after each effect and taken up again: the edge serves, no director and no double is left."""
    with _probe(stack) as probe:
        for effect in EFFECTS:
            point = f"roll:{SERVICE}:{effect}:after"
            assert carry(stack, tmp_path, SERVICE, "one", kill_at=point) == -signal.SIGKILL, point
        assert carry(stack, tmp_path, SERVICE, "one") == 0
    assert _lost(probe) == ""
    _is_settled(stack)


def test_killed_and_rolled_back(stack: LabStack, former: str, tmp_path: Path) -> None:
    """Killed where the old one would be removed, it goes back, and no director and no double is left."""
    _killed_and_rolled_back(stack, former, tmp_path, "remove-old")


@pytest.mark.parametrize("running", ["with API"], indirect=True, scope="module")
@pytest.mark.parametrize("effect", BACK)
def test_killed_before_it_and_rolled_back(stack: LabStack, former: str, tmp_path: Path, effect: str) -> None:
    """The same before each other effect."""
    _killed_and_rolled_back(stack, former, tmp_path, effect)


def _killed_and_rolled_back(stack: LabStack, former: str, tmp_path: Path, effect: str) -> None:
    with _probe(stack) as probe:
        point = f"roll:{SERVICE}:{effect}:before"
        assert carry(stack, tmp_path, SERVICE, "one", kill_at=point) == -signal.SIGKILL
        (stack.clone / COMPOSE_FILE).write_text(former, "utf-8")
        assert carry(stack, tmp_path, SERVICE, "back") == 0
    assert _lost(probe) == ""
    _is_settled(stack)


def test_a_director_that_is_found(stack: LabStack, tmp_path: Path) -> None:
    """By its label alone; Compose does not know it; it has no network; its labels are in no command line."""
    assert carry(stack, tmp_path, SERVICE, "one", kill_at=f"roll:{SERVICE}:direct:after") == -signal.SIGKILL
    edge = TraefikEdge(stack.project, environ=stack.env)
    (found,) = edge.directors(SERVICE)
    assert found.running
    assert edge.directors("web") == ()
    assert found.id not in stack.compose("ps", "-aq").stdout
    assert stack.lab.docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", found.id).stdout.strip() == "none"
    assert "traefik.http" not in stack.lab.docker("inspect", "-f", "{{.Args}}", found.id).stdout
    until(lambda: edge.knows(SERVICE, [found.target]))
    assert carry(stack, tmp_path, SERVICE, "one") == 0
    _is_settled(stack)
