"""The labels of a director: what a service's own labels say, under other names, one place higher."""

import pytest

from avnwizard.domain.traefik.direction import CannotDirectError, Direction, Rival, Target
from avnwizard.domain.traefik.director import director_labels, own_services, why_not, witness_hosts, witness_labels
from avnwizard.domain.traefik.labels import read_labels

_TARGET = Target("c" * 64, "172.20.0.7", 3000)
_PLAIN = {
    "avnology.edge": "id",
    "com.docker.compose.project": "id",
    "traefik.enable": "true",
    "traefik.http.routers.web.rule": "Host(`a`)",
    "traefik.http.routers.web.entrypoints": "web",
    "traefik.http.services.web.loadbalancer.server.port": "8080",
}


def _made(labels: dict[str, str], *, rivals: tuple[Rival, ...] = (), lift: int = 1, rule: str = "") -> dict[str, str]:
    """The director's labels with its token written as T."""
    direction = Direction("id/run/web", read_labels(labels), (_TARGET,), rule, lift, rivals)
    made = director_labels(direction, _TARGET, service="web", project="id")
    return {key.replace(direction.token, "T"): value.replace(direction.token, "T") for key, value in made.items()}


def test_a_plain_service() -> None:
    """One router higher, one server by its address, the constraint's label; nothing of Compose's."""
    made = _made(_PLAIN)
    assert made["avnology.edge"] == "id"
    assert not any(key.startswith("com.docker") for key in made)
    assert made["traefik.enable"] == "true"
    assert made["traefik.http.routers.avnwizard-T-web.rule"] == "Host(`a`)"
    assert made["traefik.http.routers.avnwizard-T-web.entrypoints"] == "web"
    assert made["traefik.http.routers.avnwizard-T-web.priority"] == str(len("Host(`a`)") + 1)
    assert made["traefik.http.routers.avnwizard-T-web.service"] == "avnwizard-T-web"
    assert made["traefik.http.services.avnwizard-T-web.loadbalancer.server.url"] == "http://172.20.0.7:8080"
    assert "traefik.http.services.avnwizard-T-web.loadbalancer.server.port" not in made
    assert (made["avnwizard.director"], made["avnwizard.director.target"]) == ("id/run/web", _TARGET.container)
    marker = f"traefik.http.routers.avnwizard-T-marker-{'c' * 12}"
    assert made[f"{marker}.rule"] == f"Host(`{'c' * 12}.T.avnwizard.invalid`)"
    assert made[f"{marker}.entrypoints"] == "web"


def test_all_that_a_router_and_a_service_can_say() -> None:
    """TLS, observability, own and foreign middlewares, sticky cookies, health, h2c, transport are repeated."""
    labels = _PLAIN | {
        "traefik.http.routers.web.tls.certresolver": "le",
        "traefik.http.routers.web.tls.domains[0].main": "a",
        "traefik.http.routers.web.observability.accesslogs": "false",
        "traefik.http.routers.web.middlewares": "strip,auth@file,shared,both@docker",
        "traefik.http.middlewares.strip.stripprefix.prefixes": "/x",
        "traefik.http.middlewares.both.chain.middlewares": "strip,auth@file",
        "traefik.http.middlewares.page.errors.service": "web",
        "traefik.http.services.web.loadbalancer.server.scheme": "h2c",
        "traefik.http.services.web.loadbalancer.sticky.cookie.name": "id",
        "traefik.http.services.web.loadbalancer.passhostheader": "false",
        "traefik.http.services.web.loadbalancer.healthcheck.path": "/up",
        "traefik.http.services.web.loadbalancer.responseforwarding.flushinterval": "1ms",
        "traefik.http.services.web.loadbalancer.serverstransport": "tight@file",
    }
    made = _made(labels)
    router, service = "traefik.http.routers.avnwizard-T-web", "traefik.http.services.avnwizard-T-web.loadbalancer"
    assert made[f"{router}.tls.certresolver"] == "le"
    assert made[f"{router}.tls.domains[0].main"] == "a"
    assert made[f"{router}.observability.accesslogs"] == "false"
    assert made[f"{router}.middlewares"] == "avnwizard-T-strip,auth@file,shared,avnwizard-T-both"
    assert made["traefik.http.middlewares.avnwizard-T-strip.stripprefix.prefixes"] == "/x"
    assert made["traefik.http.middlewares.avnwizard-T-both.chain.middlewares"] == "avnwizard-T-strip,auth@file"
    assert made["traefik.http.middlewares.avnwizard-T-page.errors.service"] == "avnwizard-T-web"
    assert made[f"{service}.server.url"] == "h2c://172.20.0.7:8080"
    assert f"{service}.server.scheme" not in made
    for option in ("sticky.cookie.name", "passhostheader", "healthcheck.path", "serverstransport"):
        assert made[f"{service}.{option}"] == labels[f"traefik.http.services.web.loadbalancer.{option}"]
    assert made[f"{service}.responseforwarding.flushinterval"] == "1ms"


