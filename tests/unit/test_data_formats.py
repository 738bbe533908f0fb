"""Can an older version of a data service read what a newer one wrote? Yes only where somebody vouches for it."""

import pytest

from avnwizard.domain.data_formats import Software, reads, software_of


def _known(image: str, **variables: str) -> Software:
    found = software_of(image, variables)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("old", "new", "safe"),
    [
        ("valkey/valkey:8.0", "valkey/valkey:8.1-alpine", True),
        ("valkey:8.1.1", "valkey:8.1.5", True),
        ("redis:7.2", "valkey:8.0", True),
        ("valkey:9.0", "valkey:9.1", True),
        ("valkey:8.1", "valkey:9.0", False),
        ("redis:7.2", "redis:7.4", False),
        ("redis:7.4", "redis:8.0", False),
        ("valkey:8", "valkey:9", False),
        ("valkey:8.1", "valkey:latest", False),
        ("valkey:latest", "valkey:latest", False),
        ("valkey:8", "valkey:8", False),
        ("valkey:9.0", "redis:7.4", False),
        ("nats:2.9.22", "nats:2.10.1", True),
        ("nats:2.9.21", "nats:2.10.1", False),
        ("nats:2.9", "nats:2.10", False),
        ("nats:2.10", "nats:2.10.27", True),
        ("nats:2.11.9", "nats:2.12.0", True),
        ("nats:2.10", "nats:2.12", False),
        ("minio/minio:RELEASE.2025-04-22T22-12-26Z", "minio/minio:RELEASE.2025-09-07T16-13-09Z", False),
        ("minio/minio:RELEASE.2025-04-22T22-12-26Z", "quay.io/minio/minio:RELEASE.2025-04-22T22-12-26Z", True),
        ("mariadb:11.4.2", "mariadb:11.4.5", True),
        ("mariadb:10.11", "mariadb:11.4", False),
        ("mysql:8.0.36", "mysql:8.0.37", False),
        ("mysql:8.0", "mysql:8.0", False),
        ("mongo:6.0", "mongo:7.0", False),
        ("traefik:v3.1", "traefik:v3.7", True),
        ("traefik:v2.11", "traefik:v3.0", False),
        ("traefik:latest", "traefik:v3.0", False),
        ("elasticsearch:8.15.0", "elasticsearch:8.15.1", False),
    ],
)
def test_only_what_is_known_is_safe(old: str, new: str, *, safe: bool) -> None:
    """By the sources that the module names; a version that cannot be told is not known."""
    assert reads(_known(old), _known(new)).safe is safe


def test_the_reason_names_the_versions() -> None:
    """What an operator needs to look it up."""
    assert reads(_known("valkey:8.1"), _known("valkey:9.0")).why == (
        "Valkey 9.0 writes RDB version 80, and Valkey 8.1 reads up to 11"
    )


def test_the_images_own_version_counts_for_more_than_its_tag() -> None:
    """`latest` moves; what the image sets does not."""
    old, new = (_known("valkey:latest", VALKEY_VERSION=version) for version in ("8.1.4", "9.0.1"))
    assert not reads(old, new).safe
    assert str(new) == "Valkey 9.0.1"


@pytest.mark.parametrize("image", ["example.test/web:1", "postgres:17", "prom/redis-exporter:1", "valkeys:9"])
def test_others_are_not_known(image: str) -> None:
    """Nothing is said of what is not in the table."""
    assert software_of(image) is None
