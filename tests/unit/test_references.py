"""What an image reference is."""

import pytest

from avnwizard.domain.references import is_known_as

OLD, NEW, OTHER = (f"sha256:{one * 64}" for one in "123")


@pytest.mark.parametrize(("digest", "known"), [(OLD, True), (NEW, True), (OTHER, False)])
def test_an_image_that_its_repository_holds_under_two_digests(digest: str, *, known: bool) -> None:
    """Two tags of one image, each with a manifest of its own: Docker names any first, and both are this image."""
    assert is_known_as(digest, OLD, [f"host/postgres@{OLD}", f"host/postgres@{NEW}"]) is known
