"""The port `Places` over a Docker Engine: containers that do nothing hold back the free addresses of a network."""

from collections.abc import Mapping

from avnwizard.adapters.docker import ending_api, engine_api
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import inspected, labelled
from avnwizard.domain.postgres import server_commands as commands
from avnwizard.domain.postgres.places import free_below


class DockerPlaces:
    """Addresses of containers.

    Args:
        cli: runs docker.
    """

    def __init__(self, cli: DockerCli) -> None:
        self._cli = cli

    def addresses(self, container: str) -> Mapping[str, str]:
        """Network -> IPv4 address of a container; {} where it does not run."""
        raw = inspected(self._cli, container) or {}
        networks = (raw.get("NetworkSettings") or {}).get("Networks") or {}
        return {str(name): str(one["IPAddress"]) for name, one in networks.items() if one.get("IPAddress")}

    def networks(self, container: str) -> frozenset[str]:
        """The networks that a container is on, running or not."""
        raw = inspected(self._cli, container) or {}
        return frozenset(map(str, (raw.get("NetworkSettings") or {}).get("Networks") or {}))

    def hold_below(self, network: str, address: str, *, project: str, image: str) -> bool:
        """Hold every free address below one; False where that cannot be had, and then none is held."""
        engine = self._cli.engine_socket
        raw = engine_api.network(engine, network) if engine else {}
        if not raw:
            (raw,) = self._cli.json(("docker", "network", "inspect", network))
        subnets = (raw.get("IPAM") or {}).get("Config") or []
        taken = [str(one.get("IPv4Address") or "") for one in (raw.get("Containers") or {}).values()]
        many = free_below(subnets, taken, address)
        for _ in range(many or 0):
            self._cli.run(commands.hold_address(network, project, image))
        return many is not None

    def let_go(self, project: str) -> None:
        """Remove what holds addresses for a project; no error where nothing does."""
        for one in labelled(self._cli, f"{commands.PLACE_LABEL}={project}"):
            if not (self._cli.engine_socket and ending_api.remove(self._cli.engine_socket, one["Id"], force=True)):
                self._cli.unless_gone(commands.remove_server(one["Id"]))
