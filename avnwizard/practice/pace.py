"""How long the programs of the practice host take, before the speed factor."""

from typing import Any

from avnwizard.domain.compose.model import seconds
from avnwizard.practice.containers import Pace
from avnwizard.practice.product import Kind, service

STOP_S = 0.8
"""A container that ends on SIGTERM."""
PULL_BYTES_PER_S = 60_000_000
"""A good line to the registry."""

_BOOT_S = {"postgres": 2.0, "traefik": 1.0, "minio": 2.5}
_USUAL_BOOT_S = 4.0
_ORY_BOOT_S = 7.0
_JOB_S = 2.5
_INTERVAL_S = 30.0
_RETRIES = 3
"""Docker's defaults where a health check does not say."""


def pace(name: str, config: dict[str, Any], speed: float) -> Pace:
    """The pace of a container of service `name` on a host that runs `speed` times faster than the world."""
    check = config.get("healthcheck") or {}
    interval_s = seconds(check["interval"]) if check.get("interval") else _INTERVAL_S
    patience_s = seconds(check.get("start_period")) + interval_s * int(check.get("retries") or _RETRIES)
    return Pace(boot_s=_boot_s(name) / speed, patience_s=max(patience_s, _boot_s(name)) / speed)


def _boot_s(name: str) -> float:
    try:
        known = service(name)
    except KeyError:
        return _USUAL_BOOT_S
    if known.kind is Kind.JOB:
        return _JOB_S
    return _ORY_BOOT_S if known.ory else _BOOT_S.get(name, _USUAL_BOOT_S)
