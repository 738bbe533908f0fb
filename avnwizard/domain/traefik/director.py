"""The labels of a director: a container that says nothing but "route these requests there".

Its routers are those of a service's containers under other names and with a higher priority; its services name the
servers to use by their address (`loadbalancer.server.url`, Traefik v3). So Traefik sends every request to the chosen
containers while others of the service, which Traefik still knows, are stopped. With several containers each has a
director of its own; all of them name the same service, whose servers Traefik then merges.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from avnwizard.domain.traefik.direction import CannotDirectError, Direction, Target
from avnwizard.domain.traefik.labels import HttpRouter, TraefikLabels, default_name, listed

OWNER = "avnwizard.director"
"""Label of every director: PROJECT/RUN/SERVICE."""
TOKEN = "avnwizard.director.token"  # noqa: S105 - a label's name
"""Label: which set of directors this is; the marker's host is made from it."""
TARGET = "avnwizard.director.target"
"""Label: the container that it directs to, by id."""
LIFT = "avnwizard.director.lift"
"""Label: by how much its routers stand above those that they repeat."""
_MARKER_PRIORITY = 2_147_482_000
"""Above a catch-all of the operator's; below what Traefik keeps for itself, where integers have 32 bits too (v3)."""
_DOCKER = "@docker"
_SHORT = 12


def marker_host(token: str, target: str) -> str:
    """A host of no one's (`.invalid` resolves nowhere, RFC 2606): Traefik answers it once it has that director."""
    return f"{target[:_SHORT]}.{token}.avnwizard.invalid"


def marker_labels(
    token: str, target: str, entrypoints: Sequence[str] = (), *, certificates: bool = False
) -> dict[str, str]:
    """A router that Traefik answers by itself, without asking any server: seen, the director's labels are in force.

    Traefik takes over all labels of its containers at once, so it shows more: whatever happened to the other
    containers before this director was started is known to Traefik too. With `certificates` it speaks TLS of its own,
    so that no certificate is asked for a host that there is not.
    """
    name = f"avnwizard-{token}-marker-{target[:_SHORT]}"
    return _marker(name, marker_host(token, target), "noop@internal", entrypoints, certificates=certificates)


def _marker(name: str, host: str, service: str, entrypoints: Sequence[str], *, certificates: bool) -> dict[str, str]:
    """A router for one host, answered by a redirect before the service that it leads to is asked."""
    made = {
        f"traefik.http.routers.{name}.rule": f"Host(`{host}`)",
        f"traefik.http.routers.{name}.priority": str(_MARKER_PRIORITY),
        f"traefik.http.routers.{name}.service": service,
        f"traefik.http.routers.{name}.middlewares": name,
        f"traefik.http.middlewares.{name}.redirectregex.regex": ".*",
        f"traefik.http.middlewares.{name}.redirectregex.replacement": f"http://{host}/known",
    }
    if certificates:
        made[f"traefik.http.routers.{name}.tls"] = "true"
    return made | ({f"traefik.http.routers.{name}.entrypoints": ",".join(entrypoints)} if entrypoints else {})


def witness_hosts(token: str, target: str, services: int) -> list[str]:
    """The hosts that show a witness: one for each Traefik service that its service's labels make."""
    return [f"own{number}.{marker_host(token, target)}" for number in range(services)]


def own_services(labels: TraefikLabels, *, service: str, project: str) -> list[str]:
    """The names of the Traefik services that a service's own labels make."""
    return list(labels.services) or [default_name(service, project)]


