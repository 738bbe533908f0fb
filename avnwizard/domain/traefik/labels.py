"""A container's Traefik labels as routers, services and middlewares: what Traefik's Docker provider reads (v3.7).

Field names are taken in any case and names of routers as they are written, as Traefik does (traefik/paerser).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_PREFIX = "traefik."
_COMPOSE = "com.docker.compose."
_LIST_ITEM = re.compile(r"(?P<name>[a-z]+)\[\d+\]")


@dataclass(frozen=True)
class HttpRouter:
    """One HTTP router.

    Attributes:
        rule: "" where the labels give none: Traefik then takes its provider's default rule.
        entrypoints: () means Traefik's default ones.
        priority: as the label says; 0 where it says nothing.
        service: as the label says, "" where Traefik links it by itself.
        middlewares: names in order, with "@provider" where the label has it.
        options: every label below `traefik.http.routers.NAME.`, keys in lower case.
    """

    name: str
    rule: str = ""
    entrypoints: tuple[str, ...] = ()
    priority: int = 0
    service: str = ""
    middlewares: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def effective_priority(self) -> int:
        """What Traefik sorts by: the length of the rule in bytes where no priority is given."""
        return self.priority or len(self.rule.encode())

    @property
    def tls(self) -> bool:
        """Whether the labels ask for TLS; an entrypoint may do so for all of its routers besides."""
        return self.options.get("tls", "").lower() == "true" or any(key.startswith("tls.") for key in self.options)


@dataclass(frozen=True)
class TraefikLabels:
    """What a container asks of Traefik.

    Attributes:
        enabled: what `traefik.enable` says; None where it says nothing and `exposedByDefault` decides.
        network: `traefik.docker.network`, "" where unset.
        swarm: it is meant for Swarm's own load balancing.
        services: name -> every label below `traefik.http.services.NAME.`, keys in lower case.
        middlewares: the same for middlewares.
        tcp: names of TCP routers; `udp` of UDP routers.
        plain: all the other labels but Compose's; a provider's constraint may ask for any of them.
    """

    enabled: bool | None = None
    network: str = ""
    swarm: bool = False
    routers: tuple[HttpRouter, ...] = ()
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    middlewares: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tcp: tuple[str, ...] = ()
    udp: tuple[str, ...] = ()
    plain: Mapping[str, str] = field(default_factory=dict)

    def is_routed(self, *, exposed_by_default: bool | None = None) -> bool:
        """Whether Traefik routes to it; with None, not knowing its settings, whether the labels look like it."""
        if self.enabled is not None:
            return self.enabled
        if exposed_by_default is not None:
            return exposed_by_default
        return bool(self.routers or self.services or self.tcp or self.udp)


def read_labels(labels: Mapping[str, str]) -> TraefikLabels:
    """Sort a container's labels; what Traefik does not know is left out. Never fails."""
    routers = _named(labels, "traefik.http.routers.")
    return TraefikLabels(
        enabled=_truth(_value(labels, "traefik.enable")),
        network=_value(labels, "traefik.docker.network") or "",
        swarm=any(key.lower().startswith("traefik.swarm.") for key in labels)
        or bool(_truth(_value(labels, "traefik.docker.lbswarm"))),
        routers=tuple(_router(name, options) for name, options in routers.items()),
        services=_named(labels, "traefik.http.services."),
        middlewares=_named(labels, "traefik.http.middlewares."),
        tcp=tuple(_named(labels, "traefik.tcp.routers.")),
        udp=tuple(_named(labels, "traefik.udp.routers.")),
        plain={key: value for key, value in labels.items() if not key.lower().startswith((_PREFIX, _COMPOSE))},
    )


def clash(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two containers' labels define a router, service or middleware of one name differently.

    Traefik then routes by neither (v3.7, "defined multiple times with different configurations"). Servers are merged.
    """
    mine, theirs = read_labels(one), read_labels(other)
    pairs = (
        (
            {router.name: router.options for router in mine.routers},
            {router.name: router.options for router in theirs.routers},
        ),
        (mine.services, theirs.services),
        (mine.middlewares, theirs.middlewares),
    )
    return any(
        _shared(here[name]) != _shared(there[name]) for here, there in pairs for name in here.keys() & there.keys()
    )


def _shared(options: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in options.items() if not key.startswith("loadbalancer.server.")}


def default_name(service: str, project: str) -> str:
    """The name that Traefik gives to a Compose service's router and service where the labels name none."""
    return "-".join(re.findall(r"[^\W_]+", f"{service}_{project}"))


def listed(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    """A list option, written either as `name=a,b` or as `name[0]=a`, `name[1]=b`."""
    items = [options[name]] if name in options else []
    indexed = [
        (key, value) for key, value in options.items() if (m := _LIST_ITEM.fullmatch(key)) and m["name"] == name
    ]
    items += [value for _, value in sorted(indexed, key=lambda pair: (len(pair[0]), pair[0]))]
    return tuple(word.strip() for item in items for word in item.split(",") if word.strip())


def _router(name: str, options: Mapping[str, str]) -> HttpRouter:
    return HttpRouter(
        name=name,
        rule=options.get("rule", "").strip(),
        entrypoints=listed(options, "entrypoints"),
        priority=_number(options.get("priority", "")),
        service=options.get("service", "").strip(),
        middlewares=listed(options, "middlewares"),
        options=options,
    )


def _named(labels: Mapping[str, str], prefix: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    spelled: dict[str, str] = {}
    for key, value in sorted(labels.items()):
        if not key.lower().startswith(prefix):
            continue
        name, _, option = key[len(prefix) :].partition(".")
        if name:
            first = spelled.setdefault(name.lower(), name)
            found.setdefault(first, {}).update({option.lower(): value} if option else {})
    return found


def _value(labels: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in labels.items() if key.lower() == name), None)


def _truth(value: str | None) -> bool | None:
    """As Go's ParseBool reads it; what it cannot read counts as not said."""
    words: Iterable[tuple[str, bool]] = (("1 t true", True), ("0 f false", False))
    said = (value or "").strip().lower()
    return next((truth for names, truth in words if said in names.split()), None)


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        return 0
