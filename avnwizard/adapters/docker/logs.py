"""The last lines of a container's output."""

from collections import deque

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.errors import HostError


def last_lines(cli: DockerCli, container_id: str, lines: int, since: float = 0.0) -> tuple[str, ...]:
    """Stdout and stderr together, as they are (hostile); () when the container is gone.

    Args:
        since: seconds since the epoch; 0 for whenever.
    """
    kept: deque[str] = deque(maxlen=lines)
    from_then = ("--since", f"{since:.3f}") if since else ()
    argv = ("docker", "logs", "--tail", str(lines), *from_then, container_id)
    try:
        cli.stream(argv, kept.append, timeout_s=60.0)
    except HostError as error:
        if "no such container" in error.message.lower():
            return ()
        raise
    return tuple(kept)
