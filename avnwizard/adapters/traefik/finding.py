"""Which container is the Traefik before the stack, and from where it can be asked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from avnwizard.adapters.docker.cli import DockerCli, hint_for, is_gone
from avnwizard.adapters.docker.engine_api import container, running
from avnwizard.adapters.docker.inspect import LABEL, parsed
from avnwizard.adapters.docker.reach import HERE, LOOPBACK, Reach
from avnwizard.adapters.process_errors import fail
from avnwizard.adapters.traefik.asking import Place, api_at
from avnwizard.adapters.traefik.settings import Settings, settings_of
from avnwizard.domain.edge import EdgeFacts

_TITLE = "org.opencontainers.image.title"
_VERSION = re.compile(r"^\s*Version:\s*v?(\d+\.\d+\S*)", re.MULTILINE)
_NAMELESS = {"host", "bridge", "none"}
"""Docker's own networks, on which no container is found by its name."""


@dataclass(frozen=True)
class Traefik:
    """A running Traefik: what `docker inspect` says of it, its settings, and where its API answers."""

    raw: Mapping[str, Any]
    facts: EdgeFacts
    settings: Settings
    api: Place | None
    reach: Reach = HERE

    @property
    def image(self) -> str:
        """The id of the image that it runs."""
        return str(self.raw["Image"])

    @property
    def networks(self) -> frozenset[str]:
        """The networks that it is on, by name."""
        return frozenset((self.raw.get("NetworkSettings") or {}).get("Networks") or {})

    @property
    def asks_from(self) -> frozenset[str] | None:
        """The addresses from which it asks services; None where it has none of its own (on the host's network)."""
        networks = ((self.raw.get("NetworkSettings") or {}).get("Networks") or {}).values()
        named = [str(one.get(key) or "") for one in networks for key in ("IPAddress", "GlobalIPv6Address")]
        return frozenset(address for address in named if address) or None

    def places(self) -> list[Place]:
        """Where its entrypoints may be reached from here, the container's own addresses first."""
        published = _published(self.raw, self.reach)
        ports = dict.fromkeys([*self.settings.entry_ports, *published])
        own = [(address, port) for address in _addresses(self.raw, self.reach) for port in ports]
        return [*own, *(place for places in published.values() for place in places)]


def find_traefik(cli: DockerCli, project: str, versions: dict[str, str]) -> Traefik | None:
    """The project's own Traefik, else one on a network of the project's; None where none runs.

    Args:
        versions: container id -> what runs in it, as far as it was asked before; what is asked now is added.

    Raises:
        HostError: the engine does not say.
    """
    found = [raw for raw in _candidates(cli) if (raw.get("State") or {}).get("Running")]
    own = [raw for raw in found if _labels(raw).get(f"{LABEL}project") == project]
    ours = own or [raw for raw in found if _shares_network(raw, project)]
    return _described(cli, ours[0], project, versions) if ours else None


def _candidates(cli: DockerCli) -> list[dict[str, Any]]:
    """The running containers that look like a Traefik, as `docker inspect` reports; those that end meanwhile, too."""
    if cli.engine_socket and (listed := running(cli.engine_socket)) is not None:
        ids = [str(one["Id"]) for one in listed if _looks_like(one.get("Image"), one.get("Labels") or {})]
        found = [container(cli.engine_socket, one) for one in ids]
        if all(found):  # else the CLI says why, unless one has ended
            return [one for one in found if one]
    lines = cli.run(("docker", "ps", "--format", "{{json .}}")).text.splitlines()
    ids = [str(one["ID"]) for one in map(json.loads, lines) if _looks_like(one.get("Image"), _told(one))]
    if not ids:
        return []
    done = cli.try_(("docker", "container", "inspect", *ids))
    if done.code != 0 and not is_gone(done):  # another stack's Traefik may have ended in between
        fail(("docker", "container", "inspect"), done.code, done.complaint, hint_for(done.complaint))
    return parsed(done.stdout)


def _told(listed: Mapping[str, Any]) -> dict[str, str]:
    """The labels as `docker ps` has them."""
    return dict(label.partition("=")[::2] for label in str(listed.get("Labels", "")).split(","))


def _looks_like(image: object, labels: Mapping[str, str]) -> bool:
    name = str(image or "").partition("@")[0].rpartition("/")[2].partition(":")[0]
    return "avnwizard.director" not in labels and (name == "traefik" or labels.get(_TITLE, "").lower() == "traefik")


def _described(cli: DockerCli, raw: Mapping[str, Any], project: str, versions: dict[str, str]) -> Traefik:
    settings = settings_of(raw)
    places = [(address, settings.api_port) for address in _addresses(raw, cli.reach)]
    found = api_at([*places, *_published(raw, cli.reach).get(settings.api_port, [])])
    labels = _labels(raw)
    own = labels.get(f"{LABEL}project") == project
    facts = EdgeFacts(
        container=str(raw["Id"]),
        name=str(raw.get("Name", "")).removeprefix("/"),
        service=labels.get(f"{LABEL}service", "") if own else "",
        version=found[1] if found else _version(cli, str(raw["Id"]), versions),
        api=found is not None,
        docker_provider=settings.docker_provider,
        exposed_by_default=settings.exposed_by_default,
        default_rule=settings.default_rule,
        holds=not _NAMELESS.issuperset((raw.get("NetworkSettings") or {}).get("Networks") or {}),
    )
    return Traefik(raw, facts, settings, found[0] if found else None, cli.reach)


def _version(cli: DockerCli, container: str, versions: dict[str, str]) -> str:
    if container not in versions:
        found = _VERSION.search(cli.try_(("docker", "exec", container, "traefik", "version")).text)
        if not found:
            return ""
        versions[container] = found[1]
    return versions[container]


def _labels(raw: Mapping[str, Any]) -> dict[str, str]:
    return dict((raw.get("Config") or {}).get("Labels") or {})


def _shares_network(raw: Mapping[str, Any], project: str) -> bool:
    networks = (raw.get("NetworkSettings") or {}).get("Networks") or {}
    return any(name.startswith(f"{project}_") for name in networks) or "host" in networks


def _addresses(raw: Mapping[str, Any], reach: Reach) -> list[str]:
    """The container's own, or the host's where it has the host's network."""
    networks = (raw.get("NetworkSettings") or {}).get("Networks") or {}
    found = [str(one.get("IPAddress") or "") for one in networks.values()]
    return reach.own(found) if any(found) else [reach.host or LOOPBACK] if reach.is_here or reach.host else []


def _published(raw: Mapping[str, Any], reach: Reach) -> dict[int, list[Place]]:
    """Container port -> where it is published, as far as that is reached from here."""
    ports = (raw.get("NetworkSettings") or {}).get("Ports") or {}
    return {
        int(name.partition("/")[0]): [
            (place, int(one["HostPort"]))
            for one in bindings or ()
            if (place := reach.published(str(one.get("HostIp", ""))))
        ]
        for name, bindings in ports.items()
        if name.endswith("/tcp")
    }
