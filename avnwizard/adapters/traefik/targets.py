"""Where Traefik reaches a container, and which other routers it has."""

from collections.abc import Mapping
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli, is_gone
from avnwizard.adapters.docker.inspect import LABEL, parsed
from avnwizard.adapters.traefik import asking
from avnwizard.adapters.traefik.finding import Traefik
from avnwizard.domain.traefik.direction import Rival, Target
from avnwizard.domain.traefik.director import OWNER
from avnwizard.domain.traefik.labels import TraefikLabels, default_name, read_labels
from avnwizard.errors import HostError

_INTERNAL = "@internal"
_HOST = "host"


def target_of(raw: Mapping[str, Any], labels: TraefikLabels, traefik: Traefik) -> Target:
    """A container as Traefik sees it: by `traefik.docker.network`, else by the provider's network, else a common one.

    A Traefik on the host's own network reaches the container on any.

    Raises:
        HostError: they have no network in common.
    """
    settings = raw.get("NetworkSettings") or {}
    networks: dict[str, dict[str, Any]] = settings.get("Networks") or {}
    preferred = [labels.network, traefik.settings.get("providers.docker.network")]
    reaches_all = _HOST in traefik.networks  # from the host's network every bridge is reached
    shared = sorted(name for name in networks if reaches_all or name in traefik.networks)
    for name in [*preferred, *shared]:
        address = (networks.get(name) or {}).get("IPAddress") or ""
        if address:
            return Target(str(raw["Id"]), str(address), _lowest_port(settings))
    name = str(raw.get("Name", "")).removeprefix("/")
    raise HostError(
        f"{name} and {traefik.facts.name} have no network in common.", "Look at both with docker inspect."
    )


def all_rivals(
    cli: DockerCli, traefik: Traefik, service: str, project: str, labels: TraefikLabels
) -> tuple[Rival, ...]:
    """Every HTTP router but the service's own and those of directors: by the API, else by all containers' labels."""
    if traefik.api is None:
        return tuple(_by_labels(cli, service, project))
    own = {f"{one.name}@docker" for one in labels.routers} or {f"{default_name(service, project)}@docker"}
    return tuple(
        Rival(
            str(one.get("rule", "")),
            int(one.get("priority") or 0),
            str(one.get("ruleSyntax") or ""),
            tuple(str(point) for point in one.get("entryPoints") or ()),
        )
        for one in asking.routers(traefik.api)
        if not own & (names := asking.names_of(one))
        and not any(name.startswith("avnwizard-") or name.endswith(_INTERNAL) for name in names)
    )


def _by_labels(cli: DockerCli, service: str, project: str) -> list[Rival]:
    ids = cli.run(("docker", "ps", "-q", "--no-trunc")).text.split()
    done = cli.try_(("docker", "container", "inspect", *ids)) if ids else None
    if done is None or (done.code != 0 and not is_gone(done)):
        return []
    found: list[Rival] = []
    for raw in parsed(done.stdout):
        said = (raw.get("Config") or {}).get("Labels") or {}
        if OWNER in said or (said.get(f"{LABEL}project"), said.get(f"{LABEL}service")) == (project, service):
            continue
        routers = read_labels(said).routers
        found += [
            Rival(one.rule, one.effective_priority, one.options.get("rulesyntax", ""), one.entrypoints)
            for one in routers
        ]
    return [one for one in found if one.rule]


def _lowest_port(settings: Mapping[str, Any]) -> int:
    ports = [int(name.partition("/")[0]) for name in settings.get("Ports") or {}]
    return min(ports, default=0)
