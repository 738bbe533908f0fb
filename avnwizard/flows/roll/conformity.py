"""Whether what runs is what the files in the checkout name: images by their ids, configurations by Compose's word."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from avnwizard.domain.host import ComposeModel, Container, Image, Service
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.roll import rolling


@dataclass(frozen=True)
class Stranger:
    """A service that does not run what the files name, and how, in words."""

    service: str
    how: str


def strangers(host: Host, model: ComposeModel, disputed: Collection[str] = ()) -> Iterator[Stranger]:
    """The services of a model that run something else.

    Args:
        model: of the files in the checkout.
        disputed: ids of containers that Compose would replace however often it makes them.

    Raises:
        HostError: Compose does not say what it would do with a container.
    """
    images = host.stack.images([service.image for service in model.services.values()])
    suspected = _suspected(host, model.services)
    for name, service in sorted(model.services.items()):
        found = rolling.of_service(host, name)
        how = next((how for one in found if (how := _other_image(one, service, images))), "")
        how = how or _other_configuration(host, found, rolling.Wanted(service, ""), disputed, suspected)
        if how:
            yield Stranger(name, how)


def returned(
    host: Host,
    model: ComposeModel,
    before: Mapping[str, str],
    borrowed: Collection[str],
    disputed: Collection[str] = (),
) -> Iterator[Stranger]:
    """The services that a rollback brought back and that are not as they were.

    What ran before may be another image than the files name: it is compared by its id. Services that the rollback did
    not bring back are as the operator had them, and are not compared with the files.

    Args:
        model: of the files in the checkout.
        before: service that was brought back -> the id of the image that it ran; "" where it ran none.
        borrowed: image names that the files give to other images than ran: Compose cannot be asked about those.

    Raises:
        HostError: Compose does not say what it would do with a container.
    """
    named = {name: one for name, one in model.services.items() if name in before and one.image not in borrowed}
    suspected = _suspected(host, named)
    for name, image_id in sorted(before.items()):
        if (service := model.services.get(name)) is None:
            continue
        found = rolling.of_service(host, name)
        how = next(("it runs another image than before" for one in found if not rolling.runs(one, image_id)), "")
        if not how and name in named:
            how = _other_configuration(host, found, rolling.Wanted(service, image_id), disputed, suspected)
        if how:
            yield Stranger(name, how)


def _suspected(host: Host, services: Collection[str]) -> frozenset[str]:
    """The services that Compose might replace, by one dry run of all: one of each alone costs a process per service.

    Of several, Compose may say too much (it replaces a container along with the one whose network it shares) or fail
    because of one. So each suspected service is asked about alone before it is called a stranger.
    """
    try:
        return host.stack.replaced(sorted(services), images={})
    except HostError:
        return frozenset(services)


def _other_configuration(
    host: Host,
    found: Sequence[Container],
    want: rolling.Wanted,
    disputed: Collection[str],
    suspected: Collection[str],
) -> str:
    """What is said of a service that Compose would replace although its image is the right one; "" of others."""
    alone = want.service.name in suspected
    old = rolling.unwanted(host, found, want) if alone else rolling.unlike(host, found, want)
    left = [one for one in found if one.id in old and one.id not in disputed]
    return f"{printable(left[0].name)} has another configuration than the files name" if left else ""


def _other_image(one: Container, service: Service, images: Mapping[str, Image]) -> str:
    named = images.get(service.image)
    if one.image_id == named.id if named else one.image == service.image:
        return ""
    if one.image == service.image:
        return f"it runs another image than the {printable(service.image)} that is here now"
    return f"it runs {printable(one.image)}, and the files name {printable(service.image)}"
