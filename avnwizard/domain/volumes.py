"""The volumes of a stack that keep what no database holds: which service has them, and where."""

from dataclasses import dataclass

from avnwizard.domain.host import ComposeModel


@dataclass(frozen=True)
class DurableVolume:
    """A named volume of the compose file, in the first service that writes to it."""

    volume: str
    service: str
    path: str


def durable_volumes(model: ComposeModel, *, but: str) -> tuple[DurableVolume, ...]:
    """Every named volume that a service writes to, by name; not those of the service `but` (the database)."""
    found: dict[str, DurableVolume] = {}
    for service in sorted(model.raw.get("services") or {}):
        if service == but:
            continue
        for mount in model.raw["services"][service].get("volumes") or ():
            name = str(mount.get("source") or "")
            if mount.get("type") == "volume" and name and not mount.get("read_only"):
                found.setdefault(name, DurableVolume(name, service, str(mount.get("target"))))
    return tuple(found[name] for name in sorted(found))
