"""The images of the practice host, as the port `Stack` speaks of them."""

from collections.abc import Callable, Sequence

from avnwizard.domain.host import Image
from avnwizard.errors import HostError
from avnwizard.practice.image_archive import PracticeImageArchive
from avnwizard.practice.images import ImageStore, repository
from avnwizard.practice.observation import Observer


class StackImages:
    """The part of `ports.Stack` that is about images."""

    def __init__(self, images: ImageStore, observer: Observer) -> None:
        self._images, self._observer, self._store = images, observer, observer.store
        self.image_archive = PracticeImageArchive(images)

    def image(self, reference: str) -> Image | None:
        """An image that is here."""
        return self._images.find(reference)

    def images(self, references: Sequence[str]) -> dict[str, Image]:
        """Those of several images that are here."""
        return {name: image for name in sorted(set(references)) if (image := self._images.find(name))}

    def os_release(self, image_id: str) -> str:
        """Every practice image is built on Debian, but for those whose tag says Alpine."""
        image = self._images.find(image_id)
        return "ID=alpine\n" if image and "alpine" in image.reference else "ID=debian\nVERSION_CODENAME=bookworm\n"

    def registry_digest(self, reference: str) -> str:
        """What the registry has for the tag now, "" when it has none."""
        offered = self._images.offered(reference)
        return offered.digest if offered else ""

    def offers(self, reference: str) -> bool | None:
        """Whether the registry has an image."""
        return self._images.offered(reference) is not None

    def pull(self, reference: str, progress: Callable[[str], None]) -> Image:
        """Pull at the pace of a good line; breaks off when the failure `pull` is ordered."""
        services = {
            record.service for record in self._store.present() if repository(record.image) == repository(reference)
        }
        breaks = any(self._observer.failures.befalls("pull", service) for service in services or {""})
        return self._images.pull(reference, progress, breaks=breaks)

    def build(self, service: str, progress: Callable[[str], None]) -> Image:
        """No practice service is built from source."""
        del progress
        raise HostError(f"{service} has no source to build from.", "Look at its compose file.")

    def keep(self, image_id: str, name: str) -> None:
        """Tag an image."""
        self._images.tag(image_id, name, kept=True)

    def release(self, name: str) -> None:
        """Remove a tag made by `keep` or `retag`."""
        self._images.untag(name)

    def retag(self, image_id: str, reference: str) -> None:
        """Point a tag at an image that is here."""
        self._images.tag(image_id, reference, kept=self._images.find(reference) is None)
