"""Reading a container's Traefik labels."""

from avnwizard.domain.traefik import default_name, read_labels

_LABELS = {
    "com.docker.compose.project": "id",
    "avnology.edge": "id",
    "Traefik.Enable": "true",
    "traefik.docker.network": "edge",
    "traefik.http.routers.api.rule": "Host(`a`) && PathPrefix(`/api`)",
    "traefik.http.routers.api.EntryPoints": "web, websecure",
    "traefik.http.routers.api.middlewares": "strip,auth@file",
    "traefik.http.routers.api.tls.certresolver": "le",
    "traefik.http.routers.api.tls.domains[0].main": "a",
    "traefik.http.routers.old.rule": "Host(`b`)",
    "traefik.http.routers.old.priority": "7",
    "traefik.http.routers.old.entrypoints[0]": "web",
    "traefik.http.routers.old.service": "api",
    "traefik.http.services.api.loadbalancer.server.port": "80",
    "traefik.http.middlewares.strip.stripprefix.prefixes": "/api",
    "traefik.tcp.routers.mail.rule": "HostSNI(`*`)",
    "traefik.udp.routers.dns.entrypoints": "dns",
}


def test_routers_with_all_they_say() -> None:
    """Rules, entrypoints in both spellings, priorities, middlewares, TLS; the order of Traefik's keys."""
    read = read_labels(_LABELS)
    api, old = read.routers
    assert (api.name, api.entrypoints, api.middlewares) == ("api", ("web", "websecure"), ("strip", "auth@file"))
    assert (api.tls, old.tls) == (True, False)
    assert (api.effective_priority, old.effective_priority) == (len(api.rule), 7)
    assert (old.entrypoints, old.service, api.service) == (("web",), "api", "")
    assert read.services == {"api": {"loadbalancer.server.port": "80"}}
    assert read.middlewares == {"strip": {"stripprefix.prefixes": "/api"}}
    assert (read.tcp, read.udp, read.network) == (("mail",), ("dns",), "edge")


def test_what_a_constraint_may_ask_for_is_kept() -> None:
    """Labels that are neither Traefik's nor Compose's."""
    assert read_labels(_LABELS).plain == {"avnology.edge": "id"}


def test_whether_it_is_routed() -> None:
    """`traefik.enable` decides, else `exposedByDefault`, else what the labels look like."""
    assert read_labels(_LABELS).is_routed(exposed_by_default=False)
    assert not read_labels({"traefik.enable": "false"}).is_routed(exposed_by_default=True)
    assert read_labels({}).is_routed(exposed_by_default=True)
    assert not read_labels({}).is_routed()
    unsaid = read_labels({"traefik.http.routers.a.rule": "Host(`a`)"})
    assert unsaid.is_routed()
    assert not unsaid.is_routed(exposed_by_default=False)


def test_swarm_and_nonsense() -> None:
    """Swarm's labels are told apart; a priority that is no number counts as none."""
    assert read_labels({"traefik.swarm.network": "x"}).swarm
    assert read_labels({"traefik.docker.lbswarm": "true"}).swarm
    assert read_labels({"traefik.http.routers.a.priority": "high"}).routers[0].priority == 0
    assert read_labels({"traefik.http.routers.": "x", "traefik": "y"}).routers == ()


def test_the_default_name() -> None:
    """As Traefik normalizes service and project."""
    assert default_name("docs", "avnology_id.prod") == "docs-avnology-id-prod"
