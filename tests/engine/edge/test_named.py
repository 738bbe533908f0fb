"""A service with a `container_name` is surged: the new container takes the name over, and nobody misses it."""

import json
import signal
from pathlib import Path

import pytest

from tests.engine.edge.checks import is_settled, lost, probe
from tests.lab.callers import calling
from tests.lab.edge_stack import EdgeStack
from tests.lab.rolls import carry, stamp
from tests.waiting import until

pytestmark = pytest.mark.engine
SERVICE = "bare"
_DRAIN = "/tmp/drain"  # noqa: S108 - in the container
_MISSED = 3
"""Calls by name that a roll may cost, as with any surge: about one, where the caller does not try twice."""


@pytest.fixture
def named(edge: EdgeStack) -> EdgeStack:
    """The stack whose `bare` has a fixed name."""
    text, start = edge.compose_file.read_text("utf-8"), f"  {SERVICE}:\n    <<: *service\n"
    assert start in text
    if _line(edge) not in text:
        edge.compose_file.write_text(text.replace(start, f"{start}{_line(edge)}", 1), "utf-8")
        edge.bring_about(SERVICE)
    return edge


def _name(edge: EdgeStack) -> str:
    return f"{edge.stack.project}-the-{SERVICE}"


def _line(edge: EdgeStack) -> str:
    return f"    container_name: {_name(edge)}\n"


def _has_its_name(edge: EdgeStack) -> None:
    is_settled(edge, SERVICE)
    (id_,) = edge.ids(SERVICE)
    assert edge.stack.lab.docker("inspect", "-f", "{{.Name}}", id_).stdout.strip() == f"/{_name(edge)}"


def test_under_load_by_route_and_by_name(named: EdgeStack, mark: str, tmp_path: Path) -> None:
    """No request by route is lost; callers by service and by container name always find a container."""
    before = named.ids(SERVICE)
    stamp(named.stack, SERVICE, mark)
    callers = [calling(named, name, "looks") for name in (SERVICE, _name(named))]
    with probe(named, SERVICE, rate=100) as load:
        until(lambda: bool(named.get(SERVICE)[2]))
        assert carry(named.stack, tmp_path, SERVICE, "one") == 0
    said = [json.loads(caller.communicate()[0]) for caller in callers]
    assert lost(load) == ""
    assert load.report is not None
    assert len(load.report.answered_by) == 2
    for counts in said:
        assert counts.pop("ok") > 100
        assert "gaierror" not in counts
        assert sum(counts.values()) <= _MISSED
    assert named.ids(SERVICE) != before
    _has_its_name(named)


def _fail_its_check(edge: EdgeStack) -> None:
    """Make the only container unhealthy by its drain file, which a roll takes away; it answers all the same."""
    (id_,) = edge.ids(SERVICE)
    docker = edge.stack.lab.docker
    docker("exec", id_, "touch", _DRAIN)
    until(lambda: docker("inspect", "-f", "{{.State.Health.Status}}", id_).stdout.strip() == "unhealthy")


@pytest.mark.parametrize(("point", "way"), [("start-new:after", "rolled back"), ("remove-old:after", "resumed")])
def test_killed(named: EdgeStack, mark: str, tmp_path: Path, point: str, way: str) -> None:
    """With both containers there, or the new one alone under the other name: resumed or rolled back, all is well.

    The new one alone fails its health check when the run is resumed, as on a busy host, so Traefik leaves it out.
    """
    former = named.compose_file.read_text("utf-8")
    stamp(named.stack, SERVICE, mark)
    with probe(named, SERVICE) as load:
        assert carry(named.stack, tmp_path, SERVICE, "one", kill_at=f"roll:{SERVICE}:{point}") == -signal.SIGKILL
        if way == "rolled back":
            named.compose_file.write_text(former, "utf-8")
        else:
            _fail_its_check(named)
        assert carry(named.stack, tmp_path, SERVICE, "one" if way == "resumed" else "back") == 0
    assert lost(load) == ""
    _has_its_name(named)
