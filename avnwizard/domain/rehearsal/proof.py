"""Proves that a model is isolated, without asking how it was made: nothing starts from one that is not."""

from collections.abc import Iterator, Mapping
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.isolation import NO_TRAEFIK, SWITCHED_OFF
from avnwizard.domain.rehearsal.order import Isolation
from avnwizard.domain.rehearsal.reasons import KEPT, is_set, why_not
from avnwizard.errors import RefusedError

_TOP = frozenset({"name", "services", "networks", "volumes", "configs", "secrets"})
_LIMITS = ("cpus", "mem_limit", "memswap_limit", "pids_limit")
_SERVICE = KEPT | {"labels", *SWITCHED_OFF, *_LIMITS}


def require_isolated(model: Mapping[str, Any], order: Isolation) -> None:
    """Refuse a model that could reach anything of the live stack, or be reached.

    Args:
        model: as it was generated, or as Compose prints what it makes of that.

    Raises:
        RefusedError: names the first thing that is not isolated. Nothing was started.
    """
    for wrong in faults(model, order):
        raise RefusedError(
            f"The copy of this stack would not be isolated: {wrong}. Nothing was started, nothing was changed.",
            "Leave that service out of the compose files for the rehearsal, or upgrade without one.",
        )


def faults(model: Mapping[str, Any], order: Isolation) -> Iterator[str]:
    """Everything that is not isolated, a clause each."""
    if model.get("name") != order.mark.name or order.mark.name == order.mark.live:
        yield f"its project is {printable(str(model.get('name')), limit=80)}"
    yield from (
        f"it sets {printable(key, limit=40)}" for key in model if key not in _TOP and not key.startswith("x-")
    )
    services = model.get("services") or {}
    if not services:
        yield "no service is left in it"
    for part in ("networks", "volumes"):
        for key, body in (model.get(part) or {}).items():
            yield from _own(part, key, body or {}, order)
    for part in ("configs", "secrets"):
        for key, body in (model.get(part) or {}).items():
            if is_set((body or {}).get("external")) or is_set((body or {}).get("environment")):
                yield f"{printable(key, limit=60)} of its {part} comes from outside"
    for name, body in services.items():
        yield from (f"{printable(name, limit=63)}: {said}" for said in _service(body or {}, model, order))


def _own(part: str, key: str, body: Mapping[str, Any], order: Isolation) -> Iterator[str]:
    shown = f"{printable(key, limit=60)} of its {part}"
    if is_set(body.get("external")) or body.get("name") not in (None, f"{order.mark.name}_{key}"):
        yield f"{shown} is not its own"
    if body.get("driver") not in (None, "", "bridge" if part == "networks" else "local") or is_set(
        body.get("driver_opts")
    ):
        yield f"{shown} has a driver of its own"
    if part == "networks" and body.get("internal") is not True:
        yield f"{shown} has a way out"
    if is_set((body.get("ipam") or {}).get("config")):
        yield f"{shown} has fixed addresses"
    if not order.mark.labels.items() <= (body.get("labels") or {}).items():
        yield f"{shown} would not be found again"


def _service(body: Mapping[str, Any], model: Mapping[str, Any], order: Isolation) -> Iterator[str]:
    yield from (f"it sets {printable(key, limit=40)}" for key in body if key not in _SERVICE and is_set(body[key]))
    kept = {key: value for key, value in body.items() if key in KEPT}
    if said := why_not(kept, model.get("services") or {}, order.unsafe):
        yield said
    if dict(body.get("labels") or {}) != NO_TRAEFIK | order.mark.labels:
        yield "it has labels by which something may route to it or act on it"
    if any(body.get(key) != value for key, value in SWITCHED_OFF.items()):
        yield "it would be started again, or pulled"
    if any(not is_set(body.get(key)) for key in _LIMITS):
        yield "it has no limits"
    yield from _on_networks(body, model.get("networks") or {})
    for mount in body.get("volumes") or ():
        yield from _mounted(mount, model.get("volumes") or {})


def _on_networks(body: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    networks = body.get("networks") or {}
    if not networks and not is_set(body.get("network_mode")):
        yield "it is on Compose's default network, which has a way out"
    if body.get("network_mode") == "bridge":
        yield "it is on the engine's own network"
    for net, how in networks.items():
        if net not in known:
            yield f"it is on {printable(net, limit=60)}, which is not the copy's own"
        if any(is_set(value) for key, value in (how or {}).items() if key != "aliases"):
            yield f"it has an address of its own on {printable(net, limit=60)}"


def _mounted(mount: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    kind, shown, bind = mount.get("type"), printable(str(mount.get("source")), limit=120), mount.get("bind") or {}
    if kind == "bind" and mount.get("read_only") is not True:
        yield f"it could write to {shown}"
    if set(bind) - {"create_host_path"} or is_set(bind.get("create_host_path")):
        yield f"it could change {shown} on the host"
    if kind == "volume" and mount.get("source") and mount["source"] not in known:
        yield f"its volume {shown} is not the copy's own"
