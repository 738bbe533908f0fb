"""How the containers of a server's clients are paused: their one program is halted, and later goes on.

`docker kill --signal` would do it, too. But whatever the signal is, the engine takes the container for one that was
stopped by hand from then on: its restart policy starts it again neither when it crashes nor with the machine
(Engine 26.1, `killWithSignal`: `ExitOnNext`, `HasBeenManuallyStopped`). So a helper sends it from outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from avnwizard.domain.commands import Argv

HALT, GO_ON = "STOP", "CONT"
COLUMNS = "pid,ppid,stat"
_ENDED = "Z"


_SEND = """failed=0
for each; do
  pid=${each%%:*}; place=$(cat "/proc/$pid/cgroup" 2>/dev/null) || continue
  case $place in *"${each#*:}"*) kill -s "$0" "$pid" || failed=1 ;; *) failed=1 ;; esac
done
exit $failed"""
"""For each PID:CONTAINER. A program that is gone is no error; a number that is another's by now gets no signal."""


def signal(image: str, what: str, programs: Sequence[str] = ("PID:CONTAINER",)) -> Argv:
    """Send programs a signal; SIGSTOP from outside its container halts a first program like any other.

    Args:
        image: one with a shell, of which nothing else is used.
        programs: the number on the host and the id of the container, with a colon between.
    """
    argv = ["docker", "container", "run", "--rm", "--pid", "host", "--userns", "host", "--network", "none"]
    argv += ["--cap-drop", "ALL", "--cap-add", "KILL", "--security-opt", "no-new-privileges", "--read-only"]
    argv += ["--no-healthcheck", "--pull", "never", "--user", "0", "--entrypoint", "sh", image]
    return (*argv, "-c", _SEND, what, *programs)


def by_docker(name: str, what: str) -> Argv:
    """The same by the engine, which then no longer starts the container again by itself."""
    return ("docker", "container", "kill", "--signal", what, name)


def programs(name: str) -> Argv:
    """The host's `ps` of what runs in a container, with a line of headings."""
    return ("docker", "container", "top", name, "-eo", COLUMNS)


@dataclass(frozen=True)
class Programs:
    """What runs in a container.

    Attributes:
        first: the state of the first program, as `ps` has it ("S", "T", …); "" where it is not known.
        others: how many programs it has started that have not ended.
    """

    first: str
    others: int

    @classmethod
    def of(cls, found: Sequence[Sequence[str]], first: str) -> Self:
        """From what `programs` printed.

        Args:
            found: the words of each line.
            first: the number of the first program on the host.
        """
        known = {line[0]: (line[1], line[2]) for line in found if len(line) == COLUMNS.count(",") + 1}
        others = sum(_is_of(known, pid, first) for pid, (_, state) in known.items() if not state.startswith(_ENDED))
        return cls(known.get(first, ("", ""))[1], others)

    @property
    def stand_still(self) -> bool:
        """Whether the container has one program, and that is halted; what a health check runs does not count."""
        return self.first.startswith("T") and not self.others


def _is_of(known: Mapping[str, tuple[str, str]], pid: str, first: str) -> bool:
    """Whether a program was started by the first one, directly or not."""
    if pid == first:
        return False
    for _ in known:
        pid = known[pid][0]
        if pid == first:
            return True
        if pid not in known:
            return False
    return False
