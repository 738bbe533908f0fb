"""Services that keep data in files of their own: what a plan says of their way back, and what it asks.

No snapshot takes their data back. What is known of a program's format decides by itself: an older version that reads
what the newer one wrote goes back, else the newer one keeps running. Of everything else nobody knows, so the operator
is asked once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from avnwizard.domain.answers import Decision
from avnwizard.domain.data_formats import Reading, Software, reads, software_of
from avnwizard.domain.data_way import DATA_WAYS, MEANING, DataWay, in_all
from avnwizard.domain.handover import lost_in_recreate, recreate_grace_s
from avnwizard.domain.host import ComposeModel, Container, Image
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.references import is_known_as
from avnwizard.domain.words import size
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.data_volumes import held_volumes, holds_data

_SHOWN = 3
ROLLED: dict[str, str] = {"surge": "is rolled back the same way", "recreate": "is recreated again"}


def with_ways_back(
    host: Host,
    services: Sequence[ServicePlan],
    model: ComposeModel,
    volumes: Iterable[str],
    chosen: Mapping[str, DataWay] | None = None,
) -> tuple[tuple[ServicePlan, ...], list[str]]:
    """The services of a plan with what becomes of their data in a rollback, and the plan's warnings about it.

    Args:
        volumes: those that the snapshot holds.
        chosen: service -> what the operator decided.

    Raises:
        RefusedError: what was decided cannot be done.
    """
    running = {one.service: one for one in host.stack.containers() if not one.one_off}
    servers = {*host.choice.services, *host.choice.others}
    ways: dict[str, ServicePlan] = {}
    warnings = []
    for part in services:
        if part.service in servers or part.strategy not in ROLLED or part.service not in running:
            continue
        written = _written(host, model, part.service)
        known = software_of(part.image_old) and software_of(part.image_new)
        if not (known or written):
            continue
        way = (chosen or {}).get(part.service)
        found = _settled(host, part, running[part.service], model, written, way)
        if found.way_back:
            ways[part.service] = found
            warnings.append(_warning(found, sorted(set(written) & set(volumes))))
    _require_room(host, ways.values())
    return tuple(ways.get(part.service, part) for part in services), warnings


def undecided(host: Host, services: Iterable[ServicePlan], model: ComposeModel) -> tuple[Decision, ...]:
    """What nobody knows and the operator has to decide, once for each service."""
    return tuple(_decision(host, part, model) for part in services if part.way_back and not part.data)


def _decision(host: Host, part: ServicePlan, model: ComposeModel) -> Decision:
    sources = [printable(one, limit=80) for one in _written(host, model, part.service)] or ["an anonymous volume"]
    more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
    where = f"{', '.join(sources[:_SHOWN])}{more}"
    return Decision(
        "data",
        part.service,
        f"{printable(part.service, limit=63)}: what shall a rollback do with its data ({where})? Nobody knows "
        f"whether {printable(part.image_old, limit=120)} reads what {printable(part.image_new, limit=120)} writes.",
        tuple(f'"{way}": {MEANING[way]}' for way in DATA_WAYS),
    )


def moves(part: ServicePlan, old: Image | None, new: Image | None) -> bool:
    """Whether its image is another one: by name, or by what the registry has under the same name."""
    if part.image_old != part.image_new or part.built:
        return True
    if part.digest and old and old.digest:
        return not is_known_as(part.digest, old.digest, old.sources)
    return bool(old and new and old.id != new.id)


def _settled(
    host: Host,
    part: ServicePlan,
    container: Container,
    model: ComposeModel,
    written: Sequence[str],
    chosen: DataWay | None,
) -> ServicePlan:
    """The part with its way back; unchanged where its image does not move."""
    old, new = host.stack.image(container.image_id), host.stack.image(part.image_new)
    if not moves(part, old, new):
        return part
    before = software(part.image_old, old)
    after = software(part.image_new, new if _is(part, new) else None)
    reading = reads(before, after) if before and after else None
    if chosen in {"copy", "drop"}:
        assert chosen is not None
        return _exchanged(host, part, container, model, chosen)
    if before and after and reading:
        usual: DataWay = "keep" if reading.safe else "stay"
        way = chosen or usual
        text = way_back(before, after, reading) if way == usual else _wished(before, after, reading, way)
        return replace(part, data=way, way_back=text)
    if not written:
        return part
    if chosen == "stay":
        kept = printable(part.image_new, limit=120)
        return replace(part, data="stay", way_back=f"stays at {kept}; its data does not go back, as was decided")
    text = f"{ROLLED[part.strategy]}; its data in {', '.join(written)} does not go back"
    return replace(part, data=chosen or "", way_back=text)


def _exchanged(host: Host, part: ServicePlan, container: Container, model: ComposeModel, way: DataWay) -> ServicePlan:
    """With volumes that a rollback puts back or empties; what is copied must not be written to meanwhile."""
    held = held_volumes(host, part, container, model)
    if way == "drop":
        text = f"starts with empty volumes, as was decided: what {in_all(held)} holds then is lost"
        return replace(part, data=way, held=held, way_back=text)
    text = (
        f"goes back with its data: {in_all(held)} as copied before the newer version first starts; what it writes "
        "after that is set aside"
    )
    copied = replace(part, data=way, held=held, way_back=text)
    if part.strategy != "surge":
        return copied
    facts, service = host.edge.facts(), model.services[part.service]
    return replace(
        copied,
        strategy="recreate",
        handover=None,
        ready=None,
        reason="its data is copied first, so the old one stops before the new one starts",
        may_lose=lost_in_recreate(service, facts),
        grace_s=recreate_grace_s(service, facts),
    )


def _require_room(host: Host, parts: Iterable[ServicePlan]) -> None:
    copied = [part for part in parts if part.data == "copy"]
    needed = sum(max(one.size_bytes, 0) for part in copied for one in part.held)
    if needed and needed > (free := host.files.free_bytes(host.state.folder)):
        names = ", ".join(printable(part.service, limit=63) for part in copied)
        raise RefusedError(
            f"The copy of the data of {names} needs {size(needed)}, and {size(free)} is free in "
            f"{host.state.folder}. Nothing was changed.",
            'Make room, or decide otherwise in avnwizard.toml: [rollback.data], such as "keep".',
        )


def _is(part: ServicePlan, image: Image | None) -> bool:
    """Whether an image that is here is the one that will be pulled."""
    return image is not None and (not part.digest or is_known_as(part.digest, image.digest, image.sources))


def software(reference: str, image: Image | None) -> Software | None:
    """The program of an image that may be here."""
    return software_of(reference, image.environment if image else None)


def _written(host: Host, model: ComposeModel, service: str) -> list[str]:
    """The volumes and folders with data of its own that a service writes to, as the compose file names them."""
    mounts = ((model.raw.get("services") or {}).get(service) or {}).get("volumes") or ()
    found = (str(one.get("source") or "") for one in mounts if one.get("type") in {"volume", "bind"}
             and not one.get("read_only"))  # fmt: skip
    return sorted({printable(name, limit=120) for name in found if name and holds_data(host, name)})


def way_back(before: Software, after: Software, reading: Reading) -> str:
    """What a rollback does by what is known of the two, as a clause."""
    if reading.safe:
        return f"goes back to {before}; its data does not, and {before} reads it ({reading.why})"
    return f"stays at {after}; its data does not go back, and {reading.why}"


def _wished(before: Software, after: Software, reading: Reading, way: DataWay) -> str:
    if way == "stay":
        return f"stays at {after}; its data does not go back, as was decided"
    return f"goes back to {before} on the data that {after} wrote, as was decided; {reading.why}"


def _warning(part: ServicePlan, archived: Sequence[str]) -> str:
    exchanged = part.data in {"copy", "drop"}
    by_hand = f" By hand: avnwizard snapshot restore --volume {archived[0]}." if archived and not exchanged else ""
    return f"In a rollback {printable(part.service, limit=63)} {part.way_back}.{by_hand}"
