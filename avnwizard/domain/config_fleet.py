"""`[fleet]` of `avnwizard.toml`: two or more stacks behind one load balancer."""

import re
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

_ADDRESS = re.compile(r"/\S+|[^\s:/]+:[0-9]{1,5}")
_API = re.compile(r"https?://[!-~]+")

_HOUR_S, _DAY_S = 3600, 86_400

Driver = Literal["", "haproxy", "traefik", "command"]


@dataclass(frozen=True)
class FleetSection:
    """`[fleet]`: stacks that share a database behind a load balancer.

    Attributes:
        driver: "haproxy" by its runtime socket, "traefik" by a file of its file provider, "command" by commands of
            your own. "": there is no fleet.
        stacks: name -> the stack's checkout on this host, as an absolute path; two at the least.
        servers: name -> the balancer's name for the stack, where it is another.
        leader: the stack that runs the migrations, and the services in `once`; "" is the first one.
        once: services that may run in one stack alone, such as a mail courier or cron.
        shared: variables of the env files that must be the same in all stacks, compared without being shown.
        socket: of HAProxy, "/path" or "ADDRESS:PORT", with `level admin`.
        backend: HAProxy's backend.
        file: the file that holds Traefik's weighted service and nothing else; avnwizard writes it.
        service: Traefik's weighted service.
        api: where Traefik's API answers, such as "http://127.0.0.1:8080".
        set_weight: your command (a list of words, no shell) that gives a stack its share of new requests.
        drain: your command that sends a stack no new requests.
        status: your command that prints how the balancer works by now, as JSON.
        timeout_s: seconds until a command is ended; it counts as failed then.
        drain_s: for how many seconds a stack's open connections are waited for at most; what is left is cut.
        watch_s: for how many seconds an upgraded stack is watched at each share of the requests.
        bake_s: for how many seconds it serves alone before the next stack is upgraded; the way back is a flip then.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    driver: Driver = ""
    stacks: dict[str, str] = field(default_factory=dict)
    servers: dict[str, str] = field(default_factory=dict)
    leader: str = ""
    once: tuple[str, ...] = ()
    shared: tuple[str, ...] = ("SECRETS_*", "*_SECRET", "*_SECRETS", "POSTGRES_PASSWORD", "COMPOSE_DOMAIN")
    socket: str = "/run/haproxy/admin.sock"
    backend: str = ""
    file: str = ""
    service: str = ""
    api: str = ""
    set_weight: tuple[str, ...] = ()
    drain: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    timeout_s: Annotated[float, Interval(ge=1, le=_HOUR_S)] = 10.0
    drain_s: Annotated[float, Interval(ge=0, le=_DAY_S)] = 60.0
    watch_s: Annotated[float, Interval(ge=0, le=_HOUR_S)] = 10.0
    bake_s: Annotated[float, Interval(ge=0, le=_DAY_S)] = 300.0

    def __post_init__(self) -> None:
        """Refuse a fleet that cannot be one; `ValueError` names the key first."""
        if not self.driver:
            return
        if len(self.stacks) < 2:  # noqa: PLR2004 - as the word says
            raise ValueError("stacks: Must name two stacks at the least")
        for name, place in self.stacks.items():
            if not place.startswith("/"):
                raise ValueError(f"stacks.{name}: Must be an absolute path")
        if len(set(self.stacks.values())) < len(self.stacks):
            raise ValueError("stacks: Must not name one checkout twice")
        if unknown := self.servers.keys() - self.stacks.keys():
            raise ValueError(f"servers.{min(unknown)}: Must be a name from stacks")
        if self.leader and self.leader not in self.stacks:
            raise ValueError("leader: Must be a name from stacks")
        self._require_driver()

    def _require_driver(self) -> None:
        if self.driver == "haproxy":
            if not self.backend:
                raise ValueError("backend: Must name HAProxy's backend")
            if not _ADDRESS.fullmatch(self.socket):
                raise ValueError("socket: Must be /PATH or ADDRESS:PORT")
        elif self.driver == "command":
            for key in ("set_weight", "drain", "status"):
                if not getattr(self, key):
                    raise ValueError(f"{key}: Must be a command, as a list of words")
        elif not (self.service and self.file.startswith("/") and _API.fullmatch(self.api)):
            raise ValueError("service: Must be set for Traefik, with file (an absolute path) and api (http://…)")

    @property
    def named(self) -> dict[str, str]:
        """Stack -> the balancer's name for it, in order."""
        return {name: self.servers.get(name, name) for name in self.stacks}

    @property
    def first(self) -> str:
        """The stack that runs the migrations."""
        return self.leader or next(iter(self.stacks), "")