def witness_labels(direction: Direction, target: Target, token: str, services: Sequence[str]) -> dict[str, str]:
    """The labels of a director that directs nothing, and shows what Traefik would do without the others.

    Traefik answers each host of `witness_hosts` by itself, but only while it has that service of the service's own:
    a router that leads to a service which there is not is left out (v3.7, pkg/server/router). So the witness shows
    that Traefik has looked again, and that it routes to the containers by their own labels.
    """
    labels = direction.labels
    named = [router.entrypoints for router in labels.routers]
    made = {**labels.plain, **_identity(direction, target), TOKEN: token}
    if labels.enabled is not None:
        made["traefik.enable"] = str(labels.enabled).lower()
    # without a service of its own Traefik looks for the container's address, finds none and leaves it out
    made[f"traefik.http.services.avnwizard-{token}-none.loadbalancer.server.url"] = "http://127.0.0.1:9"
    points = _entrypoints(named)
    for number, (host, service) in enumerate(
        zip(witness_hosts(token, target.container, len(services)), services, strict=True)
    ):
        name = f"avnwizard-{token}-own{number}-{target.container[:_SHORT]}"
        leads_to = service if "@" in service else f"{service}{_DOCKER}"
        made |= _marker(name, host, leads_to, points, certificates=direction.certificates)
    return made


def why_not(labels: TraefikLabels, *, service: str, project: str, default_rule: str = "") -> str:
    """Why a director cannot stand in for a service with these labels; "" when it can."""
    direction = Direction("", labels, (Target("0" * 64, "192.0.2.1", 80),), default_rule)
    try:
        director_labels(direction, direction.targets[0], service=service, project=project)
    except CannotDirectError as reason:
        return str(reason)
    return ""


def director_labels(direction: Direction, target: Target, *, service: str, project: str) -> dict[str, str]:
    """All labels of the director of one target.

    Raises:
        CannotDirectError: Traefik would not make of them what it makes of the service's own.
    """
    labels = direction.labels
    if labels.swarm:
        raise CannotDirectError("its labels are Swarm's")
    known = default_name(service, project)
    services = dict(labels.services) or {known: {}}
    routers = [_settled(one, services, direction.default_rule) for one in _routers(labels, services, known)]
    if not routers:
        raise CannotDirectError("it has no HTTP router")
    names = _Names(f"avnwizard-{direction.token}-", set(services), set(labels.middlewares))
    made = {**labels.plain, **_identity(direction, target)}
    if labels.enabled is not None:
        made["traefik.enable"] = str(labels.enabled).lower()
    for router in routers:
        made |= {f"traefik.http.routers.{key}": value for key, value in _router(router, names, direction)}
    for name, options in labels.middlewares.items():
        prefix = f"traefik.http.middlewares.{names.prefix}{name}"
        made |= {f"{prefix}.{key}": _middleware_value(key, value, names) for key, value in options.items()}
    for name, options in services.items():
        prefix = f"traefik.http.services.{names.prefix}{name}"
        made |= {f"{prefix}.{key}": value for key, value in _service(name, options, target)}
    entrypoints = _entrypoints([router.entrypoints for router in routers])
    certificates = direction.certificates
    return made | marker_labels(direction.token, target.container, entrypoints, certificates=certificates)


@dataclass(frozen=True)
class _Names:
    """Which names are the service's own, and what the director calls them."""

    prefix: str
    services: set[str]
    middlewares: set[str]

    def service(self, name: str) -> str:
        own = name.removesuffix(_DOCKER)
        if own not in self.services:
            raise CannotDirectError(f"its router leads to {name}, which its own labels do not define")
        return self.prefix + own

    def middleware(self, name: str) -> str:
        """Own ones are repeated; without a provider another name is one of Docker's, as it is for the original."""
        own = name.removesuffix(_DOCKER)
        return self.prefix + own if own in self.middlewares else name


def _routers(labels: TraefikLabels, services: Mapping[str, object], known: str) -> tuple[HttpRouter, ...]:
    """The HTTP routers that Traefik makes: it adds one by itself where there is none and no more than one service."""
    if labels.routers or labels.tcp or labels.udp or labels.enabled is False or len(services) > 1:
        return labels.routers
    return (HttpRouter(known),)


def _settled(router: HttpRouter, services: Mapping[str, object], default_rule: str) -> HttpRouter:
    """The router with the rule and the service that Traefik would give it."""
    rule = router.rule or default_rule
    if not rule:
        raise CannotDirectError(f"its router {router.name} has no rule, and Traefik's default rule is not known")
    if not router.service and len(services) > 1:
        raise CannotDirectError(f"its router {router.name} does not say to which of its services it leads")
    service = router.service or next(iter(services))
    return HttpRouter(
        router.name, rule, router.entrypoints, router.priority, service, router.middlewares, router.options
    )


