"""A container that was halted, or signalled, and let go on is still started again by the engine when it crashes."""

import os
import secrets
import signal
from collections.abc import Iterator

import pytest

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.postgres.clients import DockerClients
from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from tests.lab.engine import Lab
from tests.waiting import until

pytestmark = pytest.mark.engine


@pytest.fixture
def image(lab: Lab) -> str:
    """One of the lab's that has a shell."""
    found = lab.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    return next(one for one in found if lab.registry in one and "/valkey:" in one)


@pytest.fixture
def running(lab: Lab, image: str) -> Iterator[str]:
    """The id of a container that is to be started again."""
    name = f"avnwizard-signals-test-{secrets.token_hex(4)}"
    words = ("run", "-d", "--name", name, "--restart", "unless-stopped", "--entrypoint", "sh")
    yield lab.docker(*words, image, "-c", "trap : USR1; while :; do sleep 0.2; done").stdout.strip()
    lab.docker("rm", "-f", name, check=False)


def _state(lab: Lab, container: str, what: str) -> str:
    return lab.docker("container", "inspect", "--format", f"{{{{.{what}}}}}", container).stdout.strip()


def test_its_restart_policy_holds(lab: Lab, image: str, running: str) -> None:
    """`docker kill --signal`, whatever the signal, would have ended that."""
    clients = DockerClients(DockerCli(lab.env), lambda name: ContainerPostgresAccess(name, environ=lab.env))
    clients.signal(image, [running], "STOP")
    program = _state(lab, running, "State.Pid")
    assert lab.docker("top", running, "-eo", "pid,stat").stdout.split(program, 1)[1].split()[0].startswith("T")
    clients.unpause(image, [running])
    clients.signal(image, [running], "USR1")
    assert _state(lab, running, "RestartCount") == "0"
    os.kill(int(program), signal.SIGKILL)
    until(lambda: _state(lab, running, "RestartCount") == "1")
    until(lambda: _state(lab, running, "State.Status") == "running")
