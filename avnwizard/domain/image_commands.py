"""Commands on images in files, as pure argv; see `commands`."""

from collections.abc import Sequence

from avnwizard.domain.commands import Argv, compose_base
from avnwizard.domain.host import ComposeProject


def build(project: ComposeProject, service: str) -> Argv:
    """Build one service's image from the sources in the checkout."""
    return (*compose_base(project), "build", service)


def save(image_ids: Sequence[str]) -> Argv:
    """Print images as one tar, layers that they share once."""
    return ("docker", "save", *image_ids)


def load() -> Argv:
    """Load the images of such a tar from stdin."""
    return ("docker", "load", "--quiet")
