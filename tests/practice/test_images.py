"""The registry, the images that are here, and their tags."""

from pathlib import Path

import pytest

from avnwizard.domain.host import Image
from avnwizard.errors import HostError
from avnwizard.practice.images import ImageStore, repository
from avnwizard.practice.state import State

_WEB = "registry.example.test/avnology/web:v2.0.0"


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    """A store whose registry offers one image."""
    state = State(tmp_path / "state.sqlite")
    state.set("speed", 1e6)
    store = ImageStore(state)
    store.publish([_WEB])
    return store


def _pull(images: ImageStore) -> Image:
    return images.pull(_WEB, lambda _line: None, breaks=False)


def test_a_pulled_image_is_found_by_tag_digest_and_id(images: ImageStore) -> None:
    """All three name the same content."""
    assert images.find(_WEB) is None
    pulled = _pull(images)
    assert images.find(_WEB) == pulled
    for name in (pulled.id, f"{repository(_WEB)}@{pulled.digest}"):
        found = images.find(name)
        assert found is not None
        assert found.id == pulled.id


def test_an_image_can_be_pulled_by_its_digest(images: ImageStore) -> None:
    """As a pinned plan does."""
    offered = images.offered(_WEB)
    assert offered is not None
    pinned = f"{repository(_WEB)}@{offered.digest}"
    assert images.pull(pinned, lambda _line: None, breaks=False).id == offered.id


def test_an_unknown_tag_is_refused(images: ImageStore) -> None:
    """The registry says so."""
    with pytest.raises(HostError, match="manifest unknown"):
        images.pull(_WEB.replace("v2", "v9"), lambda _line: None, breaks=False)


def test_a_second_pull_finds_it_up_to_date(images: ImageStore) -> None:
    """Nothing is downloaded twice."""
    _pull(images)
    lines: list[str] = []
    images.pull(_WEB, lines.append, breaks=False)
    assert lines[-1] == f"Status: Image is up to date for {_WEB}"
    assert not any("Downloading" in line for line in lines)


def test_a_kept_name_goes_and_the_image_stays(images: ImageStore) -> None:
    """`release` removes only what `keep` made."""
    pulled = _pull(images)
    images.tag(pulled.id, "avnwizard/keep:1", kept=True)
    assert images.find("avnwizard/keep:1") is not None
    images.untag("avnwizard/keep:1")
    images.untag("avnwizard/keep:1")
    images.untag(_WEB)
    assert images.find("avnwizard/keep:1") is None
    assert images.find(_WEB) == pulled


def test_a_tag_that_moves_leaves_the_old_image_here(images: ImageStore) -> None:
    """Going back finds it by id, and points the tag at it again."""
    old = _pull(images)
    images.add(Image(_WEB, "sha256:other", "sha256:else", 1))
    images.tag(old.id, _WEB, kept=False)
    assert images.find(_WEB) == old


def test_an_image_that_is_not_here_cannot_be_tagged(images: ImageStore) -> None:
    """By id."""
    with pytest.raises(HostError, match="no such image"):
        images.tag("sha256:nowhere", "x:1", kept=True)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (_WEB, _WEB.removesuffix(":v2.0.0")),
        ("host:5000/web", "host:5000/web"),
        ("web@sha256:0", "web"),
        ("web:1", "web"),
    ],
)
def test_the_repository_of_a_reference(reference: str, expected: str) -> None:
    """A port is not a tag."""
    assert repository(reference) == expected
