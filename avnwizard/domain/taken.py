"""Host ports and container names that one service is to get while a container of another one has them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from avnwizard.domain.host import ComposeModel, Container

_EVERYWHERE = frozenset({"", "0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not bound


@dataclass(frozen=True)
class Taken:
    """`what` in words, such as "the host port 80"; its text is as the compose file has it (hostile)."""

    service: str
    what: str
    holder: str


def taken(model: ComposeModel, starting: Iterable[str], containers: Collection[Container]) -> tuple[Taken, ...]:
    """What services that get new containers cannot have, since another service's container holds it now.

    A stopped container holds its name, but no port.
    """
    found = []
    for name in sorted(starting):
        service = model.services[name]
        for other in sorted(containers, key=lambda one: one.service):
            if other.service == name:
                continue
            if service.container_name and service.container_name == other.name:
                found.append(Taken(name, f"the container name {other.name}", other.service))
            if other.state in {"running", "paused", "restarting"}:
                found += [
                    Taken(name, f"the host port {port}", other.service)
                    for port in service.published
                    if any(_same_port(port, held) for held in other.published)
                ]
    return tuple(dict.fromkeys(found))


def _same_port(one: str, other: str) -> bool:
    """Whether two ports as `Service.published` spells them exclude each other."""
    (here, port), (there, other_port) = _parted(one), _parted(other)
    return port == other_port and (here == there or bool(_EVERYWHERE & {here, there}))


def _parted(port: str) -> tuple[str, tuple[str, str]]:
    """(address, (port, protocol))."""
    where, _, protocol = port.partition("/")
    address, _, number = where.rpartition(":")
    return address.strip("[]"), (number, protocol or "tcp")
