"""Which Traefik gets containers from which engine."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.traefik.asks_docker import cannot_ask, version_of
from avnwizard.errors import RefusedError
from avnwizard.flows.safety.edge_and_engine import require_edge

if TYPE_CHECKING:
    from avnwizard.flows.host import Host


@pytest.mark.parametrize(
    ("version", "min_api", "cannot"),
    [
        ("3.5.3", "1.44", True),
        ("v3.6.0", "1.44", True),
        ("2.11.30", "1.40", True),
        ("3.5", "1.44", True),
        ("3.6.1", "1.44", False),
        ("3.6", "1.44", False),
        ("3.7.15", "1.44", False),
        ("3.5.3", "1.24", False),
        ("3.5.3", "", False),
        ("", "1.44", False),
        ("latest", "1.44", False),
    ],
)
def test_an_old_traefik_on_a_new_engine(version: str, min_api: str, cannot: bool) -> None:
    """Only where both versions are known to be apart."""
    assert cannot_ask(version, min_api) is cannot


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("traefik:v3.5.3", "3.5.3"),
        ("docker.io/library/traefik:3.5@sha256:00", "3.5"),
        ("registry:5000/traefik", ""),
        ("traefik:latest", ""),
        ("example.org/traefik-auth:v1.2.3", ""),
    ],
)
def test_the_version_by_the_images_name(image: str, version: str) -> None:
    """Of Traefik's own image, where the tag is a version."""
    assert version_of(image) == version


def test_a_release_whose_traefik_would_find_nothing_is_refused() -> None:
    """Before anything is changed, with the ways out; one that nobody can judge is not."""
    engine = SimpleNamespace(min_api="1.44")
    host = cast("Host", SimpleNamespace(stack=SimpleNamespace(engine=lambda: engine)))
    part = ServicePlan("edge", "recreate", "", "traefik:v3.4.0", "traefik:v3.5.0", "")
    with pytest.raises(RefusedError, match=r"edge of v2 is Traefik 3\.5\.0, .* takes 1\.44 or newer") as caught:
        require_edge(host, [part], release="v2")
    assert "min-api-version" in caught.value.hint
    engine.min_api = "1.24"
    require_edge(host, [part], release="v2")
