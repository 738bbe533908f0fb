"""What a director is to do: which service's requests go to which containers."""

import hashlib
from dataclasses import dataclass

from avnwizard.domain.traefik.labels import HttpRouter, TraefikLabels


class CannotDirectError(ValueError):
    """These labels cannot be repeated by a director; the message is the reason, as the operator reads it."""


@dataclass(frozen=True)
class Rival:
    """Another service's router, which must keep its place before or after the director's; () is any entrypoint."""

    rule: str
    priority: int
    syntax: str = ""
    entrypoints: tuple[str, ...] = ()

    def meets(self, router: HttpRouter) -> bool:
        """Whether a request may reach both."""
        return not (self.entrypoints and router.entrypoints) or bool({*self.entrypoints} & {*router.entrypoints})


@dataclass(frozen=True)
class Target:
    """A container to direct to.

    Attributes:
        address: its address on the network where Traefik reaches it.
        port: its lowest exposed port, which Traefik takes where the labels name none; 0 where it exposes none.
    """

    container: str
    address: str
    port: int = 0


@dataclass(frozen=True)
class Direction:
    """What a set of directors is to do.

    Attributes:
        owner: PROJECT/RUN/SERVICE.
        default_rule: the rule that Traefik gives to a router without one; "" where it is not known.
        lift: how far above the routers that they repeat.
        certificates: an entrypoint asks a resolver for a certificate for each host that it hears of.
    """

    owner: str
    labels: TraefikLabels
    targets: tuple[Target, ...]
    default_rule: str = ""
    lift: int = 1
    rivals: tuple[Rival, ...] = ()
    certificates: bool = False

    @property
    def token(self) -> str:
        """Names the set: the same targets at the same height are the same directors."""
        text = "\0".join([self.owner, str(self.lift), *sorted(one.container for one in self.targets)])
        return hashlib.sha256(text.encode()).hexdigest()[:12]
