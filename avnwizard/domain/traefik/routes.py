"""Which requests prove that each router of a stack answers: out of the labels of the resolved compose model."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from avnwizard.domain.config import ProbeSection
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.probing.route import LeftOut, ProbePlan, Route
from avnwizard.domain.traefik.entrypoints import Entrypoint, entrypoints, find_traefik, settings_of
from avnwizard.domain.traefik.labels import HttpRouter, read_labels
from avnwizard.domain.traefik.rules import Request, Rule, matches, parse_rule, requests_for, why_not
from avnwizard.errors import UsageError

_DECOY = "avnwizard-asks-who"
_ACTS = ("logout", "signout", "revoke", "delete", "unsubscribe", "cron", "trigger")
"""A GET of an exact path with such a word may do something."""
_TLS_PORT, _PORT = 443, 80
_SCHEME = "loadbalancer.server.scheme"


@dataclass(frozen=True)
class Router:
    """One HTTP router with what the probe must know of it.

    Attributes:
        rule: None where it has none that can be read.
        scheme: how Traefik speaks to the service.
    """

    service: str
    http: HttpRouter
    scheme: str
    rule: Rule | None

    @property
    def name(self) -> str:
        """As the labels name it."""
        return self.http.name


def routers(model: ComposeModel) -> tuple[Router, ...]:
    """Every HTTP router that the services' labels define, by name."""
    told = settings_of(model, find_traefik(model)).get("providers.docker.exposedbydefault", "true")
    found: dict[str, Router] = {}
    for name, service in sorted(model.services.items()):
        labels = read_labels(service.labels)
        if labels.is_routed(exposed_by_default=told.lower() != "false"):
            schemes = [one[_SCHEME] for one in labels.services.values() if _SCHEME in one]
            found |= {http.name: _router(name, http, schemes) for http in labels.routers}
    return tuple(found[name] for name in sorted(found))


def _router(service: str, http: HttpRouter, schemes: list[str]) -> Router:
    try:
        rule = parse_rule(http.rule) if http.rule else None
    except UsageError:
        rule = None
    return Router(service, http, schemes[0] if schemes else "http", rule)


def plan_probe(old: ComposeModel, new: ComposeModel, section: ProbeSection) -> ProbePlan:
    """How the edge is probed while a stack goes from one model to another.

    Only what both reach in the same way is asked: a router that the release drops or moves is no loss.
    """
    if not section.enabled:
        return ProbePlan(off="avnwizard.toml switches it off ([probe] enabled)")
    if section.urls:
        return ProbePlan(section.rate, tuple(_from_url(url, section.address) for url in section.urls))
    before, left_out = _routes(old, section)
    after = {route.name: route for route in _routes(new, section)[0]}
    kept, moved = [], []
    for route in before:
        now = after.get(route.name)
        if now and (now.host, now.path, now.service) == (route.host, route.path, route.service):
            kept.append(route)
        else:
            moved.append(LeftOut(route.name, "the release drops or moves it"))
    if not kept:
        return ProbePlan(left_out=(*left_out, *moved), off="no router was found that this host can ask")
    return ProbePlan(section.rate, tuple(kept), (*left_out, *moved))


def _routes(model: ComposeModel, section: ProbeSection) -> tuple[list[Route], list[LeftOut]]:
    every = routers(model)
    doors = entrypoints(model, find_traefik(model))
    found, left_out = [], []
    for router in every:
        door = _door(router, doors, section.address)
        request, why = _request(router, section)
        if door is None:
            why = "this host does not reach its entrypoint ([probe] address tells where)"
        elif request and (first := answering(every, request)) and first.name != router.name:
            why = f"the router {first.name} answers in its place"
        if door is None or request is None or why:
            left_out.append(LeftOut(router.name, why))
            continue
        tls = door.tls or router.http.tls
        route = Route(router.name, router.service, door.address, door.port, tls, request.host, request.path)
        found.append(_with_decoy(route, router, every))
    return found, left_out


def answering(every: tuple[Router, ...], request: Request) -> Router | None:
    """The router that gets a request: of those that match, the one with the highest priority."""
    fit = [router for router in every if router.rule and matches(router.rule, request)]
    return max(fit, key=lambda router: (router.http.effective_priority, router.name), default=None)


def _request(router: Router, section: ProbeSection) -> tuple[Request | None, str]:
    """The GET that reaches a router, or why there is none."""
    if router.scheme == "h2c":
        return None, "it speaks gRPC (h2c)"
    if router.rule is None:
        return None, "it has no rule that can be read"
    wanted = section.paths.get(router.name)
    for request in requests_for(router.rule):
        asked = replace(request, path=wanted) if wanted else request
        if wanted or not any(word in request.path.lower() for word in _ACTS):
            return asked, ""
        return None, f"a GET of {request.path} may do something; [probe] paths can name a harmless one"
    return None, why_not(router.rule)


def _door(router: Router, doors: tuple[Entrypoint, ...], told: str) -> Entrypoint | None:
    if told:
        host, _, port = told.rpartition(":")
        return Entrypoint("", host.strip("[]"), int(port), tls=int(port) == _TLS_PORT, redirects=False)
    names = {name.lower() for name in router.http.entrypoints}
    mine = [door for door in doors if not names or door.name in names]
    return next((door for door in mine if not door.redirects), None)


def _with_decoy(route: Route, router: Router, every: tuple[Router, ...]) -> Route:
    """With the router that would answer if this one were gone, and a path that it answers now."""
    rest = tuple(one for one in every if one.name != router.name)
    after = answering(rest, Request(route.host, route.path))
    if after is None or after.rule is None:
        return route
    prefixes = ["/", *(request.path for request in requests_for(after.rule))]
    for prefix in sorted(prefixes, key=len, reverse=True):
        decoy = f"{prefix.rstrip('/')}/{_DECOY}"
        if answering(every, Request(route.host, decoy)) == after:
            return replace(route, next=after.name, decoy=decoy)
    return replace(route, next=after.name)


def _from_url(url: str, told: str) -> Route:
    parts = urlsplit(url)
    tls, host = parts.scheme == "https", parts.hostname or ""
    address, _, port = told.rpartition(":")
    number = int(port) if port else parts.port or (_TLS_PORT if tls else _PORT)
    return Route(url, "", address.strip("[]") or "127.0.0.1", number, tls, host, parts.path or "/")
