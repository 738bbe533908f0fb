"""The snapshots that are kept: found, read, verified. `taking` says how one is taken."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.domain.snapshot import FORMAT, DumpedDatabase, Manifest, Part
from avnwizard.domain.typed import Typed
from avnwizard.errors import HostError, RefusedError
from avnwizard.ports import Files

__all__ = [
    "DumpedDatabase",
    "Kept",
    "Manifest",
    "Part",
    "all_whole",
    "find",
    "load",
    "newest",
    "sums",
    "unreadable",
    "verify",
]

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
GLOBALS, ENV, MODEL, EDITS = "globals.sql", "env", "compose-model.json", "local-edits.patch"
PARTIAL = ".partial"
ROWS = ".rows-"
"""Between a snapshot's name and the run that saved rows alongside it."""
_STAMP = re.compile(r"\d{8}-\d{6}-")
_ADAPTER: Typed[Manifest] = Typed(Manifest)
_ANOTHER = "It cannot be restored from; take another one: avnwizard snapshot create"

Kept = tuple[Path, Manifest]


def load(files: Files, folder: Path) -> Manifest:
    """Read a snapshot's manifest, of this version's format or an older one.

    Raises:
        HostError: there is none, it is not one, or a newer avnwizard wrote it.
    """
    try:
        manifest = _ADAPTER.adapter.validate_json(files.read(folder / MANIFEST))
    except (HostError, ValueError) as error:
        raise HostError(
            f"{printable(str(folder))} holds no readable snapshot.",
            "Look for another one with: avnwizard snapshot list",
        ) from error
    if manifest.format > FORMAT:
        raise HostError(
            f"The snapshot {printable(str(folder))} has format {manifest.format}; this version reads up to {FORMAT}.",
            "Use the version of avnwizard that took it.",
        )
    return manifest


def make_ready() -> None:
    """Load what writes a manifest: 0.1 s that fit alongside the dumps."""
    _ = _ADAPTER.adapter


def to_json(manifest: Manifest) -> bytes:
    """The manifest as JSON."""
    return _ADAPTER.adapter.dump_json(manifest, indent=2)


def described(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON values."""
    return dict(_ADAPTER.adapter.dump_python(manifest, mode="json"))


def sums(manifest: FileFacts, parts: Sequence[Part]) -> bytes:
    """What `sha256sum -c` reads: the manifest and every part."""
    lines = [f"{manifest.sha256}  {MANIFEST}", *(f"{part.sha256}  {part.file}" for part in parts)]
    return ("\n".join(lines) + "\n").encode()


def verify(files: Files, folder: Path, tell: Callable[[int], None] = lambda _: None) -> Manifest:
    """Read every part from the disk and compare its checksum; `tell` hears the bytes read so far.

    Raises:
        HostError: a part is missing or differs; it names the part.
    """
    manifest = _vouched(files, folder)
    before = 0
    for part in manifest.parts():
        _require_whole(files, folder, part, lambda done, before=before: tell(before + done))  # type: ignore[misc]  # a default
        before += part.size_bytes
    return manifest


def verified_globals(files: Files, folder: Path) -> Path:
    """The snapshot's file of roles, its checksum compared now: the dumps, which may be large, are not read.

    Raises:
        HostError: the file, the manifest or the checksums are missing or damaged.
    """
    part = _vouched(files, folder).globals
    _require_whole(files, folder, part, lambda _: None)
    return folder / part.file


def _vouched(files: Files, folder: Path) -> Manifest:
    """The manifest, compared with its own checksum where the snapshot's format has one."""
    manifest = load(files, folder)
    if manifest.format >= FORMAT or files.exists(folder / SUMS):
        _require_sums(files, folder, manifest)
    return manifest


def _require_whole(files: Files, folder: Path, part: Part, tell: Callable[[int], None]) -> None:
    path, where = folder / part.file, printable(str(folder))
    if Path(part.file).name != part.file or not files.exists(path):
        raise HostError(f"The snapshot {where} lacks {printable(part.file)}.", _ANOTHER)
    if files.measure(path, tell) != FileFacts(part.size_bytes, part.sha256):
        raise HostError(f"{printable(part.file)} of the snapshot {where} is damaged.", _ANOTHER)


def _require_sums(files: Files, folder: Path, manifest: Manifest) -> None:
    """The manifest has nobody but this file to vouch for it."""
    try:
        told = files.read(folder / SUMS)
    except HostError as error:
        raise HostError(f"The snapshot {printable(str(folder))} lacks {SUMS}.", _ANOTHER) from error
    if told != sums(files.measure(folder / MANIFEST), manifest.parts()):
        message = f"{MANIFEST} or {SUMS} of the snapshot {printable(str(folder))} is damaged."
        raise HostError(message, _ANOTHER)


def all_whole(files: Files, snapshots: Path) -> list[Kept]:
    """Every whole snapshot with its folder, newest first; a folder that cannot be read is passed over."""
    found: list[Kept] = []
    for folder in files.list(snapshots):
        if folder.suffix == PARTIAL or not files.exists(folder / MANIFEST):
            continue
        try:
            found.append((folder, load(files, folder)))
        except HostError:
            continue
    return sorted(found, key=lambda kept: kept[1].taken_at, reverse=True)


def unreadable(files: Files, snapshots: Path) -> list[Path]:
    """Folders that were a whole snapshot once and cannot be read as one, the newest last."""
    readable = {folder for folder, _ in all_whole(files, snapshots)}
    named = [one for one in files.list(snapshots) if _STAMP.match(one.name) and one not in readable]
    return [one for one in named if one.suffix != PARTIAL and ROWS not in one.name]


def find(files: Files, snapshots: Path, name: str) -> Path:
    """The folder of a snapshot by its name, an unambiguous beginning of it, or its path; the newest for "".

    Raises:
        RefusedError: there is no such snapshot, or there are several; or the newest is one that cannot be read.
    """
    if name and files.exists(Path(name) / MANIFEST):
        return Path(name).absolute()
    names, lost = [folder for folder, _ in all_whole(files, snapshots)], unreadable(files, snapshots)
    if not name and lost and (not names or lost[-1].name > names[0].name):
        raise RefusedError(
            f"The newest snapshot, {printable(lost[-1].name, limit=80)}, cannot be read.",
            "Give the name of another one: avnwizard snapshot list",
        )
    found = [folder for folder in names if folder.name == name] or [
        folder for folder in (names + lost if name else names) if folder.name.startswith(name)
    ]
    if name and len(found) > 1:
        raise RefusedError(f"{name!r} names {len(found)} snapshots.", "avnwizard snapshot list")
    if not found:
        which = f"no snapshot {printable(name, limit=80)!r}" if name else "no snapshot"
        raise RefusedError(f"There is {which} of this stack.", "avnwizard snapshot list")
    return found[0]


def newest(files: Files, snapshots: Path) -> dict[str, Any] | None:
    """The last whole snapshot: {"folder", "taken_at", "tag", "bytes", "proof"}."""
    kept = all_whole(files, snapshots)
    return summary(*kept[0]) if kept else None


def summary(folder: Path, manifest: Manifest) -> dict[str, Any]:
    """One snapshot in a few words: {"folder", "taken_at", "tag", "bytes", "proof"}."""
    return {
        "folder": str(folder),
        "taken_at": manifest.taken_at,
        "tag": manifest.tag,
        "bytes": manifest.size_bytes,
        "proof": manifest.proof,
    }
