"""The port `Balancer` over HAProxy's runtime socket, Traefik's file provider, and commands of the operator's."""

from avnwizard.adapters.balancer.command import CommandBalancer
from avnwizard.adapters.balancer.haproxy import HaproxyBalancer
from avnwizard.adapters.balancer.traefik_file import TraefikBalancer
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.errors import RefusedError
from avnwizard.ports.balancer import Balancer

__all__ = ["CommandBalancer", "HaproxyBalancer", "TraefikBalancer", "balancer"]


def balancer(section: FleetSection) -> Balancer:
    """The one that `[fleet]` names.

    Raises:
        RefusedError: it names none.
    """
    if section.driver == "haproxy":
        return HaproxyBalancer(section)
    if section.driver == "traefik":
        return TraefikBalancer(section)
    if section.driver == "command":
        return CommandBalancer(section)
    raise RefusedError("This stack has no fleet.", "Describe it in avnwizard.toml, [fleet]: avnwizard help fleet")
