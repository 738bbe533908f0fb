"""Containers are stopped and removed by the engine itself; what it does not do, the docker CLI tries and explains."""

from pathlib import Path

import pytest

from avnwizard.adapters.docker import ending_api
from avnwizard.adapters.docker.changes import Changes
from avnwizard.errors import HostError
from tests.adapters.small_engine import cli_saying, engine_that_answers

_FAILS = 'if [ "$1" = context ]; then echo unix://$PLACE; else echo "cannot, for a reason" >&2; exit 1; fi'


@pytest.mark.parametrize("status", [204, 304, 404])
def test_the_engine_stops_them(tmp_path: Path, status: int) -> None:
    """All at once, each with its grace in whole seconds; one that has ended or is gone is no error."""
    with engine_that_answers(tmp_path, status, b"") as (engine, cli):
        Changes(cli).stop(["a", "b"], grace_s=60.5)
    assert sorted(engine.asked) == ["POST /containers/a/stop?t=61", "POST /containers/b/stop?t=61"]


@pytest.mark.parametrize("status", [204, 404])
def test_the_engine_removes_them(tmp_path: Path, status: int) -> None:
    """A helper also where it runs."""
    with engine_that_answers(tmp_path, status, b"") as (engine, cli):
        Changes(cli).remove("a")
        Changes(cli).remove_helper("b")
    assert engine.asked == ["DELETE /containers/a", "DELETE /containers/b?force=1"]


@pytest.mark.parametrize("status", [500, 409])
def test_what_the_engine_does_not_do_the_cli_explains(tmp_path: Path, status: int) -> None:
    """Its words are the error's; nobody is taken for stopped."""
    with engine_that_answers(tmp_path, status, b'{"message": "no"}') as (_, _cli):
        cli = cli_saying(tmp_path, _FAILS.replace("$PLACE", str(tmp_path / "e.sock")))
        with pytest.raises(HostError, match="cannot, for a reason"):
            Changes(cli).stop(["a"], grace_s=1.0)
        with pytest.raises(HostError, match="cannot, for a reason"):
            Changes(cli).remove("a")


def test_without_an_engine_at_hand_the_cli_does_it(tmp_path: Path) -> None:
    """Also where the socket is there and nobody answers."""
    said = tmp_path / "said"
    cli = cli_saying(tmp_path, f'[ "$1" != context ] && echo "$@" >> {said} || echo unix://{tmp_path}/none.sock')
    Changes(cli).stop(["a", "b"], grace_s=3.0)
    Changes(cli).remove("a")
    assert said.read_text().splitlines() == ["container stop -t 3 a b", "container rm a"]


def test_the_engine_signals_and_untags(tmp_path: Path) -> None:
    """A signal also where the container is gone or stopped; a name that nobody has any more is no error."""
    with engine_that_answers(tmp_path, 204, b"") as (engine, cli):
        assert ending_api.signal(tmp_path / "e.sock", "a", "CONT")
        assert ending_api.signal(tmp_path / "e.sock", "b", "STOP")
        engine.status = 404
        assert ending_api.signal(tmp_path / "e.sock", "gone", "STOP")
        engine.status = 409
        assert ending_api.signal(tmp_path / "e.sock", "stopped", "CONT")
        engine.status = 404
        Changes(cli).untag("kept/web:1")
    assert engine.asked == [
        "POST /containers/a/kill?signal=CONT",
        "POST /containers/b/kill?signal=STOP",
        "POST /containers/gone/kill?signal=STOP",
        "POST /containers/stopped/kill?signal=CONT",
        "DELETE /images/kept/web:1?noprune=1",
    ]
