"""The volumes of a stack that keep what no database holds: which service has them, and where."""

from collections.abc import Collection
from dataclasses import dataclass

from avnwizard.domain.host import ComposeModel


@dataclass(frozen=True)
class DurableVolume:
    """A named volume of the compose file, in the first service that writes to it; `name` is the engine's."""

    volume: str
    service: str
    path: str
    name: str


def durable_volumes(model: ComposeModel, *, but: Collection[str]) -> tuple[DurableVolume, ...]:
    """Every named volume that a service writes to, by name; not those of the services `but` (the databases)."""
    found: dict[str, DurableVolume] = {}
    known = model.raw.get("volumes") or {}
    for service in sorted(model.raw.get("services") or {}):
        if service in but:
            continue
        for mount in model.raw["services"][service].get("volumes") or ():
            name = str(mount.get("source") or "")
            if mount.get("type") == "volume" and name and not mount.get("read_only"):
                real = str((known.get(name) or {}).get("name") or name)
                found.setdefault(name, DurableVolume(name, service, str(mount.get("target")), real))
    return tuple(found[name] for name in sorted(found))
