"""The inbound connections of a container, by what this user may look at."""

from pathlib import Path

from avnwizard.adapters.docker import netns
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import inspected
from avnwizard.adapters.docker.netns import Link
from avnwizard.domain.edge import Connections

_EXEC_S = 10.0
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_FIELDS = 5


def connections_of(
    cli: DockerCli, container_id: str, *, quiet_s: float, edge: frozenset[str] | None = None
) -> Connections:
    """The connections now; none are `seen_by` "nothing" where nobody may look, or the container is gone.

    Args:
        edge: the addresses of the proxy that asks no more once it knows that; None where it may be anyone.
        quiet_s: a connection on which nothing moved for so long, and no answer is owed, is idle.
    """
    state = (inspected(cli, container_id) or {}).get("State") or {}
    pid = int(state.get("Pid") or 0)
    if pid and _is_here(pid, container_id):
        try:
            links = netns.inbound(netns.links_of(pid))
        except OSError:
            pass  # not root, or gone in between: the container itself may tell
        else:
            return _counted(links, int(quiet_s * 1000), edge)
    done = cli.try_(("docker", "exec", container_id, "cat", *_TABLES), timeout_s=_EXEC_S)
    if not done.text.strip().startswith("sl"):
        return Connections(0, 0, "nothing")
    try:
        links = netns.inbound(links_from_table(done.text))
    except ValueError:  # the container's own `cat` has written it
        return Connections(0, 0, "nothing")
    return Connections(len(links), sum(bool(one.unread or one.unsent) for one in links), "exec")


def _counted(links: list[Link], quiet_ms: int, edge: frozenset[str] | None) -> Connections:
    moving = [one for one in links if netns.is_busy(one, quiet_ms=quiet_ms)]
    calls = [one for one in moving if edge is not None and one.peer not in edge]
    quick = sum(not netns.is_long(one, quiet_ms=quiet_ms) for one in calls)
    return Connections(len(links), len(moving) - quick, "netns", quick)


def links_from_table(text: str) -> list[Link]:
    """The sockets of /proc/net/tcp and tcp6 (proc(5)); the table knows no times.

    Raises:
        ValueError: a line is none of such a table.
    """
    links = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < _FIELDS or ":" not in words[1] or words[0] == "sl":
            continue
        unsent, _, unread = words[4].partition(":")
        port, state = int(words[1].rpartition(":")[2], 16), int(words[3], 16)
        links.append(Link(port, state, int(unread or "0", 16), int(unsent, 16), 0, 0))
    return links


def _is_here(pid: int, container_id: str) -> bool:
    """Whether that process of this machine is really the container's: the engine may be on another one."""
    try:
        return container_id in Path(f"/proc/{pid}/cgroup").read_text("utf-8")
    except OSError:
        return False
