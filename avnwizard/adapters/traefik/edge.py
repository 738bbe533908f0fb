"""The port `Edge`: directors on a real engine, and what Traefik makes of them."""

import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from avnwizard.adapters.docker.changes import Changes
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.connections import connections_of
from avnwizard.adapters.docker.inspect import inspected, labelled
from avnwizard.adapters.traefik import asking
from avnwizard.adapters.traefik.finding import Traefik, find_traefik
from avnwizard.adapters.traefik.targets import all_rivals, target_of
from avnwizard.domain.edge import Connections, Director, EdgeFacts
from avnwizard.domain.readiness import Readiness
from avnwizard.domain.traefik import director
from avnwizard.domain.traefik.direction import CannotDirectError, Direction, Target
from avnwizard.domain.traefik.holding import TARGET, holding_labels
from avnwizard.domain.traefik.labels import TraefikLabels, default_name, read_labels
from avnwizard.errors import HostError

_LASTS_S = 5.0
"""A Traefik that was found is believed for so long: it may itself be replaced in mid-run."""


class TraefikEdge:
    """Steers the Traefik before one Compose project.

    Args:
        project: Compose's project name.
        environ: the environment in which docker runs; None is this process's.
    """

    def __init__(self, project: str, *, environ: Mapping[str, str] | None = None) -> None:
        self._project, self._cli = project, DockerCli(environ)
        self._changes = Changes(self._cli)
        self._found: Traefik | None = None
        self._looked = 0.0
        self._versions: dict[str, str] = {}
        self._looking = threading.Lock()
        self._started: dict[str, str] = {}
        self._witnesses: dict[tuple[str, frozenset[str]], list[str]] = {}

    def facts(self) -> EdgeFacts | None:
        """The Traefik that runs now; None where none does."""
        found = find_traefik(self._cli, self._project, self._versions)
        self._found, self._looked = found, time.monotonic()
        return self._found.facts if self._found else None

    def default_rule(self, service: str) -> str:
        """The rule that Traefik gives to a router of this service that has none; "" where it is not known."""
        traefik = self._traefik()
        name = default_name(service, self._project)
        template = traefik.facts.default_rule
        if template == "Host(`{{ normalize .Name }}`)" or (template and "{{" not in template):
            return template.replace("{{ normalize .Name }}", name)
        known = asking.routers(traefik.api) if traefik.api else ()
        return next((str(one.get("rule", "")) for one in known if f"{name}@docker" in asking.names_of(one)), "")

    def directors(self, service: str = "") -> tuple[Director, ...]:
        """Every director of this project, or of one service, those that ended too."""
        found = [_director(raw) for raw in labelled(self._cli, director.OWNER)]
        return tuple(
            one for project, one in found if project == self._project and service in {"", one.service}
        )  # fmt: skip

    def direct(self, service: str, containers: Sequence[str], *, run: str) -> None:
        """Start a director for each container, above those that there are; none where these are directed to already.

        One that has ended (the engine was restarted: directors are not) still holds its name, and goes first.

        Raises:
            HostError: these labels cannot be repeated, or there is no Traefik.
        """
        found = self.directors(service)
        for one in found:
            if not one.running:
                self._changes.remove_helper(one.id)
        there = [one for one in found if one.running]
        if {one.target for one in there if one.lift == max(each.lift for each in there)} == set(containers):
            return
        direction = self._direction(service, containers, run, lift=1 + max((one.lift for one in there), default=0))
        for target in direction.targets:
            self._start(f"{direction.token}-{target.container[:12]}", self._labels(direction, target, service))
            self._started[target.container] = direction.token

    def hold(self, service: str, containers: Sequence[str], *, run: str, hold_s: float) -> tuple[str, ...]:
        """Start a director for each container's name: requests wait while no container has it.

        Raises:
            HostError: these labels cannot be repeated, or Docker gives this Traefik no names.
        """
        if not self._traefik().facts.holds:
            raise HostError(f"{self._traefik().facts.name} is on no network on which containers have names.")
        self.undirect(service)
        found = self._direction(service, containers, run)
        names = [str((inspected(self._cli, one) or {}).get("Name", "")).removeprefix("/") for one in containers]
        targets = tuple(
            replace(target, container=f"{TARGET}{number}", address=f"{name}.")  # the dot: no search list is tried
            for number, (target, name) in enumerate(zip(found.targets, names, strict=True))
        )
        direction = replace(found, targets=targets)
        for target in targets:
            labels = holding_labels(self._labels(direction, target, service), direction.token, hold_s)
            self._start(f"{direction.token}-{target.container}", labels)
        return tuple(target.container for target in targets)

    def _labels(self, direction: Direction, target: Target, service: str) -> dict[str, str]:
        try:
            return director.director_labels(direction, target, service=service, project=self._project)
        except CannotDirectError as reason:
            raise HostError(f"{service} cannot be directed: {reason}.") from reason

    def knows(self, service: str, containers: Sequence[str]) -> bool:
        """Whether Traefik routes by the directors to each of these containers."""
        traefik = self._traefik()
        told = self._started if self._started.keys() >= set(containers) else {}
        if traefik.api and not all(self._in_force(traefik.api, told[one], one) for one in containers if one in told):
            return False  # no need to ask docker of directors that Traefik does not know
        there = [one for one in self.directors(service) if one.running and one.target in containers]
        if {one.target for one in there} != set(containers):
            return False
        if traefik.api is None:
            return all(self._marker(traefik, one.token, one.target) for one in there)
        return all(self._in_force(traefik.api, one.token, one.target) for one in there)

    def knows_only(self, service: str, containers: Sequence[str]) -> bool:
        """Whether Traefik, left to the service's own labels, would route to these containers and to no other."""
        traefik = self._traefik()
        if not containers:
            return False
        if traefik.api is None:
            return self._would_route(traefik, service, containers)
        return all(found == wanted for found, wanted in self._servers(traefik, traefik.api, service, containers))

    def throttle_s(self, service: str, containers: Sequence[str]) -> float:
        """`providersThrottleDuration` where the API says that the own labels route to these containers."""
        traefik = self._traefik()
        if traefik.api is None:
            return 0.0
        servers = self._servers(traefik, traefik.api, service, containers)
        routed = all(found and found >= wanted for found, wanted in servers)
        return traefik.settings.throttle_s if routed else 0.0

    def answer(self, container_id: str, ready: Readiness) -> int | None:
        """The status with which a container itself answers on one of its own addresses."""
        raw = inspected(self._cli, container_id)
        networks = ((raw or {}).get("NetworkSettings") or {}).get("Networks") or {}
        addresses = self._cli.reach.own(str(one.get("IPAddress") or "") for one in networks.values())
        said = (asking.status((one, ready.port), ready.path, host=ready.host) for one in addresses if one)
        return next((status for status in said if status is not None), None)

    def undirect(self, service: str, *, keep: Sequence[str] = ()) -> None:
        """Remove the service's directors, but the topmost ones of the containers in `keep`."""
        there = self.directors(service)
        self._witnesses = {key: hosts for key, hosts in self._witnesses.items() if key[0] != service}
        top = max((one.lift for one in there if one.running), default=0)
        for one in there:
            if not (one.target in keep and one.running and one.lift == top):
                self._changes.remove_helper(one.id)

    def connections(self, container_id: str, *, quiet_s: float) -> Connections:
        """The inbound connections of a container now."""
        try:
            edge = self._traefik().asks_from
        except HostError:
            edge = frozenset()
        return connections_of(self._cli, container_id, quiet_s=quiet_s, edge=edge)

    def _traefik(self) -> Traefik:
        with self._looking:  # the services of a wave ask at the same time
            stale = time.monotonic() - self._looked > _LASTS_S
            if (self._found is None or stale) and self.facts() is None:
                raise HostError("No Traefik routes to this stack.", "Is it running? `docker ps`")
            assert self._found is not None
            return self._found

    def _targets(
        self, traefik: Traefik, service: str, containers: Sequence[str]
    ) -> tuple[TraefikLabels, tuple[Target, ...]]:
        """The labels of some containers of a service, and where Traefik reaches each."""
        raws = [raw for one in containers if (raw := inspected(self._cli, one))]
        if len(raws) != len(containers):
            raise HostError(f"A container of {service} disappeared while its route was being handed over.", "Resume.")
        labels = read_labels((raws[0].get("Config") or {}).get("Labels") or {})
        return labels, tuple(target_of(raw, labels, traefik) for raw in raws)

    def _direction(self, service: str, containers: Sequence[str], run: str, *, lift: int = 1) -> Direction:
        traefik = self._traefik()
        labels, targets = self._targets(traefik, service, containers)
        return Direction(
            owner=f"{self._project}/{run}/{service}",
            labels=labels,
            targets=targets,
            default_rule=self.default_rule(service),
            lift=lift,
            rivals=all_rivals(self._cli, traefik, service, self._project, labels),
            certificates=traefik.settings.resolves_certificates,
        )

    def _servers(
        self, traefik: Traefik, api: asking.Place, service: str, containers: Sequence[str]
    ) -> Iterator[tuple[set[str] | None, set[str]]]:
        """Of each of the service's own Traefik services: the servers that it has, and those of these containers."""
        labels, targets = self._targets(traefik, service, containers)
        services = dict(labels.services) or {default_name(service, self._project): {}}
        for name, options in services.items():
            wanted = {director.server_url(options, target) for target in targets}
            yield asking.servers(api, f"{name}@docker"), wanted

    def _start(self, name: str, labels: Mapping[str, str]) -> None:
        if any("\n" in text for label in labels.items() for text in label):
            raise HostError("A label of more than one line cannot be repeated.")
        lines = "".join(f"{key}={value}\n" for key, value in sorted(labels.items()))
        self._changes.run_director(self._traefik().image, f"avnwizard-director-{name}", lines.encode())

    def _in_force(self, api: asking.Place, token: str, target: str) -> bool:
        prefix = f"avnwizard-{token}-"
        named = [(asking.names_of(each), each) for each in asking.routers(api, naming=prefix)]
        mine = [(names, each) for names, each in named if any(name.startswith(prefix) for name in names)]
        marker = f"{prefix}marker-{target[:12]}@docker"
        return any(marker in names for names, _ in mine) and all(each.get("status") == "enabled" for _, each in mine)

    def _marker(self, traefik: Traefik, token: str, target: str) -> bool:
        return _answers(traefik, director.marker_host(token, target))

    def _would_route(self, traefik: Traefik, service: str, containers: Sequence[str]) -> bool:
        """Without an API: a container that was started after the change is seen, and leads to the service's own."""
        key = (service, frozenset(containers))
        if key not in self._witnesses:
            direction = self._direction(service, containers, run="")
            token, names = (
                secrets.token_hex(6),
                director.own_services(direction.labels, service=service, project=self._project),
            )
            self._start(token, director.witness_labels(direction, direction.targets[0], token, names))
            self._witnesses[key] = director.witness_hosts(token, containers[0], len(names))
        return all(_answers(traefik, host) for host in self._witnesses[key])


def _answers(traefik: Traefik, host: str) -> bool:
    return any(asking.marker_answers(place, host) for place in traefik.places())


def _director(raw: Mapping[str, Any]) -> tuple[str, Director]:
    """(project, director)."""
    labels = (raw.get("Config") or {}).get("Labels") or {}
    project, _, rest = str(labels.get(director.OWNER, "")).partition("/")
    run, _, service = rest.partition("/")
    lift = str(labels.get(director.LIFT, ""))
    return project, Director(
        id=str(raw["Id"]),
        service=service,
        run=run,
        token=str(labels.get(director.TOKEN, "")),
        target=str(labels.get(director.TARGET, "")),
        lift=int(lift) if lift.isdigit() else 0,
        running=bool((raw.get("State") or {}).get("Running")),
    )
