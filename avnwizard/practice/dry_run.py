"""What `docker compose up --dry-run` would say on the practice host."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from avnwizard.domain.host import ComposeModel
from avnwizard.errors import HostError
from avnwizard.practice.config_hash import label_hash
from avnwizard.practice.container_store import ContainerStore
from avnwizard.practice.images import ImageStore


def replaced(
    model: ComposeModel,
    directory: Path,
    store: ContainerStore,
    images: ImageStore,
    services: Sequence[str],
    references: Mapping[str, str],
) -> frozenset[str]:
    """Those of some services with a container that `up` would replace, were their images those of `references`."""
    found = set()
    for name in services:
        wanted = model.raw["services"][name]
        reference = references.get(name, str(wanted["image"]))
        image = images.find(reference)
        if image is None:
            raise HostError(f"no such image: {reference}", "Pull it first.")
        hashed = label_hash({**wanted, "image": reference}, directory)
        ours = [one for one in store.present(name) if not one.one_off]
        if any((one.config_hash, one.image_id) != (hashed, image.id) for one in ours):
            found.add(name)
    return frozenset(found)
