"""Traefik 3 as the balancer: a file of its file provider that holds one weighted service, and nothing else."""

import json
import re
from collections.abc import Mapping
from typing import Any

from avnwizard.domain.balancer.server import Served
from avnwizard.domain.compose.document import read
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError, UsageError

_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,120}")
FOREIGN = "It must hold the weighted service and nothing else, for avnwizard writes it whole."


def content(service: str, weights: Mapping[str, int]) -> bytes:
    """The file (JSON, which YAML contains) in which a service sends its requests to others by their weights.

    Args:
        weights: Traefik's service -> its weight.
    """
    for one in (service, *weights):
        if not _NAME.fullmatch(one):
            raise UsageError(f"{printable(one, limit=60)!r} is no name of a Traefik service.", "Look at [fleet].")
    listed = [{"name": name, "weight": weight} for name, weight in weights.items()]
    return (
        json.dumps({"http": {"services": {service: {"weighted": {"services": listed}}}}}, indent=2) + "\n"
    ).encode()


def weights(text: str, service: str, *, source: str) -> dict[str, int]:
    """Traefik's service -> its weight, as the file says.

    Raises:
        HostError: the file holds something else too, or a sticky cookie, by which a flip would not move anybody.
    """
    found: Any = read(text, source=source)
    try:
        [(top, http)] = found.items()
        [(part, services)] = http.items()
        [(name, body)] = services.items()
        [(kind, weighted)] = body.items()
    except (AttributeError, ValueError):
        raise _foreign(source) from None
    if (top, part, name, kind) != ("http", "services", service, "weighted"):
        raise HostError(f"{source} holds no weighted service {service}. {FOREIGN}", "Name it in [fleet] service.")
    if weighted.get("sticky"):
        raise HostError(f"{source}: a sticky cookie keeps users on a stack whatever its weight is.", "Take it out.")
    if set(weighted) - {"services", "healthCheck"}:
        raise _foreign(source)
    return {str(one["name"]): int(one.get("weight", 1)) for one in weighted.get("services") or ()}


def _foreign(source: str) -> HostError:
    return HostError(f"{source} is not what avnwizard wrote. {FOREIGN}", "Move the rest to another file.")


def from_api(said: Mapping[str, Any]) -> dict[str, int]:
    """The weights that Traefik works by now, as `GET /api/http/services/NAME@file` answers."""
    listed = (said.get("weighted") or {}).get("services") or ()
    return {str(one["name"]): int(one.get("weight", 1)) for one in listed}


def served(names: Mapping[str, str], said: Mapping[str, int], up: Mapping[str, bool | None]) -> tuple[Served, ...]:
    """The stacks; Traefik does not count the connections of a service.

    Args:
        names: stack -> Traefik's service.
        said: the weights that it works by.
        up: Traefik's service -> whether its health check finds it well.
    """
    full = max(said.values(), default=0)
    return tuple(
        Served(
            stack,
            name,
            "ready" if said.get(name) else "drain",
            up.get(name),
            round(100 * said.get(name, 0) / full) if full else 0,
        )
        for stack, name in names.items()
    )
