"""What a plan has to say of the images: those that the operator's env file holds back, and that none changes."""

from collections.abc import Iterator, Sequence

from avnwizard.domain.env_pins import Pin
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.references import is_known_as, is_tag
from avnwizard.domain.secret import masked
from avnwizard.flows.host import Host


def image_notes(
    host: Host, target: str, pins: Sequence[Pin], env: EnvFile, services: Sequence[ServicePlan], model: ComposeModel
) -> tuple[str, ...]:
    """Sentences for the plan.

    Args:
        target: the new release's tag.
        env: the operator's file as it will be.
    """
    unknown = _unpinned(services)
    notes = [*_held_back(pins, env, services, model), *unknown]
    if not _any_changes(host, services):
        unless = ", unless the pull brings another" if unknown else ""
        notes.append(
            f"No service's image changes: after the upgrade to {printable(target)} every service runs the image "
            f"that it runs now{unless}."
        )
    return tuple(notes)


def _held_back(
    pins: Sequence[Pin], env: EnvFile, services: Sequence[ServicePlan], model: ComposeModel
) -> Iterator[str]:
    old = {part.service: part.image_old for part in services}
    for pin in pins:
        value = env.literal(pin.key)
        if value in {None, pin.new} or "$" in (value or ""):
            continue
        mine, theirs = (printable(masked(pin.key, one or ""), limit=60) for one in (value, pin.new))
        for name in pin.services:
            image = model.services[name].image if name in model.services else ""
            if image and old.get(name):
                how = "stays at" if image == old[name] else "runs"
                yield (
                    f"{name} {how} {printable(image, limit=160)}: your env file has {pin.key}={mine}, "
                    f"the release {theirs}."
                )


def _unpinned(services: Sequence[ServicePlan]) -> list[str]:
    """One sentence for the images whose registry does not say what it has: the plan cannot hold them to a digest."""
    names = sorted({one.image_new for one in services if one.pulled and is_tag(one.image_new) and not one.digest})
    if not names:
        return []
    listed = ", ".join(printable(one, limit=160) for one in names)
    return [
        (
            f"No registry says which image {listed} is now, so the plan is not pinned to its digest: what the pull "
            "brings is what runs. `docker login` as the user who runs avnwizard lets it ask a private registry."
        )
    ]


def _any_changes(host: Host, services: Sequence[ServicePlan]) -> bool:
    """Whether what runs, what is here and what the registry has differ for any service."""
    wanted = [part for part in services if part.image_new]
    if any(part.built or part.image_old != part.image_new for part in wanted):
        return True
    here = {reference: host.stack.image(reference) for reference in {part.image_new for part in wanted}}
    running: dict[str, set[str]] = {}
    for one in host.stack.containers():
        if not one.one_off:
            running.setdefault(one.service, set()).add(one.image_id)
    for part in wanted:
        image = here[part.image_new]
        if image is None or (part.digest and not is_known_as(part.digest, image.digest, image.sources)):
            return True
        if running.get(part.service, set()) != {image.id}:
            return True
    return False


def none_changed(before: dict[str, str], now: Sequence[Container]) -> bool:
    """Whether every service runs the image that it ran before a run.

    Args:
        before: service -> the id of the image that it ran.
    """
    after = {one.service: one.image_id for one in now if not one.one_off}
    return bool(before) and after == before
