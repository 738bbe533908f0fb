"""A snapshot: globals, every database, the env file, each part checksummed, in one folder with a manifest."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from avnwizard.domain.writes import WriteCounters
from avnwizard.errors import HostError

MANIFEST = "manifest.json"
GLOBALS = "globals.sql"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Part:
    """One file of a snapshot. `sha256` is of the file as it lies on disk."""

    file: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class DumpedDatabase:
    """One database as it was dumped.

    Attributes:
        fingerprint: of its schema.
        rows: exact rows per table, counted right after the dump; writes in between make it a bound, not an equality.
        counters: what had been written per table just before the dump began; None in an earlier version's.
    """

    name: str
    owner: str
    size_bytes: int
    fingerprint: str
    rows: dict[str, int]
    dump: Part
    counters: WriteCounters | None = None


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds. `taken_at` is when the first dump began, seconds since the epoch."""

    taken_at: float
    tag: str
    commit: str
    server_version: str
    globals: Part
    env: Part
    databases: tuple[DumpedDatabase, ...]

    def parts(self) -> tuple[Part, ...]:
        """Every file."""
        return (self.globals, self.env, *(database.dump for database in self.databases))


_ADAPTER = TypeAdapter(Manifest)


def measure(path: Path, file: str) -> Part:
    """Checksum a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return Part(file, path.stat().st_size, digest.hexdigest())


def load(folder: Path) -> Manifest:
    """Read a snapshot's manifest.

    Raises:
        HostError: there is none, or it is not one.
    """
    try:
        return _ADAPTER.validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise HostError(
            f"{folder} holds no readable snapshot.", "Look for another one with: avnwizard status"
        ) from error


def dump(manifest: Manifest) -> bytes:
    """The manifest as JSON."""
    return _ADAPTER.dump_json(manifest, indent=2)


def verify(folder: Path) -> Manifest:
    """Read every part and compare its checksum.

    Raises:
        HostError: a part is missing or differs; it names the part.
    """
    manifest = load(folder)
    for part in manifest.parts():
        path = folder / part.file
        if not path.is_file():
            raise HostError(
                f"The snapshot {folder} lacks {part.file}.", "It cannot be restored from; take another one."
            )
        if measure(path, part.file) != part:
            raise HostError(
                f"{part.file} of the snapshot {folder} is damaged.", "It cannot be restored from; take another one."
            )
    return manifest


def publish(partial: Path, final: Path) -> None:
    """Make a whole snapshot visible: fsync the folder, rename it, fsync its parent."""
    _sync(partial)
    partial.rename(final)
    _sync(final.parent)


def discard(folder: Path) -> None:
    """Remove a partial snapshot."""
    shutil.rmtree(folder, ignore_errors=True)


Kept = tuple[Path, Manifest]


def all_whole(snapshots: Path) -> list[Kept]:
    """Every whole snapshot with its folder, newest first; a folder that cannot be read is passed over."""
    found: list[Kept] = []
    for folder in snapshots.glob("*"):
        if folder.suffix == ".partial" or not (folder / MANIFEST).is_file():
            continue
        try:
            found.append((folder, load(folder)))
        except HostError:
            continue
    return sorted(found, key=lambda kept: kept[1].taken_at, reverse=True)


def newest(snapshots: Path) -> dict[str, Any] | None:
    """The last whole snapshot: {"folder", "taken_at", "tag", "bytes"}."""
    kept = all_whole(snapshots)
    if not kept:
        return None
    folder, manifest = kept[0]
    size = sum(part.size_bytes for part in manifest.parts())
    return {"folder": str(folder), "taken_at": manifest.taken_at, "tag": manifest.tag, "bytes": size}


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
