"""Whether the release's Traefik gets any containers from this engine."""

from collections.abc import Sequence

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.traefik.asks_docker import WAY_OUT, cannot_ask, in_words, version_of
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host


def require_edge(host: Host, services: Sequence[ServicePlan], *, release: str) -> None:
    """Refuse a release whose Traefik cannot ask this engine: every route would be down.

    Raises:
        RefusedError: says so, and the ways out.
    """
    edges = {one.service: version for one in services if (version := version_of(one.image_new))}
    min_api = host.stack.engine().min_api if edges else ""
    for service, version in sorted(edges.items()):
        if cannot_ask(version, min_api):
            who = f"{printable(service)} of {printable(release)}"
            raise RefusedError(f"{in_words(who, version, min_api)} Nothing was changed.", WAY_OUT)
