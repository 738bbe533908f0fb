"""Where data really lies: what containers have mounted, and what the same services would mount in another release."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from avnwizard.domain.compose.model import mounts_of
from avnwizard.domain.host import ComposeModel, Container, Mount

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_POSTGRES_FOLDERS = ("/var/lib/postgresql", "/home/postgres/pgdata", "/bitnami/postgresql")
_DATABASE_FOLDERS = (
    *_POSTGRES_FOLDERS, "/var/lib/mysql", "/bitnami/mysql", "/bitnami/mariadb", "/data/db", "/bitnami/mongodb",
)  # fmt: skip
"""Where the images of Postgres, MySQL, MariaDB and MongoDB keep their data (docker-library, Bitnami, Timescale)."""
_HOLDING = frozenset({"running", "paused", "restarting"})


def wanted_mounts(model: ComposeModel) -> dict[str, tuple[Mount, ...]]:
    """Service -> the volumes and folders that its containers get, by the engine's names; no tmpfs and the like."""
    volumes, services = model.raw.get("volumes") or {}, model.raw.get("services") or {}
    return {
        name: tuple(found for mount in mounts_of(name, services) if (found := mount_from(mount, volumes)))
        for name in services
    }


def mount_from(mount: Mapping[str, Any], volumes: Mapping[str, Any]) -> Mount | None:
    """A mount in Compose's long form; `volumes` is the model's part of that name. None for a tmpfs and the like."""
    kind = mount.get("type")
    if kind not in {"volume", "bind"}:
        return None
    source, target = _plain(mount.get("source")), _plain(mount.get("target"))
    if kind == "volume" and source:
        source = _plain((volumes.get(source) or {}).get("name")) or source
    subpath = _plain((mount.get("volume") or {}).get("subpath"))
    return Mount("volume" if kind == "volume" else "bind", source, target, not mount.get("read_only"), subpath)


def _plain(value: object) -> str:
    return "" if value is None else str(value).replace("$$", "$")


def is_anonymous(mount: Mount) -> bool:
    """A volume that nobody named: Compose hands it on to the container that replaces its own."""
    return mount.kind == "volume" and (not mount.source or bool(_ANONYMOUS.fullmatch(mount.source)))


def same_source(one: Mount, other: Mount) -> bool:
    """Whether two mounts show the same files."""
    return (one.kind, one.source, one.subpath) == (other.kind, other.source, other.subpath)


def overlap(one: Mount, other: Mount) -> bool:
    """Whether a file can lie in both."""
    if one.kind != other.kind or not (one.source and other.source):
        return False
    if one.kind == "volume":
        return one.source == other.source
    here, there = PurePosixPath(one.source), PurePosixPath(other.source)
    return here.is_relative_to(there) or there.is_relative_to(here)


@dataclass(frozen=True)
class Place:
    """Where a path of a container lies outside it: `folder` within what is mounted, "." for the top of that."""

    mount: Mount
    folder: str


def place_of(path: str, mounts: Iterable[Mount]) -> Place | None:
    """Where a path lies; None for the container's own layer, which goes with the container."""
    inside = PurePosixPath(path)
    found = [one for one in mounts if inside.is_relative_to(one.target)]
    if not found:
        return None
    nearest = max(found, key=lambda one: len(PurePosixPath(one.target).parts))
    return Place(nearest, str(PurePosixPath(nearest.subpath) / inside.relative_to(nearest.target)))


def same_place(one: Place, other: Place) -> bool:
    """Whether two places are the same folder; an anonymous volume is handed on at the same path."""
    if one.folder != other.folder or one.mount.kind != other.mount.kind:
        return False
    if not other.mount.source:
        return is_anonymous(one.mount) and one.mount.target == other.mount.target
    return one.mount.source == other.mount.source


def is_postgres_folder(path: str) -> bool:
    """Whether an image of Postgres keeps its data there."""
    return any(PurePosixPath(path).is_relative_to(folder) for folder in _POSTGRES_FOLDERS)


def database_mount(mounts: Iterable[Mount]) -> Mount | None:
    """The mount at which a database server keeps its data, by the path; None where there is none."""
    for one in mounts:
        target = PurePosixPath(one.target)
        if one.writable and any(target.is_relative_to(folder) for folder in _DATABASE_FOLDERS):
            return one
    return None


@dataclass(frozen=True)
class Newcomer:
    """A service that is to write where another one writes now, which it does not do yet.

    Attributes:
        stays: whether the other one is to go on writing there: then both do for good, by design.
    """

    service: str
    mount: Mount
    holder: str
    held: Mount
    stays: bool


def newcomers(
    wanted: Mapping[str, tuple[Mount, ...]],
    starting: Collection[str],
    containers: Collection[Container],
    *,
    left_alone: Collection[str] = (),
) -> tuple[Newcomer, ...]:
    """Every new writer alongside one that runs now, by service; those that share already are left out.

    Args:
        wanted: service -> what its new containers mount.
        starting: the services that get new containers.
        left_alone: services that run on as they are.
    """
    holding = [one for one in containers if one.state in _HOLDING]
    writes = {
        name: [mount for one in holding if one.service == name for mount in one.mounts if mount.writable]
        for name in {one.service for one in holding}
    }
    found = []
    for name in sorted(starting):
        for mount in wanted.get(name, ()):
            if not mount.writable or any(overlap(mount, own) for own in writes.get(name, ())):
                continue
            for holder in sorted(writes.keys() - {name}):
                held = next((one for one in writes[holder] if overlap(mount, one)), None)
                if held:
                    later = [one for one in wanted.get(holder, ()) if one.writable and overlap(held, one)]
                    found.append(Newcomer(name, mount, holder, held, bool(later) or holder in left_alone))
    return tuple(found)


def told(mount: Mount) -> str:
    """A mount's source in words, as it is (hostile)."""
    if is_anonymous(mount):
        return "an anonymous volume"
    kind = "the volume" if mount.kind == "volume" else "the folder"
    return f"{kind} {mount.source}" + (f" (its folder {mount.subpath})" if mount.subpath else "")