def test_the_order_of_several_routers_is_kept() -> None:
    """Explicit and implicit priorities rise by the same step."""
    labels = _PLAIN | {
        "traefik.http.routers.api.rule": "Host(`a`) && PathPrefix(`/api`)",
        "traefik.http.routers.low.rule": "Host(`a`)",
        "traefik.http.routers.low.priority": "1",
    }
    made = _made(labels, lift=2)
    heights = {name: int(made[f"traefik.http.routers.avnwizard-T-{name}.priority"]) for name in ("api", "web", "low")}
    assert heights == {"api": len("Host(`a`) && PathPrefix(`/api`)") + 2, "web": len("Host(`a`)") + 2, "low": 3}


def test_a_rival_just_above_keeps_its_requests() -> None:
    """What stood before the original by less than the lift is taken out of the director's rule; others are not."""
    labels = _PLAIN | {"traefik.http.routers.web.priority": "1"}
    rivals = (Rival("PathPrefix(`/x`)", 2), Rival("PathPrefix(`/y`)", 3), Rival("Path(`/z`)", 1))
    made = _made(labels, rivals=rivals)
    assert made["traefik.http.routers.avnwizard-T-web.rule"] == "(Host(`a`)) && !(PathPrefix(`/x`))"
    with pytest.raises(CannotDirectError, match="another syntax"):
        _made(labels, rivals=(Rival("PathPrefix(`/x`)", 2, "v2"),))


def test_a_rival_at_another_entrypoint_is_none() -> None:
    """A catch-all that redirects on another entrypoint does not take the director's requests."""
    rivals = (Rival("PathPrefix(`/`)", len("Host(`a`)") + 1, "", ("redirecting",)),)
    assert _made(_PLAIN, rivals=rivals)["traefik.http.routers.avnwizard-T-web.rule"] == "Host(`a`)"
    anywhere = {key: value for key, value in _PLAIN.items() if "entrypoints" not in key}
    assert "!(" in _made(anywhere, rivals=rivals)["traefik.http.routers.avnwizard-T-web.rule"]


def test_the_marker_is_above_any_catch_all_and_asks_for_no_certificate() -> None:
    """It has a priority of its own, and TLS of its own where the entrypoint would have a certificate made."""
    marker = f"traefik.http.routers.avnwizard-T-marker-{'c' * 12}"
    made = _made(_PLAIN)
    assert int(made[f"{marker}.priority"]) > 1_000_000_000
    assert f"{marker}.tls" not in made
    direction = Direction("id/run/web", read_labels(_PLAIN), (_TARGET,), certificates=True)
    made = director_labels(direction, _TARGET, service="web", project="id")
    assert made[marker.replace("-T-", f"-{direction.token}-") + ".tls"] == "true"
    witness = witness_labels(direction, _TARGET, "T", ["web"])
    assert witness[f"{marker.replace('-marker-', '-own0-')}.tls"] == "true"


