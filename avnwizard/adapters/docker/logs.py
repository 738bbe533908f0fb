"""The last lines of a container's output."""

from collections import deque

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.errors import HostError


def last_lines(cli: DockerCli, container_id: str, lines: int) -> tuple[str, ...]:
    """Stdout and stderr together, as they are (hostile); () when the container is gone."""
    kept: deque[str] = deque(maxlen=lines)
    argv = ("docker", "logs", "--tail", str(lines), container_id)
    try:
        cli.stream(argv, kept.append, timeout_s=60.0)
    except HostError as error:
        if "no such container" in error.message.lower():
            return ()
        raise
    return tuple(kept)
