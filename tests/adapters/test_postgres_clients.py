"""The clients of a server are halted and let go on by a helper that leaves their restart policy in force."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from avnwizard.adapters.postgres.clients import DockerClients
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.domain.postgres import client_commands as commands
from avnwizard.errors import HostError
from tests.adapters.small_engine import cli_saying, engine_that_answers

_RUNS = json.dumps({"Id": "aa11", "State": {"Running": True, "Pid": 4711}}).encode()
_REFUSED = """
case "$1 $2" in
  context*) echo unix://$PLACE ;;
  "container run") echo "host processes cannot be seen" >&2; exit 125 ;;
esac"""


def _sent(what: str, *programs: str) -> int:
    """Run the helper's script here, as its container would."""
    argv = commands.signal("image", what, programs)
    return subprocess.run(["sh", *argv[argv.index("-c") :]], check=False, capture_output=True).returncode


def test_the_program_of_the_container_gets_the_signal() -> None:
    """One of several, and one that is gone is no error."""
    with subprocess.Popen(["sleep", "60"]) as there, subprocess.Popen(["true"]) as gone:
        gone.wait()
        assert _sent("TERM", f"{gone.pid}:/", f"{there.pid}:/") == 0
        assert there.wait(10) == -signal.SIGTERM


def test_a_number_that_is_anothers_by_now_gets_none() -> None:
    """It would be some other program of the host's."""
    with subprocess.Popen(["sleep", "60"]) as stranger:
        assert _sent("TERM", f"{stranger.pid}:0123456789abcdef") == 1
        assert stranger.poll() is None
        os.kill(stranger.pid, signal.SIGKILL)


def test_one_that_the_helper_cannot_let_go_on_gets_it_from_the_engine(tmp_path: Path) -> None:
    """Without its restart policy then, which is better than to stand still."""
    with engine_that_answers(tmp_path, 200, _RUNS) as (engine, _):
        engine.otherwise["kill?signal=CONT"] = 204
        cli = cli_saying(tmp_path, _REFUSED.replace("$PLACE", str(tmp_path / "e.sock")))
        DockerClients(cli, ContainerPostgresAccess).unpause("image", ["a"])
    assert engine.asked[-1] == "POST /containers/a/kill?signal=CONT"


def test_one_that_cannot_be_halted_is_said_to_go_on(tmp_path: Path) -> None:
    """It is not signalled by the engine, which would never start it again by itself."""
    with engine_that_answers(tmp_path, 200, _RUNS) as (engine, _):
        cli = cli_saying(tmp_path, _REFUSED.replace("$PLACE", str(tmp_path / "e.sock")))
        clients = DockerClients(cli, ContainerPostgresAccess)
        assert clients.pause("image", ["a"]) == ()
        with pytest.raises(HostError, match="host processes cannot be seen"):
            clients.signal("image", ["a"], "USR1")
    assert not any("signal=STOP" in one or "signal=USR1" in one for one in engine.asked)
