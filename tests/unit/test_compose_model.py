"""Reading the model that `docker compose config --format json` prints (Compose 2.26 and 2.39 seen)."""

from typing import Any

import pytest

from avnwizard.domain.compose.model import hashes_from_output, model_from_config, named_by_files, seconds
from avnwizard.domain.host import Service

RAW: dict[str, Any] = {
    "name": "avnology",
    "services": {
        "gateway": {
            "image": "registry.example.org:5000/avnology/gateway:v2.0.0",
            "command": None,
            "depends_on": {
                "postgres": {"condition": "service_healthy", "required": True},
                "avnology-migrate": {"condition": "service_completed_successfully", "required": True},
            },
            "deploy": {"replicas": 2, "resources": {}, "placement": {}},
            "healthcheck": {"test": ["CMD", "check"], "timeout": "3s", "interval": "5s", "start_period": "1m30s"},
            "labels": {"traefik.http.middlewares.a.basicauth.users": "u:$$apr1$$x$$y", "empty": None},
            "networks": {"edge": None, "backend": {"aliases": ["api"]}},
            "restart": "unless-stopped",
            "stop_grace_period": "1m0s",
        },
        "postgres": {
            "image": "postgres:17",
            "ports": [
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 5432, "published": "5432", "protocol": "tcp"},
                {"mode": "ingress", "target": 53, "published": "53", "protocol": "udp"},
                {"mode": "ingress", "target": 9000, "protocol": "tcp"},
            ],
            "volumes": [
                {"type": "volume", "source": "postgres_data", "target": "/var/lib/postgresql/data", "volume": {}},
                {"type": "bind", "source": "/srv/init", "target": "/init.d", "read_only": True},
                {"type": "volume", "target": "/anonymous"},
                {"type": "tmpfs", "target": "/run"},
            ],
            "container_name": "pg",
            "healthcheck": {"disable": True, "start_period": "5s"},
        },
        "worker": {
            "build": {"context": "."},
            "deploy": {"restart_policy": {"condition": "on-failure"}},
            "healthcheck": {"test": ["NONE"]},
            "scale": 3,
        },
    },
}


def test_a_stateless_service() -> None:
    """Conditions, replicas, health, labels with their dollars, networks, restart and grace are read."""
    assert model_from_config(RAW).services["gateway"] == Service(
        name="gateway",
        image="registry.example.org:5000/avnology/gateway:v2.0.0",
        depends_on={"postgres": "service_healthy", "avnology-migrate": "service_completed_successfully"},
        has_healthcheck=True,
        health_test=("CMD", "check"),
        start_period_s=90.0,
        check_s=8.0,
        networks=("edge", "backend"),
        labels={"traefik.http.middlewares.a.basicauth.users": "u:$apr1$x$y", "empty": ""},
        restart="unless-stopped",
        replicas=2,
        stop_grace_s=60.0,
    )


def test_a_stateful_service() -> None:
    """Fixed ports, mounts in the short syntax, a container name, and a disabled health check."""
    service = model_from_config(RAW).services["postgres"]
    assert service.published == ("127.0.0.1:5432", "53/udp")
    assert service.volumes == ("postgres_data:/var/lib/postgresql/data", "/srv/init:/init.d:ro", "/anonymous", "/run")
    assert (service.container_name, service.has_healthcheck, service.start_period_s) == ("pg", False, 0.0)
    assert (service.restart, service.replicas, service.stop_grace_s) == ("", 1, 10.0)


def test_a_built_service_with_a_deploy_section() -> None:
    """Without an image the name is the one that Compose gives; the restart policy of `deploy` counts."""
    service = model_from_config(RAW).services["worker"]
    assert (service.image, service.restart, service.replicas) == ("avnology-worker", "on-failure", 3)
    assert not service.has_healthcheck


def test_the_raw_model_is_untouched_and_not_shown() -> None:
    """`raw` keeps Compose's doubled dollars and stays out of the repr: it holds secrets."""
    model = model_from_config(RAW)
    assert model.raw is RAW
    assert "apr1" in str(model.raw)
    assert "raw" not in repr(model)


def test_an_empty_model() -> None:
    """No services at all is an empty model, not an error."""
    assert model_from_config({"name": "x", "services": None}).services == {}


def test_hashes() -> None:
    """One service and hash per line; other lines do not count."""
    assert hashes_from_output("a 123\nb 456\n\nwarning: not a pair\n") == {"a": "123", "b": "456"}


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("30s", 30.0),
        ("1h1m1s", 3661.0),
        ("1m30s", 90.0),
        ("500ms", 0.5),
        ("1.5s", 1.5),
        (None, 0.0),
        (2_000_000_000, 2.0),
    ],
)
def test_durations(duration: object, expected: float) -> None:
    """Go's durations in seconds; milliseconds are not minutes."""
    assert seconds(duration) == pytest.approx(expected)


def test_images_that_files_may_name() -> None:
    """Of a service that is built and names none, the one that Compose makes up is not said again."""
    config = {"name": "shop", "services": {"web": {"build": {"context": "."}}, "db": {"image": "postgres:17"}}}
    model = model_from_config(config)
    assert named_by_files(model, {"web": "shop-web", "db": "postgres:16"}) == {"db": "postgres:16"}
    assert named_by_files(model, {"web": "other:1"}) == {"web": "other:1"}
