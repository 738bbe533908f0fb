"""An image with another C library on the same data: told by its files, before the pull and after it."""

from dataclasses import replace

import pytest

from avnwizard.domain.host import Image
from avnwizard.errors import HostError
from avnwizard.flows.safety.libc import library_findings
from tests.flows.safety_world import DATA, World, model_of, service_of, world

__all__ = ["world"]


def _libc(world: World, *, pulled: bool) -> list[tuple[str, str]]:
    model = model_of(postgres=service_of(f"x_pgdata:{DATA}", image="pg:2"))
    found = library_findings(world.host, model, world.containers, release="v2", pulled=pulled)
    return [(one.level, one.message) for one in found]


def test_a_library_that_cannot_be_told(world: World) -> None:
    """Before the pull it is left open; after it, an image of another name stops, one of the same name does not."""
    world.images["pg:2"] = Image("pg:2", "new", "", 1)
    world.bases |= {"new": "", "id of postgres": "ID=debian\n"}
    assert _libc(world, pulled=False) == []
    assert [level for level, _ in _libc(world, pulled=True)] == ["stop"]
    world.containers[0] = replace(world.containers[0], image="pg:1")
    assert _libc(world, pulled=True) == []


def test_the_files_of_an_image_beat_its_name(world: World) -> None:
    """It calls itself Alpine's and is Debian's: no reason to refuse; the release is told apart."""
    world.containers[0] = replace(world.containers[0], image="pg:1-alpine")
    world.images["pg:2"] = Image("pg:2", "new", "", 1)
    world.bases |= {"new": "ID=debian\nVERSION_CODENAME=trixie\n"}
    world.bases |= {"id of postgres": "ID=debian\nVERSION_CODENAME=bookworm\n"}
    ((level, message),) = _libc(world, pulled=False)
    assert level == "warn"
    assert "from bookworm to trixie" in message
    world.images["pg:2"] = Image("pg:2", "id of postgres", "", 1)
    assert _libc(world, pulled=True) == []


def test_an_image_that_cannot_be_looked_into(world: World) -> None:
    """Before the pull its name must do; after it, not to know is an error."""
    world.images["pg:2"] = Image("pg:2", "new", "", 1)
    assert _libc(world, pulled=False) == []
    with pytest.raises(HostError, match="no such image"):
        _libc(world, pulled=True)
