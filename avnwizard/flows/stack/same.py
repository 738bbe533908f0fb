"""Whether a service runs already what a release would bring: then a plan leaves it alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from avnwizard.domain.compose.reads import Changed
from avnwizard.domain.host import ComposeModel, Container, Image, Service
from avnwizard.flows.host import Host
from avnwizard.flows.stack.models import outdated_by


@dataclass(frozen=True)
class Target:
    """A release that is not checked out.

    Attributes:
        compose: its compose files with the operator's edits: path in the checkout -> content.
        env: the env file as it will be; it holds secrets.
        changed: what else it changes for each service.
        unpulled: the services whose image is taken as it is here, or built.
        built: those of them whose image is built again from the release's sources.
    """

    model: ComposeModel
    compose: Mapping[str, bytes]
    env: bytes = field(repr=False)
    changed: Mapping[str, Changed]
    unpulled: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Seen:
    """What was found of a service of the target.

    Attributes:
        running: its containers, in whichever state.
        digest: the target image's in its registry; "" where it is not pulled, or the registry does not tell.
        image: the target's image, where it is here.
    """

    running: tuple[Container, ...]
    digest: str
    image: Image | None


def same_as(host: Host, target: Target, seen: Mapping[str, Seen]) -> frozenset[str]:
    """The services of which all that they should run does run, with the target's image and configuration, and serves.

    Raises:
        HostError: Compose does not say whether it would replace a container.
    """
    alike = [name for name, one in seen.items() if _is_alike(target, target.model.services[name], one)]
    outdated = outdated_by(host, target.compose, target.env, alike) if alike else frozenset[str]()
    return frozenset(name for name in alike if outdated.isdisjoint(one.id for one in seen[name].running))


def _is_alike(target: Target, service: Service, seen: Seen) -> bool:
    """As far as the containers and the image tell: Compose compares the rest."""
    running, image = seen.running, seen.image
    if (
        service.name in target.built
        or target.changed[service.name].all
        or image is None
        or len(running) < max(service.replicas, 1)
    ):
        return False
    if service.container_name and len(running) > 1:
        return False
    return all(one.is_serving and one.image_id == image.id for one in running)