def test_a_witness_leads_to_what_the_own_labels_make() -> None:
    """Traefik leaves a router out that leads to a service which there is not, so each of them is shown."""
    two = read_labels(_PLAIN | {"traefik.http.services.admin.loadbalancer.server.port": "81"})
    names = own_services(two, service="web", project="id")
    made = witness_labels(Direction("id/run/web", two, (_TARGET,)), _TARGET, "T", names)
    prefix, target = "traefik.http.routers.avnwizard-T-own", _TARGET.container
    found = {key: value for key, value in made.items() if key.startswith(prefix)}
    services = [found[f"{prefix}{number}-{target[:12]}.service"] for number in (0, 1)]
    assert services == [f"{name}@docker" for name in names] == ["admin@docker", "web@docker"]
    hosts = [found[f"{prefix}{number}-{target[:12]}.rule"] for number in (0, 1)]
    assert hosts == [f"Host(`{host}`)" for host in witness_hosts("T", target, 2)]
    assert own_services(read_labels({}), service="web", project="id") == ["web-id"]


def test_a_sticky_cookie_without_a_name_keeps_traefiks() -> None:
    """Traefik makes the name from the service's, which the director changes."""
    made = _made(_PLAIN | {"traefik.http.services.web.loadbalancer.sticky.cookie.httponly": "true"})
    name = made["traefik.http.services.avnwizard-T-web.loadbalancer.sticky.cookie.name"]
    assert len(name) == 6
    assert name.startswith("_")


def test_what_traefik_makes_up_is_made_up_alike() -> None:
    """No router: one named after service and project with the default rule; no port: the lowest exposed one."""
    made = _made({"traefik.enable": "true"}, rule="Host(`web-id`)")
    assert made["traefik.http.routers.avnwizard-T-web-id.rule"] == "Host(`web-id`)"
    assert made["traefik.http.services.avnwizard-T-web-id.loadbalancer.server.url"] == "http://172.20.0.7:3000"
    assert not any(key.endswith("entrypoints") for key in made)
    assert "traefik.enable" not in _made({}, rule="Host(`web-id`)"), "exposedByDefault decides, as for the original"


def test_directors_of_one_set_share_their_names() -> None:
    """Traefik merges the servers of a service that several containers name; the token does not depend on order."""
    one, two = _TARGET, Target("d" * 64, "fd00::8", 3000)
    sets = [Direction("id/run/web", read_labels(_PLAIN), targets) for targets in ((one, two), (two, one))]
    assert sets[0].token == sets[1].token
    made = [director_labels(sets[0], each, service="web", project="id") for each in (one, two)]
    differing = {key for key in made[0] if "marker" not in key and made[0][key] != made[1][key]}
    url = f"traefik.http.services.avnwizard-{sets[0].token}-web.loadbalancer.server.url"
    assert differing == {url, "avnwizard.director.target"}
    assert made[1][url] == "http://[fd00::8]:8080"


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ({"traefik.tcp.routers.a.rule": "HostSNI(`*`)"}, "no HTTP router"),
        ({"traefik.enable": "false"}, "no HTTP router"),
        ({"traefik.swarm.network": "x"}, "Swarm"),
        ({"traefik.http.routers.a.service": "b@file", "traefik.http.routers.a.rule": "Path(`/`)"}, "b@file"),
        ({"traefik.http.routers.a.priority": "1"}, "default rule is not known"),
        (_PLAIN | {"traefik.http.services.b.loadbalancer.server.port": "1"}, "does not say to which"),
        (
            {"traefik.http.routers.a.rule": "x", "traefik.http.services.b.loadbalancer.server.url": "u"},
            "fixed address",
        ),
        ({"traefik.http.routers.a.rule": "x", "traefik.http.services.b.weighted.services": "u"}, "no load balancer"),
    ],
)
def test_why_it_cannot(labels: dict[str, str], reason: str) -> None:
    """Each with the reason that the plan shows."""
    assert reason in why_not(read_labels(labels), service="web", project="id")
    assert why_not(read_labels(_PLAIN), service="web", project="id") == ""
