"""Requests wait in Traefik while a service is away, for as long as `[roll] hold_s` says, and are not refused."""

from collections.abc import Sequence

from avnwizard.domain.host import Container, Service
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.roll import handover
from avnwizard.flows.roll.at_once import RESERVE_BYTES

_DIRECTOR_BYTES = 64 << 20
"""A director is a Traefik that does nothing; it takes less than this."""


def hold(ctx: StepContext, host: Host, services: Sequence[Service], found: Sequence[Container]) -> None:
    """Have the routes of some services held, as far as Traefik can; those that run now only.

    Whatever goes wrong is said, and the roll goes on as if nothing were held.
    """
    facts, hold_s = host.edge.facts(), host.config.roll.hold_s
    if facts is None or not facts.holds or not hold_s:
        return
    targets: dict[str, Sequence[str]] = {}
    left = _directors_that_fit(host)
    for service in services:
        running = [one.id for one in found if one.service == service.name and one.state == "running"]
        if service.name == facts.service or not running:
            continue
        if handover.plan_handover(host, service, facts).handover != "director":
            continue
        if left is not None and (left := left - len(running)) < 0:
            ctx.say(f"{service.name}: its requests are not held: too little memory is free")
            continue
        try:
            with ctx.effect("hold"):
                targets[service.name] = host.edge.hold(service.name, running, run=ctx.run, hold_s=hold_s)
        except HostError as error:
            ctx.say(f"{service.name}: its requests are not held: {error.message}")
    for name, wanted in targets.items():
        if not handover.is_known(ctx, host, name, wanted):
            ctx.say(f"{name}: its requests are not held: Traefik did not take the director in time")
            handover.drop_directors(ctx, host, name)


def _directors_that_fit(host: Host) -> int | None:
    """How many the free memory allows; None where nobody knows how much is free."""
    free = host.stack.room().available_bytes
    return None if free is None else max(free - RESERVE_BYTES, 0) // _DIRECTOR_BYTES


def is_held(host: Host, service: str) -> bool:
    """Whether requests to a service are held now."""
    return any(one.holds for one in host.edge.directors(service))
