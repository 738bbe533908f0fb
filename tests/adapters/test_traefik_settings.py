"""What a Traefik container tells of its settings."""

from typing import Any

import pytest

from avnwizard.adapters.traefik.asking import names_of
from avnwizard.adapters.traefik.finding import Traefik
from avnwizard.adapters.traefik.settings import settings_of
from avnwizard.adapters.traefik.targets import target_of
from avnwizard.domain.edge import EdgeFacts
from avnwizard.domain.traefik.labels import read_labels
from avnwizard.errors import HostError


def _raw(*arguments: str, env: tuple[str, ...] = (), mounts: tuple[str, ...] = ()) -> dict[str, Any]:
    config = {"Entrypoint": ["/entrypoint.sh"], "Cmd": ["traefik", *arguments], "Env": list(env)}
    return {"Id": "e" * 64, "Config": config, "Mounts": [{"Destination": each} for each in mounts]}


def test_arguments() -> None:
    """Both spellings, flags without a value, entrypoints' ports, any case."""
    found = settings_of(
        _raw("--providers.docker", "--Providers.Docker.ExposedByDefault=false", "--entrypoints.web.address", ":80")
    )
    assert (found.docker_provider, found.exposed_by_default, found.entry_ports) == (True, False, (80,))
    assert found.default_rule == "Host(`{{ normalize .Name }}`)"
    assert found.api_port == 8080
    assert settings_of(_raw("--entrypoints.traefik.address=:9000")).api_port == 9000


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--providers.docker",), 2.0),
        (("--providers.providersThrottleDuration=500ms",), 0.5),
        (("--providers.providersthrottleduration", "1m1.5s"), 61.5),
        (("--providers.providersThrottleDuration=3",), 3.0),
        (("--providers.providersThrottleDuration=soon",), 0.0),
        ((), 0.0),
    ],
)
def test_throttle(arguments: tuple[str, ...], expected: float) -> None:
    """Go's durations, bare seconds; Traefik's default only where all settings are seen."""
    assert settings_of(_raw(*arguments)).throttle_s == expected
    assert settings_of(_raw("--providers.docker", mounts=("/etc/traefik",))).throttle_s == 0.0


def test_entrypoints_of_any_name() -> None:
    """A dash is part of a name; a resolver of an entrypoint's own is seen."""
    found = settings_of(_raw("--entrypoints.web-secure.address=:443", "--entrypoints.web-secure.http.tls=true"))
    assert (found.entry_ports, found.resolves_certificates) == ((443,), False)
    assert settings_of(_raw("--entrypoints.web-secure.http.tls.certResolver=le")).resolves_certificates


def test_a_routers_names_at_several_entrypoints() -> None:
    """Traefik puts the entrypoint's name before the router's where it is on several."""
    assert names_of({"name": "web-docs@docker", "entryPoints": ["web"]}) == {"web-docs@docker", "docs@docker"}
    assert names_of({"name": "docs@docker", "entryPoints": ["web", "plain"]}) == {"docs@docker"}
    assert names_of({}) == {""}


def test_the_environment() -> None:
    """As Traefik spells it there."""
    found = settings_of(_raw(env=("TRAEFIK_PROVIDERS_DOCKER_NETWORK=edge", "PATH=/bin")))
    assert (found.get("providers.docker.network"), found.exposed_by_default) == ("edge", True)


@pytest.mark.parametrize(
    "raw", [_raw(), _raw("--configfile=/x.yml"), _raw("--ping", mounts=("/etc/traefik/traefik.yml",))]
)
def test_what_a_file_may_hold_is_not_known(raw: dict[str, Any]) -> None:
    """With a settings file nothing is concluded from what the arguments do not say."""
    found = settings_of(raw)
    assert (found.docker_provider, found.exposed_by_default, found.default_rule) == (None, None, "")


def _traefik(*arguments: str, networks: tuple[str, ...]) -> Traefik:
    raw = _raw(*arguments) | {"NetworkSettings": {"Networks": {name: {} for name in networks}}}
    facts = EdgeFacts("e" * 64, "edge-1", "traefik", "3.7.15", api=False)
    return Traefik(raw, facts, settings_of(raw), None)


def _container(**addresses: str) -> dict[str, Any]:
    networks = {name: {"IPAddress": address} for name, address in addresses.items()}
    ports = {"9000/tcp": None, "8080/tcp": None}
    return {"Id": "c" * 64, "Name": "/web-1", "NetworkSettings": {"Networks": networks, "Ports": ports}}


def test_the_network_by_which_traefik_reaches_a_container() -> None:
    """The label's, else the provider's, else one in common; the lowest exposed port."""
    raw = _container(back="192.0.2.1", edge="192.0.2.2", other="192.0.2.3")
    labelled = read_labels({"traefik.docker.network": "other"})
    by_provider = _traefik("--providers.docker.network=back", networks=("edge",))
    assert target_of(raw, labelled, by_provider).address == "192.0.2.3"
    assert target_of(raw, read_labels({}), by_provider).address == "192.0.2.1"
    found = target_of(raw, read_labels({}), _traefik("--ping", networks=("edge",)))
    assert (found.address, found.port) == ("192.0.2.2", 8080)
    with pytest.raises(HostError, match="no network in common"):
        target_of(_container(back="192.0.2.1"), read_labels({}), _traefik("--ping", networks=("edge",)))
