"""Services whose requests Traefik sends over a network that it picks at random."""

from collections.abc import Iterator

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.traefik.labels import read_labels


def network_notes(model: ComposeModel) -> Iterator[str]:
    """Warn of routed services that are on several networks and do not say on which Traefik reaches them.

    Traefik v3's Docker provider then picks one of the networks at random, at each change.
    """
    if _says_network(model):
        return
    for name, service in sorted(model.services.items()):
        labels = read_labels(service.labels)
        if len(service.networks) > 1 and labels.is_routed() and not labels.network:
            networks = ", ".join(printable(one, limit=60) for one in sorted(service.networks))
            yield (
                f"{printable(name)} is on several networks ({networks}) and has no label traefik.docker.network: "
                "Traefik picks one at random after every change, and requests time out where it cannot reach it."
            )


def _says_network(model: ComposeModel) -> bool:
    """Whether a service of the stack sets the provider's network, on its command line or in its environment."""
    parts = (model.raw.get("services") or {}).values()
    said = " ".join(f"{part.get('command')} {part.get('environment')}" for part in parts if part).lower()
    return "providers.docker.network" in said or "providers_docker_network" in said
