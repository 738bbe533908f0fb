"""The practice host's images: what its registry offers, what is here, what is kept under another name."""

import hashlib
import time
from collections.abc import Callable, Iterable

from avnwizard.domain.host import Image
from avnwizard.errors import HostError
from avnwizard.practice.pace import PULL_BYTES_PER_S
from avnwizard.practice.state import State

_LAYERS = 3
_STEPS = 4


def repository(reference: str) -> str:
    """`example.test/avnology/kratos` of `example.test/avnology/kratos:v1.3.1`."""
    without_digest = reference.partition("@")[0]
    head, colon, tag = without_digest.rpartition(":")
    return head if colon and "/" not in tag else without_digest


def published(reference: str) -> Image:
    """The image that the registry offers under this reference; its content follows from its name."""
    seed = hashlib.sha256(f"practice image {reference}".encode()).hexdigest()
    digest = hashlib.sha256(f"practice manifest {reference}".encode()).hexdigest()
    return Image(reference, f"sha256:{seed}", f"sha256:{digest}", 20_000_000 + int(seed[:6], 16) * 6)


class ImageStore:
    """Images in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def publish(self, references: Iterable[str]) -> None:
        """Let the registry offer them."""
        images = [published(reference) for reference in references]
        with self._state.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO registry VALUES (?, ?, ?, ?)",
                [(image.reference, image.id, image.digest, image.size_bytes) for image in images],
            )

    def offered(self, reference: str) -> Image | None:
        """What the registry has under a tag, or under `NAME@sha256:…`."""
        name, _, digest = reference.partition("@")
        rows = self._state.rows("SELECT * FROM registry WHERE reference = ? AND ? = ''", name, digest)
        if digest:
            rows = [
                row
                for row in self._state.rows("SELECT * FROM registry WHERE digest = ?", digest)
                if repository(row["reference"]) == repository(name)
            ]
        if not rows:
            return None
        row = rows[0]
        return Image(reference, row["id"], row["digest"], row["size_bytes"], sources=self._sources(row["digest"]))

    def find(self, reference: str) -> Image | None:
        """An image that is here, by tag, `NAME@digest` or id."""
        _, _, digest = reference.partition("@")
        rows = self._state.rows(
            "SELECT * FROM image WHERE reference = ?1 OR id = ?1 OR (?2 <> '' AND digest = ?2)"
            " ORDER BY reference = ?1 DESC",
            *(reference, digest),
        )
        if not rows:
            return None
        row = rows[0]
        return Image(
            row["reference"], row["id"], row["digest"], row["size_bytes"], sources=self._sources(row["digest"])
        )

    def _sources(self, digest: str) -> tuple[str, ...]:
        known = self._state.rows("SELECT reference FROM registry WHERE digest = ? AND digest <> ''", digest)
        return tuple(sorted({f"{repository(row['reference'])}@{digest}" for row in known}))

    def add(self, image: Image, *, kept: bool = False) -> None:
        """Let a reference point at an image that is here; the one that it pointed at before stays, by its id."""
        with self._state.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO image SELECT id, id, digest, size_bytes, 0 FROM image"
                " WHERE reference = ? AND id <> ?",
                (image.reference, image.id),
            )
            db.execute(
                "INSERT OR REPLACE INTO image VALUES (?, ?, ?, ?, ?)",
                (image.reference, image.id, image.digest, image.size_bytes, int(kept)),
            )

    def tag(self, image_id: str, name: str, *, kept: bool) -> None:
        """Give an image that is here another name."""
        image = self.find(image_id)
        if image is None:
            raise HostError(f"no such image: {image_id}", "It was removed from this host; pull it again.")
        self.add(Image(name, image.id, image.digest, image.size_bytes), kept=kept)

    def untag(self, name: str) -> None:
        """Remove a name given by `tag(kept=True)`; nothing to do when there is none. The image stays, by its id."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM image WHERE reference = ? AND kept = 1", (name,))

    def pull(self, reference: str, progress: Callable[[str], None], *, breaks: bool) -> Image:
        """Fetch an image in as much time as its size takes; with `breaks`, the line goes dead midway."""
        offered = self.offered(reference)
        name = repository(reference)
        if offered is None:
            raise HostError(
                f"pulling {reference} failed: manifest unknown",
                "Does the registry have this tag? Look at the release.",
            )
        progress(f"Pulling from {name}")
        present = self.find(reference)
        new = present is None or present.id != offered.id
        if new or breaks:
            self._download(offered, progress, breaks=breaks)
            self.add(offered)
        progress(f"Digest: {offered.digest}")
        said = "Downloaded newer image for" if new else "Image is up to date for"
        progress(f"Status: {said} {reference}")
        return offered

    def _download(self, image: Image, progress: Callable[[str], None], *, breaks: bool) -> None:
        pause_s = image.size_bytes / PULL_BYTES_PER_S / self._state.speed / (_LAYERS * _STEPS)
        share = image.size_bytes / _LAYERS / 1e6
        for layer in range(_LAYERS):
            name = image.id[7 + 12 * layer :][:12]
            for step in range(1, _STEPS + 1):
                time.sleep(pause_s)
                progress(f"{name}: Downloading {share * step / _STEPS:.1f}MB/{share:.1f}MB")
                if breaks and layer == 1:
                    raise HostError(
                        f"pulling {image.reference} failed: unexpected EOF while reading {name}",
                        "The registry or the line to it broke off; nothing of this image was kept. Try again.",
                    )
            progress(f"{name}: Pull complete")
