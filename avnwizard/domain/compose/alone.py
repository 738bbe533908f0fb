"""What in a service of the compose file keeps a second container of it from running alongside the first."""

from collections.abc import Iterator, Mapping
from typing import Any

_SHARED = (("network_mode", "network"), ("pid", "processes"), ("ipc", "shared memory"))
_ADDRESSES = ("ipv4_address", "ipv6_address", "mac_address")


def owners(services: Mapping[str, Any], project: str) -> dict[str, tuple[str, ...]]:
    """Service -> the services whose containers its own live in, and have to be made again whenever those are.

    Docker ties a container to the id of the other one. "service:web" names a service; "container:vpn" names a
    container, which may be one of this project's too, by its `container_name` or the name that Compose gives it.

    Args:
        services: as `docker compose config --format json` prints them.
    """
    by_name = {
        str((body or {}).get("container_name") or f"{project}-{name}-1"): name for name, body in services.items()
    }
    return {name: tuple(dict.fromkeys(_owners(body or {}, by_name))) for name, body in services.items()}


def _owners(body: Mapping[str, Any], by_name: Mapping[str, str]) -> Iterator[str]:
    words = [str(body.get(key) or "") for key, _ in _SHARED]
    # volumes_from says "web", "web:ro" and "container:vpn:ro"
    taken = [str(word) for word in body.get("volumes_from") or ()]
    words += [word if word.startswith(("service:", "container:")) else f"service:{word}" for word in taken]
    for word in words:
        kind, _, rest = word.partition(":")
        whose = rest.partition(":")[0]
        if kind == "service" and whose:
            yield whose
        elif kind == "container" and whose in by_name:
            yield by_name[whose]


def why_single(body: Mapping[str, Any]) -> str:
    """Why only one container of the service can run at a time, as far as its surroundings say; "" when two can."""
    return next(_reasons(body), "")


def _reasons(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("network_mode") == "host":
        yield "it listens on the host's own network, where a second one finds its ports taken"
    for key, what in _SHARED:
        kind, _, whose = str(body.get(key) or "").partition(":")
        if kind in {"service", "container"} and whose:
            yield f"it shares the {what} of {whose}"
    for word in body.get("volumes_from") or ():
        whose = str(word).removeprefix("service:").removeprefix("container:").partition(":")[0]
        yield f"it uses the volumes of {whose}"
    networks = body.get("networks")
    for part in (body, *(networks.values() if isinstance(networks, Mapping) else ())):
        for key in _ADDRESSES:
            if isinstance(part, Mapping) and part.get(key):
                yield f"its fixed address {part[key]} allows one container only"
    for device in body.get("devices") or ():
        source = device.get("source") if isinstance(device, Mapping) else str(device).partition(":")[0]
        yield f"it holds the device {source}"
