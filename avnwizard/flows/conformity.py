"""Whether what runs is what the files in the checkout name: images by their ids, configurations by Compose's word."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from avnwizard.domain.host import ComposeModel, Container, Image, Service
from avnwizard.domain.plain import printable
from avnwizard.flows import rolling
from avnwizard.flows.host import Host


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
    for name, service in sorted(model.services.items()):
        found = rolling.of_service(host, name)
        how = next((how for one in found if (how := _other_image(one, service, images))), "")
        if not how:
            old = rolling.unwanted(host, found, rolling.Wanted(service, ""))
            left = [one for one in found if one.id in old and one.id not in disputed]
            how = f"{printable(left[0].name)} has another configuration than the files name" if left else ""
        if how:
            yield Stranger(name, how)


def _other_image(one: Container, service: Service, images: Mapping[str, Image]) -> str:
    named = images.get(service.image)
    if one.image_id == named.id if named else one.image == service.image:
        return ""
    if one.image == service.image:
        return f"it runs another image than the {printable(service.image)} that is here now"
    return f"it runs {printable(one.image)}, and the files name {printable(service.image)}"
