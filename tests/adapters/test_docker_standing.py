"""Which containers serve, as the engine's list and `docker ps` tell it (Engine 20.10 to 29)."""

import json
from pathlib import Path
from typing import Any

import pytest

from avnwizard.adapters.docker.standing import standing, standing_from, standing_from_line
from avnwizard.domain.probing import Standing
from avnwizard.errors import HostError
from tests.adapters.small_engine import cli_saying, engine_that_answers

_SERVICE, _ONE_OFF = "com.docker.compose.service", "com.docker.compose.oneoff"


def _listed(status: str, *, state: str = "running", **labels: str) -> dict[str, Any]:
    return {"Id": "c1", "State": state, "Status": status, "Labels": {_SERVICE: "risk", _ONE_OFF: "False", **labels}}


@pytest.mark.parametrize(
    ("status", "serves"),
    [
        ("Up 2 minutes", True),
        ("Up 2 minutes (healthy)", True),
        ("Up 2 minutes (unhealthy)", False),
        ("Up Less than a second (health: starting)", False),
    ],
)
def test_a_running_container_serves_unless_its_check_fails(status: str, serves: bool) -> None:
    """One without a health check serves as soon as it runs; Traefik sees it so too."""
    assert standing_from(_listed(status)) == Standing("c1", "risk", serves)
    assert standing_from_line(f"c1\trunning\t{status}\trisk\tFalse") == Standing("c1", "risk", serves)


@pytest.mark.parametrize(
    "listed",
    [
        _listed("Up 2 minutes (Paused)", state="paused"),
        _listed("Restarting (1) 2 seconds ago", state="restarting"),
        _listed("Exited (0) 2 seconds ago", state="exited"),
        _listed("Up 2 minutes", **{_ONE_OFF: "True"}),
        {"Id": "c1", "State": "running", "Status": "Up 2 minutes", "Labels": None},
        {},
    ],
)
def test_what_does_not_run_or_is_of_compose_run_is_left_out(listed: dict[str, Any]) -> None:
    """A migration that `compose run` started has the labels of its service, and serves nobody."""
    assert standing_from(listed) is None


def test_the_engine_is_asked_once(tmp_path: Path) -> None:
    """One list for the whole project, and no inspection."""
    both = [_listed("Up 1 second (healthy)"), _listed("Up 1 second (unhealthy)") | {"Id": "c2"}]
    with engine_that_answers(tmp_path, 200, json.dumps(both).encode()) as (engine, cli):
        found = standing(cli, "id")
        assert found == (Standing("c1", "risk", serves=True), Standing("c2", "risk", serves=False))
    assert engine.asked == ['/containers/json?filters={"label": ["com.docker.compose.project=id"]}']


@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (200, b"no JSON"), (200, b'{"message": "x"}')])
def test_an_engine_that_does_not_answer_is_not_one_without_containers(
    tmp_path: Path, status: int, body: bytes
) -> None:
    """It is an error: nobody may be taken for away because of it."""
    with (
        engine_that_answers(tmp_path, status, body) as (_, cli),
        pytest.raises(HostError, match="does not say which"),
    ):
        standing(cli, "id")


def test_an_engine_elsewhere_is_asked_by_thecli_saying(tmp_path: Path) -> None:
    """`docker ps` with what the list has; lines of another shape are passed over."""
    lines = "c1\\trunning\\tUp 2 minutes (healthy)\\trisk\\tFalse\\nodd line\\n"
    cli = cli_saying(tmp_path, f'if [ "$1" = ps ]; then printf "{lines}"; else echo tcp://elsewhere:2376; fi')
    assert standing(cli, "id") == (Standing("c1", "risk", serves=True),)
