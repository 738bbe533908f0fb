"""Services that keep data in files of their own: what a plan says of their way back, and what a rollback does.

No snapshot takes their data back. By default a rollback leaves such a service at the newer version, unless it is
known that the older one reads what the newer one wrote: the old code works with a newer Valkey, while an older Valkey
that cannot read its file crash-loops and takes everything that needs it down. The rollback is not refused either: at
that moment the operator wants the users back, and nothing is lost by what stays. The price: the compose file then
names an older image than the one that runs. That is said where it is decided, in the run and in the report. `--older`
is for an operator who has emptied or replaced the data, or whose newer version does not serve.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from avnwizard.domain.data_formats import Reading, Software, reads, software_of
from avnwizard.domain.host import ComposeModel, Container, Image
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.engine.records import StepRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.begun import rolled
from avnwizard.flows.stack.kept_images import ran_before

OLDER = "--older"
"""The flag by which the operator has an older version started on data that a newer one wrote."""


@dataclass(frozen=True)
class DataBack:
    """What a rollback does with them.

    Attributes:
        stay: (service, why) of those that keep running at the newer version.
        notes: what does not go back, a sentence each.
        consent: (flag, sentence) of what the operator has to agree to.
    """

    stay: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    consent: tuple[tuple[str, str], ...] = ()


def with_ways_back(
    host: Host, services: Sequence[ServicePlan], model: ComposeModel, volumes: Iterable[str]
) -> tuple[tuple[ServicePlan, ...], list[str]]:
    """The services of a plan with what becomes of their data in a rollback, and the plan's warnings about it.

    Args:
        volumes: those that the snapshot holds.
    """
    running = {one.service: one for one in host.stack.containers() if not one.one_off}
    servers = {host.postgres_service, *host.choice.others}
    ways: dict[str, str] = {}
    warnings = []
    for part in services:
        written = _written(model, part.service)
        known = software_of(part.image_old) and software_of(part.image_new)
        if part.service in servers or part.strategy not in _ROLLED or part.service not in running:
            continue
        if not (known or written):
            continue
        if way := _way(host, part, running[part.service].image_id, written):
            ways[part.service] = way
            warnings.append(_warning(part.service, way, sorted(set(written) & set(volumes))))
    return tuple(replace(part, way_back=ways.get(part.service, "")) for part in services), warnings


def _way(host: Host, part: ServicePlan, image_id: str, written: Sequence[str]) -> str:
    """What a rollback does with one service; "" where its image does not move."""
    old, new = host.stack.image(image_id), host.stack.image(part.image_new)
    if not _moves(part, old, new):
        return ""
    before, after = _software(part.image_old, old), _software(part.image_new, new if _is(part, new) else None)
    if before and after:
        return _way_back(before, after)
    return f"{_ROLLED[part.strategy]}; its data in {', '.join(written)} does not go back" if written else ""


_ROLLED: dict[str, str] = {"surge": "is rolled back the same way", "recreate": "is recreated again"}


def _moves(part: ServicePlan, old: Image | None, new: Image | None) -> bool:
    """Whether its image is another one: by name, or by what the registry has under the same name."""
    if part.image_old != part.image_new:
        return True
    if part.digest and old and old.digest:
        return part.digest != old.digest
    return bool(old and new and old.id != new.id)


def _is(part: ServicePlan, image: Image | None) -> bool:
    """Whether an image that is here is the one that will be pulled."""
    return image is not None and (not part.digest or part.digest == image.digest)


def _software(reference: str, image: Image | None) -> Software | None:
    return software_of(reference, image.environment if image else None)


def _written(model: ComposeModel, service: str) -> list[str]:
    """The volumes and folders that a service writes to, as the compose file names them; sockets are none."""
    mounts = ((model.raw.get("services") or {}).get(service) or {}).get("volumes") or ()
    found = (str(one.get("source") or "") for one in mounts if one.get("type") in {"volume", "bind"}
             and not one.get("read_only"))  # fmt: skip
    return sorted({printable(name, limit=120) for name in found if name and not name.endswith(".sock")})


def _way_back(before: Software, after: Software) -> str:
    reading = reads(before, after)
    if reading.safe:
        return f"goes back to {before}; its data does not, and {before} reads it ({reading.why})"
    return f"stays at {after}; its data does not go back, and {reading.why}"


def _warning(service: str, way_back: str, archived: Sequence[str]) -> str:
    by_hand = f" By hand: avnwizard snapshot restore --volume {archived[0]}." if archived else ""
    return f"In a rollback {printable(service, limit=63)} {way_back}.{by_hand}"


def settle_data(
    host: Host, plan: Plan, begun: Sequence[StepRecord], pulled: Mapping[str, Any], older: Sequence[str]
) -> DataBack:
    """Decide for each service that was rolled, by the containers and images that are there now.

    Args:
        pulled: what the run's step `pull` noted.
        older: services whose older version the operator wants in any case.

    Raises:
        RefusedError: one of `older` was not rolled.
    """
    found = DataBack()
    there = rolled(begun)
    servers = {plan.postgres_service, host.postgres_service, *host.choice.others}
    if strange := [name for name in older if name not in there]:
        name = printable(strange[0], limit=63)
        raise RefusedError(f"{OLDER} {name}: the run did not roll a service of that name.", "avnwizard show")
    for part in (part for part in plan.services if part.service in there - servers):
        before = ran_before(pulled, part.service)
        newer = [one for one in host.stack.containers(part.service) if not one.one_off and one.image_id != before]
        if before and newer:
            found = _add(found, part, _reading(host, part, before, newer[0]), newer, older)
    return found


_Known = tuple[Software, Software, Reading]
"""Older, newer, and whether the one reads what the other wrote."""


def _reading(host: Host, part: ServicePlan, before: str, newer: Container) -> _Known | None:
    images = host.stack.images([before, newer.image_id])
    old, new = _software(part.image_old, images.get(before)), _software(newer.image, images.get(newer.image_id))
    return (old, new, reads(old, new)) if old and new else None


def _add(
    found: DataBack,
    part: ServicePlan,
    known: _Known | None,
    newer: Sequence[Container],
    older: Sequence[str],
) -> DataBack:
    name = printable(part.service, limit=63)
    if known is None:
        note = (f"{name} {part.way_back}.",) if part.way_back else ()
        return replace(found, notes=(*found.notes, *note))
    old, new, reading = known
    if reading.safe:
        return replace(found, notes=(*found.notes, f"{name} {_way_back(old, new)}."))
    if part.service in older:
        text = f"{name} goes back to {old} on the data that {new} wrote, as you wish: {reading.why}."
        return replace(found, notes=(*found.notes, text))
    if any(one.is_serving for one in newer):
        why = (
            f"{new} keeps running, since {reading.why}. Until the next upgrade, `docker compose up -d` would start "
            f"{old} on this data: name the newer image in an override file, or empty the data first. "
            f"To start {old} now all the same: {OLDER} {name}"
        )
        return replace(found, stay=(*found.stay, (part.service, why)))
    text = (
        f"{name} does not serve with {new}, and going back starts {old} on its data: {reading.why}. "
        "Keep a copy of its volume, and empty it where the data may be lost."
    )
    return replace(found, consent=(*found.consent, (f"{OLDER} {name}", text)))
