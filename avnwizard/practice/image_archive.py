"""The practice host's images in files: what the state says of each, as JSON."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from avnwizard.domain.host import Image
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import Progress
from avnwizard.practice.images import ImageStore


class PracticeImageArchive:
    """`ports.ImageArchive` on the practice host."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images

    def save(self, image_ids: Sequence[str], to: Path, progress: Progress) -> FileFacts:
        """The images as a new 0600 file."""
        found = [self._images.find(one) for one in image_ids]
        if None in found:
            raise HostError(f"no such image: {image_ids[found.index(None)]}", "It was removed from this host.")
        data = json.dumps([(one.id, one.digest, one.size_bytes) for one in found if one]).encode()
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(data)
        progress(len(data), len(data))
        return FileFacts(len(data), hashlib.sha256(data).hexdigest())

    def load(self, archive: Path, progress: Progress) -> None:
        """The images of such a file, by their ids."""
        for image_id, digest, size_bytes in json.loads(archive.read_bytes()):
            self._images.add(Image(image_id, image_id, digest, size_bytes))
        progress(1, 1)
