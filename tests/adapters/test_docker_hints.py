"""What Docker's CLI complains of becomes an error with something to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import inspected_images, labelled
from avnwizard.errors import HostError

_GONE = "#!/bin/sh\necho 'Cannot connect to the Docker daemon at unix:///run/docker.sock.' >&2\nexit 1\n"


@pytest.mark.parametrize(
    "ask", [lambda cli: inspected_images(cli, ["web"]), lambda cli: labelled(cli, "com.example=1")]
)
def test_an_engine_that_is_gone(tmp_path: Path, ask: Callable[[DockerCli], object]) -> None:
    """Each read says how to start it."""
    docker = tmp_path / "docker"
    docker.write_text(_GONE)
    docker.chmod(0o755)
    cli = DockerCli({"PATH": f"{tmp_path}:/usr/bin:/bin", "DOCKER_HOST": f"unix://{tmp_path}/nowhere.sock"})
    with pytest.raises(HostError) as raised:
        ask(cli)
    assert "systemctl start docker" in raised.value.hint
