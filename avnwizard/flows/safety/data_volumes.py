"""The volumes and folders of one service that a rollback puts back or empties: only what is wholly its own."""

from collections.abc import Sequence
from pathlib import Path

from avnwizard.domain.data_way import HeldVolume, is_folder
from avnwizard.domain.host import ComposeModel, Container, Mount
from avnwizard.domain.mounts import is_anonymous, overlap, wanted_mounts
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

_SYSTEM = ("/etc", "/run", "/var/run", "/dev", "/proc", "/sys", "/lib", "/usr", "/var/lib/docker", "/var/log")
"""Folders of the host itself: an image's version says nothing of them."""


def held_volumes(host: Host, part: ServicePlan, container: Container, model: ComposeModel) -> tuple[HeldVolume, ...]:
    """Its named volumes and the folders with data of its own, with their sizes.

    Raises:
        RefusedError: something that it writes to cannot be copied and emptied, and why.
    """
    writes = _written(host, container)
    named = [one for one in writes if one.kind == "bind" or not is_anonymous(one)]
    if why := _trouble(host, part, container, model):
        raise RefusedError(
            f"The data of {printable(part.service, limit=63)} cannot be copied or emptied: {why}. "
            "Nothing was changed.",
            'Decide "keep" or "stay" for it in avnwizard.toml: [rollback.data]; and take a backup of your own.',
        )
    sizes = held_sizes(host, [one.source for one in named])
    return tuple(HeldVolume(one.source, one.target, sizes.get(one.source, -1)) for one in named)


def held_sizes(host: Host, names: Sequence[str]) -> dict[str, int]:
    """Bytes of each volume and folder whose size can be seen."""
    folders = {one: host.stack.volumes.folder_bytes(one) for one in names if is_folder(one)}
    known = {name: taken for name, taken in folders.items() if taken is not None}
    return {**host.stack.volume_sizes([one for one in names if not is_folder(one)]), **known}


def _written(host: Host, container: Container) -> list[Mount]:
    """What it writes data of its own to."""
    writes = [one for one in container.mounts if one.writable and one.kind in {"volume", "bind"}]
    return [one for one in writes if one.kind == "volume" or holds_data(host, one.source)]


def _trouble(host: Host, part: ServicePlan, container: Container, model: ComposeModel) -> str:
    """Why its volumes cannot be made again with other data, as a clause; "" where they can."""
    writes = _written(host, container)
    if not writes:
        return "it writes to no volume"
    own = (part.service, model)
    return next(
        filter(None, (_unlike_a_plain_volume(host, one, *own) or _shared(host, one, *own) for one in writes)), ""
    )


def _unlike_a_plain_volume(host: Host, mount: Mount, service: str, model: ComposeModel) -> str:
    name = printable(mount.source, limit=120)
    if mount.kind == "bind":
        why = host.stack.volumes.folder_trouble(mount.source)
        return f"{name} {why}" if why else ""
    if is_anonymous(mount) or mount.subpath:
        what = "only a part of a volume" if mount.subpath else "an anonymous volume"
        return f"what {printable(service, limit=63)} has at {printable(mount.target, limit=120)} is {what}"
    bodies = [{"name": key, **(body or {})} for key, body in (model.raw.get("volumes") or {}).items()]
    if any(body["name"] == mount.source and body.get("external") for body in bodies):
        return f"the volume {name} is not the project's own (external)"
    spec = host.stack.volumes.find(mount.source)
    return (
        "" if spec and spec.driver == "local" and not spec.options else f"the volume {name} is no plain local volume"
    )


def _shared(host: Host, mount: Mount, service: str, model: ComposeModel) -> str:
    sharing = {name for name, mounts in wanted_mounts(model).items() if any(overlap(mount, one) for one in mounts)}
    sharing |= {one.service for one in host.stack.containers() if any(overlap(mount, each) for each in one.mounts)}
    others = sorted(sharing - {service})
    name = printable(mount.source, limit=120)
    return f"{printable(others[0], limit=63)} has the volume {name} too" if others else ""


def holds_data(host: Host, source: str) -> bool:
    """Neither a socket, nor a folder of the host itself, nor files that the release brings."""
    if not source.startswith("/"):
        return True
    path = Path(source)
    if source.endswith(".sock") or source == "/" or any(path.is_relative_to(one) for one in _SYSTEM):
        return False
    if not path.is_relative_to(host.repo.directory):
        return True
    inside = str(path.relative_to(host.repo.directory))
    if inside == "." or host.repo.read("HEAD", inside) is not None:
        return False
    tracked = host.repo.list("HEAD", inside)
    return all(Path(one).name.startswith(".git") for one in tracked)
