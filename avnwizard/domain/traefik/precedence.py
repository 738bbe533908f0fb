"""Which router gets a request at an entrypoint, and which one would get it while a service is away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from avnwizard.domain.traefik.entrypoints import Entrypoint
from avnwizard.domain.traefik.labels import HttpRouter
from avnwizard.domain.traefik.rules import Request, Rule, matches, requests_for

_DECOY = "avnwizard-asks-who"
_NOWHERE = f"{_DECOY}.invalid"
"""A host that no service has (RFC 2606)."""


@dataclass(frozen=True)
class Router:
    """One HTTP router with what the probe must know of it.

    Attributes:
        rule: None where it has none that can be read.
        scheme: how Traefik speaks to the service.
        also: further services that define a router of this name: Traefik spreads its requests over all of them.
    """

    service: str
    http: HttpRouter
    scheme: str
    rule: Rule | None
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As the labels name it."""
        return self.http.name

    @property
    def priority(self) -> int:
        """What Traefik sorts by."""
        return self.http.effective_priority


def listening(every: Iterable[Router], door: Entrypoint, *, tls: bool) -> tuple[Router, ...]:
    """The routers that a request on an entrypoint can reach.

    Traefik keeps the routers with TLS apart from those without, on each entrypoint (v3.7, `GetRoutersByEntryPoints`).
    """
    return tuple(one for one in every if door.takes(one.http.entrypoints) and (door.tls or one.http.tls) == tls)


def answering(here: Iterable[Router], request: Request) -> Router | None:
    """The router that gets a request: of those that match, the one with the highest priority."""
    fit = [router for router in here if router.rule and matches(router.rule, request)]
    return max(fit, key=lambda router: (router.priority, router.name), default=None)


def equals(here: Iterable[Router], request: Request, first: Router) -> tuple[Router, ...]:
    """Routers of other services that match with the same priority: Traefik then takes any of them.

    It sorts by priority alone, after walking a map in Go's random order (v3.7, `buildEntryPointHandler`).
    """
    return tuple(
        one
        for one in others(here, first)
        if one.priority == first.priority and one.rule and matches(one.rule, request)
    )


def others(here: Iterable[Router], router: Router) -> tuple[Router, ...]:
    """The routers that stay while a router's service has no container that serves: all that it has go at once."""
    gone = {router.service, *router.also}
    return tuple(one for one in here if not {one.service, *one.also} <= gone)


def decoy_for(here: tuple[Router, ...], asked: Request, after: Router) -> Request | None:
    """A request that the router `after` gets now, so that its answers are known; at the same host where possible."""
    return next((one for one in _decoys(asked, after) if answering(here, one) == after), None)


def _decoys(asked: Request, after: Router) -> Iterator[Request]:
    plain = requests_for(after.rule) if after.rule else ()
    prefixes = sorted({"/", *(request.path for request in plain)}, key=len, reverse=True)
    beside = f"{_DECOY}.{asked.host.partition('.')[2]}" if "." in asked.host else ""
    for host in dict.fromkeys((asked.host, *(request.host for request in plain), beside, _NOWHERE)):
        if host:
            yield from (Request(host, f"{prefix.rstrip('/')}/{_DECOY}") for prefix in prefixes)
