"""Requests that wait in Traefik while a service is recreated, and are answered by the new container."""

import http.client
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.adapters.traefik import TraefikEdge
from avnwizard.domain.traefik.holding import is_held
from tests.engine.edge.checks import is_settled, probe
from tests.lab.edge_stack import EdgeStack
from tests.lab.probe import Probe
from tests.lab.rolls import carry, stamp, told
from tests.waiting import until

pytestmark = pytest.mark.engine
SERVICE = "bare"
_UNDER_WAY = 15
"""What the old container may have been answering when it was stopped; a second without a hold loses twice as many."""
_WAITED_S = 5.0
"""On a busy machine a container may take longer to start than requests are held; none is refused at once."""


@pytest.fixture
def alone(edge: EdgeStack) -> Iterator[EdgeStack]:
    """The stack whose `bare` cannot run twice while the test goes on: it keeps data of its own."""
    former, start = edge.compose_file.read_text("utf-8"), f"  {SERVICE}:\n    <<: *service\n"
    assert start in former
    edge.compose_file.write_text(former.replace(start, f"{start}    volumes: [/srv/held:/srv/held]\n", 1), "utf-8")
    yield edge
    edge.compose_file.write_text(former, "utf-8")
    edge.bring_about(SERVICE)


def _was_held(load: Probe) -> None:
    """Old and new container answered, and nobody who was not answered was sent away at once."""
    assert load.report is not None
    assert len(load.report.answered_by) == 2, load.report
    assert not {"404", "misrouted", "refused"} & load.report.lost.keys(), load.report
    assert len([taken_s for taken_s in load.lost_after_s() if taken_s < _WAITED_S]) <= _UNDER_WAY, load.report


def test_a_recreation_is_waited_for(alone: EdgeStack, mark: str, tmp_path: Path) -> None:
    """Requests that nobody could answer wait; only what was under way at the stop is lost."""
    stamp(alone.stack, SERVICE, mark)
    with probe(alone, SERVICE, rate=30) as load:
        assert carry(alone.stack, tmp_path, SERVICE, "waits") == 0
    assert not [line for line in told(tmp_path, "waits") if "not held" in line]
    is_settled(alone, SERVICE)
    _was_held(load)


def test_killed_while_requests_wait(alone: EdgeStack, mark: str, tmp_path: Path) -> None:
    """The new container is reached through the director though avnwizard is gone; resumed, no director is left."""
    before = alone.ids(SERVICE)
    stamp(alone.stack, SERVICE, mark)
    kill = f"roll:{SERVICE}:recreate:after"
    assert carry(alone.stack, tmp_path, SERVICE, "killed", kill_at=kill) == -signal.SIGKILL
    assert not [line for line in told(tmp_path, "killed") if "not held" in line]
    (found,) = TraefikEdge(alone.stack.project, environ=alone.stack.env).directors()
    assert (found.holds, found.running) == (True, True)
    until(lambda: alone.get(SERVICE)[0] == http.client.OK and is_held(alone.get(SERVICE)[1]))
    assert alone.get(SERVICE)[2]["container"] not in {one[:12] for one in before}
    assert carry(alone.stack, tmp_path, SERVICE, "killed") == 0
    is_settled(alone, SERVICE)
