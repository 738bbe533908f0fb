"""A container gets an address again that another one gave up, on a real engine."""

from collections.abc import Iterator

import pytest

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.postgres.places import DockerPlaces
from tests.lab.engine import Lab

pytestmark = pytest.mark.engine
_NETWORK = "avnwizard-places"


@pytest.fixture
def started(lab: Lab) -> Iterator[list[str]]:
    """Names of containers on a network of their own, removed with it."""
    names: list[str] = []
    lab.docker("network", "create", _NETWORK)
    try:
        yield names
    finally:
        DockerPlaces(DockerCli(lab.env)).let_go("places")
        lab.docker("rm", "-f", *names)
        lab.docker("network", "rm", _NETWORK)


def test_the_lowest_addresses_are_held(lab: Lab, started: list[str]) -> None:
    """Of four containers the first three go; what starts next gets the third one's address, not the first one's."""
    places, image = DockerPlaces(DockerCli(lab.env)), f"{lab.registry}/postgres:17"

    def run(name: str) -> str:
        started.append(name)
        lab.docker("run", "-d", "--name", name, "--network", _NETWORK, "--entrypoint", "sleep", image, "60")
        return places.addresses(name)[_NETWORK]

    found = {name: run(name) for name in ("place-a", "place-b", "place-c", "place-d")}
    lab.docker("rm", "-f", "place-a", "place-b", "place-c")
    assert places.hold_below(_NETWORK, found["place-c"], project="places", image=image)
    assert run("place-e") == found["place-c"]
    assert not places.hold_below(_NETWORK, found["place-c"], project="places", image=image), "it is taken"
    places.let_go("places")
    assert run("place-f") == found["place-a"]
