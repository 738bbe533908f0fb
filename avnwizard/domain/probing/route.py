"""What the edge is asked, and what comes back."""

from dataclasses import dataclass, field, replace
from typing import Literal

Loss = Literal["refused", "reset", "timeout", "502", "503", "504", "5xx", "misrouted"]
"""How a request was lost. `misrouted`: another rule answered, or Traefik's own 404, since the router was gone."""
Turned = Literal["400", "401", "403", "404", "429", "4xx", "redirected", "let in", "degraded"]
"""How an answer is another one than the route gave before, though its service gave it: `let in` where it asked for
credentials before, `degraded` where a short body now says so."""
Failure = Literal["refused", "reset", "timeout"]


@dataclass(frozen=True)
class Route:
    """One request that the probe sends again and again: a GET through the edge.

    Attributes:
        name: the router's.
        service: the compose service behind it, "" where only the operator knows.
        address: where the edge listens on this host, such as "127.0.0.1".
        tls: spoken with the host as server name; the certificate is not judged, since the address is this host's.
        next: the router of another service that answers while this service is away, "" for none (Traefik's own 404).
        decoy: a path that `next` answers now, by which its answers are known; "" where there is none.
        decoy_host: at which host, "" for the same.
        also: further services over which the edge spreads its requests.
    """

    name: str
    service: str
    address: str
    port: int
    tls: bool
    host: str
    path: str
    next: str = ""
    decoy: str = ""
    decoy_host: str = ""
    also: tuple[str, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """The compose services behind it; () where only the operator knows."""
        return tuple(name for name in (self.service, *self.also) if name)

    @property
    def asking_next(self) -> "Route":
        """The same way through the edge to the router `next`."""
        return replace(self, path=self.decoy, host=self.decoy_host or self.host)

    @property
    def url(self) -> str:
        """As one would type it."""
        return f"{'https' if self.tls else 'http'}://{self.host}{self.path}"


@dataclass(frozen=True)
class LeftOut:
    """A router that is not probed."""

    router: str
    why: str


@dataclass(frozen=True)
class ProbePlan:
    """How the edge is probed during a run.

    Attributes:
        rate: requests a second, over all routes.
        off: why nothing is probed, "" when something is.
        silent: routers that did not answer when the plan was made.
        alike: routers whose answers were like those of the next rule's then.
    """

    rate: float = 0.0
    routes: tuple[Route, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    off: str = ""
    silent: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came back, whole.

    Attributes:
        headers: lower-case names; of several alike, the last.
        body: the first 4 KiB.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Outcome = Answer | Failure
