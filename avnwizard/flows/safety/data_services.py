"""Services that keep data in files of their own: what a rollback does with them; see `data_plan` for what is planned.

No snapshot takes their data back. By default a rollback leaves such a service at the newer version, unless it is
known that the older one reads what the newer one wrote: the old code works with a newer Valkey, while an older Valkey
that cannot read its file crash-loops and takes everything that needs it down. The rollback is not refused either: at
that moment the operator wants the users back, and nothing is lost by what stays. The price: the compose file then
names an older image than the one that runs. That is said where it is decided, in the run and in the report. `--older`
is for an operator who has emptied or replaced the data, or whose newer version does not serve. Where the operator
decided so before the upgrade, the data itself goes back to a copy, or is emptied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from avnwizard.domain.data_formats import Reading, Software, reads
from avnwizard.domain.data_way import DataReturn, DataWay, in_all
from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.domain.words import size
from avnwizard.engine.records import StepRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.data_plan import software, way_back
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
        returns: the services whose data goes back to a copy or is emptied.
    """

    stay: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    consent: tuple[tuple[str, str], ...] = ()
    returns: tuple[DataReturn, ...] = ()


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
    servers = {plan.postgres_service, *plan.postgres_also, *host.choice.services, *host.choice.others}
    if strange := [name for name in older if name not in there]:
        name = printable(strange[0], limit=63)
        raise RefusedError(f"{OLDER} {name}: the run did not roll a service of that name.", "avnwizard show")
    for part in (part for part in plan.services if part.service in there - servers):
        before = ran_before(pulled, part.service)
        if part.data in {"copy", "drop"} and part.service not in older:
            found = _exchanged(host, found, part, before)
            continue
        newer = [one for one in host.stack.containers(part.service) if not one.one_off and one.image_id != before]
        if before and newer:
            found = _add(found, part, _reading(host, part, before, newer[0]), newer, older)
    return found


_Known = tuple[Software, Software, Reading]
"""Older, newer, and whether the one reads what the other wrote."""


def _reading(host: Host, part: ServicePlan, before: str, newer: Container) -> _Known | None:
    images = host.stack.images([before, newer.image_id])
    old, new = software(part.image_old, images.get(before)), software(newer.image, images.get(newer.image_id))
    return (old, new, reads(old, new)) if old and new else None


def _add(
    found: DataBack,
    part: ServicePlan,
    known: _Known | None,
    newer: Sequence[Container],
    older: Sequence[str],
) -> DataBack:
    name = printable(part.service, limit=63)
    if known is None and part.data == "stay" and part.service not in older:
        return _staying(found, part, newer)
    if known is None:
        note = (f"{name} {part.way_back}.",) if part.way_back else ()
        return replace(found, notes=(*found.notes, *note))
    old, new, reading = known
    if reading.safe:
        return replace(found, notes=(*found.notes, f"{name} {way_back(old, new, reading)}."))
    if part.service in older or part.data == "keep":
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


def _staying(found: DataBack, part: ServicePlan, newer: Sequence[Container]) -> DataBack:
    """One of whose format nothing is known, and that was to stay at the newer version."""
    name = printable(part.service, limit=63)
    if any(one.is_serving for one in newer):
        why = (
            f"{printable(newer[0].image, limit=120)} keeps running on its data, as was decided. To start the "
            f"previous version now all the same: {OLDER} {name}"
        )
        return replace(found, stay=(*found.stay, (part.service, why)))
    text = f"{name} was to stay at the newer version, which does not serve; going back starts the previous one."
    return replace(found, consent=(*found.consent, (f"{OLDER} {name}", text)))


def _exchanged(host: Host, found: DataBack, part: ServicePlan, before: str) -> DataBack:
    """One whose data goes back to its copy, or is emptied; shown with what there is now."""
    assert part.data == "copy" or part.data == "drop"  # noqa: PLR1714 - narrows the type
    way: DataWay = part.data
    sizes = host.stack.volume_sizes([one.name for one in part.held])
    held = tuple(replace(one, size_bytes=sizes.get(one.name, -1)) for one in part.held)
    name = printable(part.service, limit=63)
    if way == "drop":
        note = f"{name} starts with empty volumes: {in_all(held)} is lost, as was decided."
    else:
        _require_room(host, name, sum(sizes.values()))
        note = (
            f"{name} goes back to the copy of its data that was made before the newer version started; "
            f"{in_all(held)} as it is now is set aside."
        )
    return replace(
        found, notes=(*found.notes, note), returns=(*found.returns, DataReturn(part.service, way, held, before))
    )


def _require_room(host: Host, name: str, needed: int) -> None:
    """What is set aside needs room; better known now than when the service was stopped."""
    free = host.files.free_bytes(host.state.folder)
    if needed > free:
        raise RefusedError(
            f"To set the data of {name} aside needs {size(needed)}, and {size(free)} is free in "
            f"{host.state.folder}. Nothing was changed.",
            f"Make room. To start the previous version on the data as it is: {OLDER} {name}",
        )
