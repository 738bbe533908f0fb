"""What changed between two resolved compose models, sorted by what it means for the operator."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from avnwizard.domain.postgres.images import postgres_major

Model = dict[str, Any]


@dataclass(frozen=True)
class PartChange:
    """One value that was added (`old` is None), removed (`new` is None) or changed."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class MountChange:
    """What lies at one path of a service's containers; a change here can start a service on empty data."""

    service: str
    target: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class PostgresMajor:
    """A Postgres image whose major version changes: it needs its own flow, never a plain roll."""

    service: str
    old: int
    new: int


@dataclass(frozen=True)
class ServiceChange:
    """What changed in one service; `image` is None where it is the same. Keys are sorted."""

    name: str
    image: PartChange | None
    environment: tuple[PartChange, ...]
    labels: tuple[PartChange, ...]
    ports: tuple[PartChange, ...]
    networks: tuple[PartChange, ...]
    other: tuple[PartChange, ...]

    @property
    def parts(self) -> tuple[tuple[str, tuple[PartChange, ...]], ...]:
        """What changed besides the image, by what it is called in the plural."""
        return (
            ("environment variables", self.environment),
            ("labels", self.labels),
            ("ports", self.ports),
            ("networks", self.networks),
            ("other settings", self.other),
        )


@dataclass(frozen=True)
class ComposeDiff:
    """The difference of two models; every tuple is sorted by name."""

    services_added: tuple[str, ...]
    services_removed: tuple[str, ...]
    services_changed: tuple[ServiceChange, ...]
    volumes: tuple[PartChange, ...]
    networks: tuple[PartChange, ...]
    mounts: tuple[MountChange, ...]
    postgres_majors: tuple[PostgresMajor, ...]

    @property
    def volumes_added(self) -> tuple[str, ...]:
        """Volumes that the new release brings; they start empty."""
        return tuple(v.name for v in self.volumes if v.old is None)

    @property
    def empty(self) -> bool:
        """Nothing differs."""
        parts = (
            self.services_added,
            self.services_removed,
            self.services_changed,
            self.volumes,
            self.networks,
        )
        return not any((*parts, self.mounts))


_TOLD_APART = frozenset({"image", "environment", "labels", "ports", "networks", "volumes"})


def compose_diff(old_model: Model, new_model: Model, servers: Collection[str] = ()) -> ComposeDiff:
    """Compare two models as `docker compose config --format json` prints them.

    Environment values may be secrets: show names, and values only of what is known to be none.

    Args:
        servers: services that are known to be Postgres, whatever their images are called.
    """
    old, new = _part(old_model, "services"), _part(new_model, "services")
    both = sorted(old.keys() & new.keys())
    changed = [_service_change(name, old[name] or {}, new[name] or {}) for name in both]
    return ComposeDiff(
        services_added=tuple(sorted(new.keys() - old.keys())),
        services_removed=tuple(sorted(old.keys() - new.keys())),
        services_changed=tuple(c for c in changed if c is not None),
        volumes=_changes(_part(old_model, "volumes"), _part(new_model, "volumes")),
        networks=_changes(_part(old_model, "networks"), _part(new_model, "networks")),
        mounts=tuple(c for name in both for c in _mount_changes(name, old[name] or {}, new[name] or {})),
        postgres_majors=tuple(
            PostgresMajor(name, before, after)
            for name in both
            if (before := postgres_major(old[name] or {}, known=name in servers))
            and (after := postgres_major(new[name] or {}, known=name in servers))
            and before != after
        ),
    )


def _part(model: Model, key: str) -> Model:
    found = model.get(key)
    return found if isinstance(found, dict) else {}


def _service_change(name: str, old: Model, new: Model) -> ServiceChange | None:
    before, after = old.get("image"), new.get("image")
    change = ServiceChange(
        name=name,
        image=PartChange("image", before, after) if before != after else None,
        environment=_changes(_part(old, "environment"), _part(new, "environment")),
        labels=_changes(_part(old, "labels"), _part(new, "labels")),
        ports=_changes(_ports(old), _ports(new)),
        networks=_changes(_present(old), _present(new)),
        other=_changes(_rest(old), _rest(new)),
    )
    parts = (change.image, change.environment, change.labels, change.ports, change.networks, change.other)
    return change if any(parts) else None


def _rest(service: Model) -> Model:
    return {key: value for key, value in service.items() if key not in _TOLD_APART and value is not None}


def _present(service: Model) -> Model:
    return {key: value or {} for key, value in _part(service, "networks").items()}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[PartChange, ...]:
    absent = object()
    out = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, absent), new.get(name, absent)
        if before != after:
            shown = [None if v is absent else "" if v is None else v for v in (before, after)]
            out.append(PartChange(name, *shown))
    return tuple(out)


def _ports(service: Model) -> dict[str, str]:
    out = {}
    for port in service.get("ports") or ():
        host = f"{port['host_ip']}:" if port.get("host_ip") else ""
        published = port.get("published", "")
        out[f"{host}{published}:{port.get('target')}/{port.get('protocol', 'tcp')}"] = "published"
    return out


def _mounts(service: Model) -> dict[str, str]:
    out = {}
    for m in service.get("volumes") or ():
        readonly = " (read only)" if m.get("read_only") else ""
        out[str(m.get("target"))] = f"{m.get('type', 'volume')} {m.get('source', '(anonymous)')}{readonly}"
    return out


def _mount_changes(name: str, old: Model, new: Model) -> list[MountChange]:
    return [MountChange(name, c.name, c.old, c.new) for c in _changes(_mounts(old), _mounts(new))]
