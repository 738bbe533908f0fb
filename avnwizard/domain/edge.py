"""What the reverse proxy before the stack looks like to a roll: plain values."""

from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.traefik.holding import TARGET

_FIRST_MAJOR = 3


@dataclass(frozen=True)
class EdgeFacts:
    """The Traefik that routes to the stack.

    Attributes:
        container: its id; `name` as `docker ps` shows it; `service` of this project, "" where another one runs it.
        version: such as "3.7.15", "" where it does not tell.
        api: whether its API answers from here.
        docker_provider: whether it reads containers' labels; None where its settings cannot be seen.
        exposed_by_default: None where its settings cannot be seen.
        default_rule: the template of the rule of routers without one; "" where it cannot be seen.
        holds: whether it finds containers by their names, so that a director can hold requests.
    """

    container: str
    name: str
    service: str
    version: str
    api: bool
    docker_provider: bool | None = None
    exposed_by_default: bool | None = None
    default_rule: str = ""
    holds: bool = False

    @property
    def major(self) -> int:
        """The major version, 0 where it is not known."""
        head = self.version.removeprefix("v").partition(".")[0]
        return int(head) if head.isdigit() else 0

    @property
    def why_no_director(self) -> str:
        """Why no director can steer it; "" when one can."""
        if self.major and self.major < _FIRST_MAJOR:
            return f"Traefik {self.version} takes no server address from a label (v3 does)"
        return "Traefik does not read containers' labels" if self.docker_provider is False else ""


@dataclass(frozen=True)
class Director:
    """A helper container that steers Traefik during a roll.

    Attributes:
        token: names the set that it belongs to.
        target: the id of the container that it directs to; of one that holds requests, `held` and a number.
        running: a director that does not run steers nothing.
    """

    id: str
    service: str
    run: str
    token: str
    target: str
    lift: int
    running: bool

    @property
    def holds(self) -> bool:
        """Whether requests wait by it until a container is there."""
        return self.target.startswith(TARGET)


SeenBy = Literal["netns", "exec", "nothing"]


@dataclass(frozen=True)
class Connections:
    """The inbound connections of a container, counted in its own network namespace.

    Attributes:
        established: all of them, those that a proxy keeps for later included.
        busy: those on which an answer is owed or bytes moved in the last second; where the kernel does not tell
            (`exec`), those with bytes in a queue.
        calls: those of others than the proxy, which ask by name and go on asking for as long as it is there. Only
            where one answer takes long they are among the busy instead.
        seen_by: `netns` shows all, `exec` (no root: /proc/net/tcp of the container) less, `nothing` nothing.
    """

    established: int
    busy: int
    seen_by: SeenBy
    calls: int = 0
