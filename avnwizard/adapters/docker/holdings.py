"""What a container has of the host, by `docker inspect`: its mounts, host ports and compose files."""

from collections.abc import Mapping
from typing import Any

from avnwizard.domain.host import Mount

_HOST = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what Docker writes where a port is published on every address


def mounts_from(raw: Mapping[str, Any]) -> tuple[Mount, ...]:
    """Its volumes and folders. The part of a volume that is mounted is reported apart from the list of mounts."""
    ordered = (raw.get("HostConfig") or {}).get("Mounts") or ()
    subpaths = {
        str(one.get("Target")): str((one.get("VolumeOptions") or {}).get("Subpath") or "")
        for one in ordered
        if isinstance(one, Mapping)
    }
    found = []
    for one in raw.get("Mounts") or ():
        target = str(one.get("Destination") or "")
        if one.get("Type") == "volume":
            name = str(one.get("Name") or "")
            found.append(Mount("volume", name, target, bool(one.get("RW")), subpaths.get(target, "")))
        elif one.get("Type") == "bind":
            found.append(Mount("bind", str(one.get("Source") or ""), target, bool(one.get("RW"))))
    return tuple(sorted(found, key=lambda each: each.target))


def published_from(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The host ports that it fixes, as `Service.published` spells them; those that Docker chose are none."""
    bindings = (raw.get("HostConfig") or {}).get("PortBindings") or {}
    found = []
    for inside, outside in bindings.items():
        protocol = str(inside).partition("/")[2] or "tcp"
        for one in outside or ():
            port, address = str(one.get("HostPort") or ""), str(one.get("HostIp") or "")
            if port not in {"", "0"}:
                where = port if address in _HOST else f"{address}:{port}"
                found.append(where if protocol == "tcp" else f"{where}/{protocol}")
    return tuple(sorted(found))


def files_from(label: str) -> tuple[str, ...]:
    """The compose files of the label `com.docker.compose.project.config_files`."""
    return tuple(word for word in label.split(",") if word)
