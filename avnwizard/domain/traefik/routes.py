"""Which requests prove that each router of a stack answers: out of the labels of the resolved compose model."""

from dataclasses import replace
from urllib.parse import urlsplit

from avnwizard.domain.config_probe import ProbeSection
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.probing.route import LeftOut, ProbePlan, Route
from avnwizard.domain.traefik.entrypoints import Entrypoint, entrypoints, find_traefik, settings_of
from avnwizard.domain.traefik.labels import HttpRouter, read_labels
from avnwizard.domain.traefik.precedence import Router, answering, decoy_for, equals, listening, others
from avnwizard.domain.traefik.rules import Request, matches, parse_rule, requests_for, why_not
from avnwizard.errors import UsageError

_ACTS = ("logout", "signout", "revoke", "delete", "unsubscribe", "cron", "trigger")
"""A GET of an exact path with such a word may do something."""
_TLS_PORT, _PORT = 443, 80
_SCHEME = "loadbalancer.server.scheme"


def routers(model: ComposeModel) -> tuple[Router, ...]:
    """Every HTTP router that the services' labels define, by name."""
    told = settings_of(model, find_traefik(model)).get("providers.docker.exposedbydefault", "true")
    found: dict[str, Router] = {}
    for name, service in sorted(model.services.items()):
        labels = read_labels(service.labels)
        if labels.is_routed(exposed_by_default=told.lower() != "false"):
            schemes = [one[_SCHEME] for one in labels.services.values() if _SCHEME in one]
            for http in labels.routers:
                router = _router(name, http, schemes)
                first = found.setdefault(http.name, router)
                if first is not router:
                    found[http.name] = replace(first, also=(*first.also, name))
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
        if now and _way(now) == _way(route):
            kept.append(route)
        else:
            moved.append(LeftOut(route.name, "the release drops or moves it"))
    if not kept:
        return ProbePlan(left_out=(*left_out, *moved), off="no router was found that this host can ask")
    return ProbePlan(section.rate, tuple(kept), (*left_out, *moved))


def _way(route: Route) -> tuple[object, ...]:
    """What must be the same in both models: where it is asked, how, what, and of which service."""
    return (route.address, route.port, route.tls, route.host, route.path, route.service, route.also)


def _routes(model: ComposeModel, section: ProbeSection) -> tuple[list[Route], list[LeftOut]]:
    every = routers(model)
    doors = (_told_door(section.address),) if section.address else entrypoints(model, find_traefik(model))
    found, left_out = [], []
    for router in every:
        route = _route(router, every, doors, section)
        if isinstance(route, Route):
            found.append(route)
        else:
            left_out.append(LeftOut(router.name, route))
    return found, left_out


def _route(
    router: Router, every: tuple[Router, ...], doors: tuple[Entrypoint, ...], section: ProbeSection
) -> Route | str:
    """How a router is asked, or why it is not."""
    requests = _requests(router, section)
    if isinstance(requests, str):
        return requests
    mine = [door for door in doors if door.takes(router.http.entrypoints)]
    door = next((door for door in mine if not door.redirects), None)
    if door is None:
        redirected = "its entrypoint sends every request on to another one"
        return redirected if mine else "this host does not reach its entrypoint (set [probe] address)"
    tls = door.tls or router.http.tls
    here = listening(every, door, tls=tls)
    whys = [_why_another(router, here, request) for request in requests]
    request = next((request for request, why in zip(requests, whys, strict=True) if not why), None)
    if request is None:
        return whys[0]
    where = (door.address, door.port, tls, request.host, request.path)
    return _with_next(Route(router.name, router.service, *where, also=router.also), router, here)


def _why_another(router: Router, here: tuple[Router, ...], request: Request) -> str:
    """Why a request that matches a router's rule is not certain to reach its service; "" where it is."""
    first = answering(here, request)
    if first is None:
        return ""
    if not (router.rule and matches(router.rule, request)) or first.priority > router.priority:
        return f"the router {first.name} answers in its place"
    if rivals := equals(here, request, router):
        rival = rivals[0]
        return f"the router {rival.name} of {rival.service} has the same priority: which one answers is not known"
    return ""


def _requests(router: Router, section: ProbeSection) -> tuple[Request, ...] | str:
    """The GETs that match a router's rule, or why there is none."""
    if router.scheme == "h2c":
        return "it speaks gRPC (h2c)"
    if router.rule is None:
        return "it has no rule that can be read"
    found = requests_for(router.rule)
    if wanted := section.paths.get(router.name):
        return tuple(replace(request, path=wanted) for request in found) or why_not(router.rule)
    harmless = tuple(one for one in found if is_harmless(one.path))
    if found and not harmless:
        return f"a GET of {found[0].path} may do something; [probe] paths can name a harmless one"
    return harmless or why_not(router.rule)


def is_harmless(path: str) -> bool:
    """Whether a GET of a path, by its words, does nothing."""
    return not any(word in path.lower() for word in _ACTS)


def _told_door(address: str) -> Entrypoint:
    """The one place that `[probe]` names; which entrypoint it is nobody says, so every router may listen there."""
    host, _, port = address.rpartition(":")
    return Entrypoint("", host.strip("[]"), int(port), tls=int(port) == _TLS_PORT, redirects=False)


def _with_next(route: Route, router: Router, here: tuple[Router, ...]) -> Route:
    """With the router that answers while the service is away, and a request that this one answers now."""
    asked = Request(route.host, route.path)
    after = answering(others(here, router), asked)
    if after is None:
        return route
    decoy = decoy_for(here, asked, after)
    if decoy is None:
        return replace(route, next=after.name)
    elsewhere = decoy.host if decoy.host != route.host else ""
    return replace(route, next=after.name, decoy=decoy.path, decoy_host=elsewhere)


def _from_url(url: str, told: str) -> Route:
    parts = urlsplit(url)
    tls, host = parts.scheme == "https", parts.hostname or ""
    address, _, port = told.rpartition(":")
    number = int(port) if port else parts.port or (_TLS_PORT if tls else _PORT)
    return Route(url, "", address.strip("[]") or "127.0.0.1", number, tls, host, parts.path or "/")
