"""Commands on images in files, as pure argv; see `commands`."""

from collections.abc import Sequence

from avnwizard.domain.commands import Argv


def save(image_ids: Sequence[str]) -> Argv:
    """Print images as one tar, layers that they share once."""
    return ("docker", "save", *image_ids)


def load() -> Argv:
    """Load the images of such a tar from stdin."""
    return ("docker", "load", "--quiet")
