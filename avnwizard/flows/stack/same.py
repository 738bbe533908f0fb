"""Whether a service runs already what a release would bring: then a plan leaves it alone."""

from collections.abc import Mapping, Sequence
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


def is_same(host: Host, target: Target, service: Service, running: Sequence[Container], image: Image | None) -> bool:
    """Whether all that the service should run does run, with the target's image and configuration, and serves.

    Args:
        image: the target's image, where it is here.

    Raises:
        HostError: Compose does not say whether it would replace a container.
    """
    if (
        service.name in target.built
        or target.changed[service.name].all
        or image is None
        or len(running) < max(service.replicas, 1)
    ):
        return False
    if service.container_name and len(running) > 1:
        return False
    if not all(one.is_serving and one.image_id == image.id for one in running):
        return False
    outdated = outdated_by(host, target.compose, target.env, service.name)
    return outdated.isdisjoint(one.id for one in running)
