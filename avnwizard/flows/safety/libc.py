"""Refuse a Postgres image with another C library on the same data, and say what another release of it takes."""

from collections.abc import Sequence

from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.libc import Base, base_from_name, base_from_os_release
from avnwizard.domain.mounts import is_postgres_folder
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.mounts import CHECK, databases

_WORDS = {"glibc": "glibc (as Debian has)", "musl": "musl (as Alpine has)"}


def library_findings(
    host: Host, model: ComposeModel, containers: Sequence[Container], *, release: str, pulled: bool = False
) -> tuple[Finding, ...]:
    """A stop or a warning for each Postgres whose image changes.

    Args:
        pulled: whether the target's images are here: then their files tell, and not to know is a stop. Before that an
            image that is not here is judged by its name, and the rest is left to the look after the pull.
    """
    found = []
    for service, path in sorted(databases(host, containers).items()):
        if service not in model.services or not (service in host.choice.services or is_postgres_folder(path)):
            continue
        container = next(
            one for one in containers if one.service == service and one.state == "running" and not one.one_off
        )
        reference = model.services[service].image
        target = host.stack.image(reference)
        if target and target.id == container.image_id:
            continue
        here = _base(host, container.image_id, container.image, pulled=pulled)
        there = _base(host, target.id if target else "", reference, pulled=pulled)
        found += _judged(container, reference, here, there, release=printable(release), pulled=pulled)
    return tuple(found)


def _base(host: Host, image_id: str, reference: str, *, pulled: bool) -> Base:
    """By the image's own files, else by its name."""
    try:
        base = base_from_os_release(host.stack.os_release(image_id)) if image_id else Base("")
    except HostError:
        if pulled:
            raise
        base = Base("")
    return base if base.family else base_from_name(reference)


def _judged(
    container: Container, reference: str, here: Base, there: Base, *, release: str, pulled: bool
) -> list[Finding]:
    service, image = printable(container.service), printable(reference)
    if here.family and there.family and here.family != there.family:
        return [
            Finding(
                CHECK, "stop",
                f"{service} runs on {_WORDS[here.family]}, and {image} of {release} is built on "
                f"{_WORDS[there.family]}: it sorts text in another way, so indexes on the same data would be wrong.",
                "Keep an image of the same kind, in an override file; or dump, and restore into a new volume.",
            )
        ]  # fmt: skip
    unknown = not (here.family and there.family)
    if pulled and unknown and _repository(container.image) != _repository(reference):
        return [
            Finding(
                CHECK, "stop",
                f"{service} changes from {printable(container.image)} to {image}, and which C library they are built "
                "on is not known: with another one, indexes on the same data would be wrong.",
                "Ask the vendor; or dump, and restore into a new volume.",
            )
        ]  # fmt: skip
    if here.release and there.release and here.release != there.release:
        return [
            Finding(
                CHECK, "warn",
                f"{service} moves from {printable(here.release)} to {printable(there.release)}, whose C library may "
                "sort text in another way: once it runs, avnwizard asks it which indexes that concerns, makes these "
                "again (REINDEX), and refreshes the recorded versions.",
            )
        ]  # fmt: skip
    return []


def _repository(reference: str) -> str:
    head, slash, last = reference.partition("@")[0].rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