def _router(router: HttpRouter, names: _Names, direction: Direction) -> Iterator[tuple[str, str]]:
    key = f"{names.prefix}{router.name}"
    own = ("rule", "priority", "service", "middlewares")
    for option, value in router.options.items():
        if option and option.partition("[")[0] not in own:
            yield f"{key}.{option}", value
    yield f"{key}.rule", _rule(router, direction)
    yield f"{key}.priority", str(router.effective_priority + direction.lift)
    yield f"{key}.service", names.service(router.service)
    if router.middlewares:
        yield f"{key}.middlewares", ",".join(names.middleware(name) for name in router.middlewares)


def _rule(router: HttpRouter, direction: Direction) -> str:
    """The router's rule, less what a rival that stood above it must still get.

    A higher priority is a whole number higher: a rival that stood just above would be level with the director, or
    below it. Its rule is taken out of the director's instead.
    """
    floor = router.effective_priority
    above = [one for one in direction.rivals if floor < one.priority <= floor + direction.lift and one.meets(router)]
    syntax = router.options.get("rulesyntax", "")
    if stranger := next((one for one in above if one.syntax.lower() != syntax.lower()), None):
        raise CannotDirectError(f"the rule {stranger.rule}, which comes before its own, has another syntax")
    return " && ".join([f"({router.rule})", *(f"!({one.rule})" for one in above)]) if above else router.rule


def _middleware_value(key: str, value: str, names: _Names) -> str:
    if key.partition("[")[0] == "chain.middlewares":
        return ",".join(names.middleware(name) for name in listed({"middlewares": value}, "middlewares"))
    return (
        names.service(value) if key == "errors.service" and value.removesuffix(_DOCKER) in names.services else value
    )


def _service(name: str, options: Mapping[str, str], target: Target) -> Iterator[tuple[str, str]]:
    if any(key.startswith(("loadbalancer.server.url", "loadbalancer.servers[")) for key in options):
        raise CannotDirectError(f"its service {name} leads to a fixed address")
    if strange := next((key for key in options if key and not key.startswith("loadbalancer")), ""):
        raise CannotDirectError(f"its service {name} is no load balancer ({strange})")
    for key, value in options.items():
        if key and key not in {"loadbalancer.server.port", "loadbalancer.server.scheme"}:
            yield key, value
    yield "loadbalancer.server.url", server_url(options, target)
    sticky = any(key.startswith("loadbalancer.sticky") for key in options)
    if sticky and "loadbalancer.sticky.cookie.name" not in options:
        yield "loadbalancer.sticky.cookie.name", _cookie_name(f"{name.removesuffix(_DOCKER)}{_DOCKER}")


def server_url(options: Mapping[str, str], target: Target) -> str:
    """The address that Traefik itself would make of a container, so that sticky cookies stay valid.

    Raises:
        CannotDirectError: neither the labels nor the image say which port.
    """
    scheme = options.get("loadbalancer.server.scheme", "") or "http"
    port = options.get("loadbalancer.server.port", "") or str(target.port or "")
    if not port:
        raise CannotDirectError("neither its labels nor its image name a port")
    host = f"[{target.address}]" if ":" in target.address else target.address
    return f"{scheme}://{host}:{port}"


def _cookie_name(service: str) -> str:
    """The name that Traefik makes from a service's for its sticky cookie (pkg/server/cookie, v3)."""
    digest = hashlib.sha1(f"_TRAEFIK_BACKEND_{service}".encode(), usedforsecurity=False).hexdigest()
    return f"_{digest}"[:6]


def _identity(direction: Direction, target: Target) -> dict[str, str]:
    return {
        OWNER: direction.owner,
        TOKEN: direction.token,
        TARGET: target.container,
        LIFT: str(direction.lift),
    }


def _entrypoints(named: Sequence[tuple[str, ...]]) -> list[str]:
    """All of them together; none where a router takes the default ones."""
    return sorted({each for one in named for each in one}) if all(named) else []
