"""The volumes of one service that a rollback puts back or empties: only what is wholly the service's own."""

from avnwizard.domain.data_way import HeldVolume
from avnwizard.domain.host import ComposeModel, Container, Mount
from avnwizard.domain.mounts import is_anonymous, overlap, wanted_mounts
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host


def held_volumes(host: Host, part: ServicePlan, container: Container, model: ComposeModel) -> tuple[HeldVolume, ...]:
    """Its named volumes, with their sizes.

    Raises:
        RefusedError: something that it writes to cannot be copied and emptied, and why.
    """
    writes = [one for one in container.mounts if one.writable and not one.source.endswith(".sock")]
    named = [one for one in writes if one.kind == "volume" and not is_anonymous(one)]
    if why := _trouble(host, part, container, model):
        raise RefusedError(
            f"The data of {printable(part.service, limit=63)} cannot be copied or emptied: {why}. "
            "Nothing was changed.",
            'Decide "keep" or "stay" for it in avnwizard.toml: [rollback.data]; and take a backup of your own.',
        )
    sizes = host.stack.volume_sizes([one.source for one in named])
    return tuple(HeldVolume(one.source, one.target, sizes.get(one.source, -1)) for one in named)


def _trouble(host: Host, part: ServicePlan, container: Container, model: ComposeModel) -> str:
    """Why its volumes cannot be made again with other data, as a clause; "" where they can."""
    writes = [one for one in container.mounts if one.writable and not one.source.endswith(".sock")]
    if not writes:
        return "it writes to no volume"
    own = (part.service, model)
    return next(
        filter(None, (_unlike_a_plain_volume(host, one, *own) or _shared(host, one, *own) for one in writes)), ""
    )


def _unlike_a_plain_volume(host: Host, mount: Mount, service: str, model: ComposeModel) -> str:
    name = printable(mount.source, limit=120)
    if mount.kind == "bind":
        return f"{name} is a folder of this host, and only named volumes can"
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
