"""The flip: all requests to one stack at once, as the way back while another one is new."""

import time
from dataclasses import dataclass

from avnwizard.domain.balancer.server import Served
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.ports.balancer import Balancer


@dataclass(frozen=True)
class Flipped:
    """What it did.

    Attributes:
        to: the stack that serves alone now.
        seconds: from the first order until the balancer worked by it.
    """

    to: str
    seconds: float
    served: tuple[Served, ...]


def whither(served: tuple[Served, ...], wanted: str = "") -> str:
    """The stack to flip to: the one that is named, else the only one that waits.

    Raises:
        RefusedError: it is none of the fleet, it is down, or it is not clear which is meant.
    """
    names = [one.stack for one in served]
    if wanted and wanted not in names:
        known = ", ".join(map(printable, names))
        raise RefusedError(f"The fleet has no stack {printable(wanted, limit=60)}.", f"It has: {known}")
    waiting = [one.stack for one in served if not one.takes_requests]
    if not wanted and len(waiting) != 1:
        raise RefusedError(
            f"{len(waiting)} stacks get no requests, so it is not clear which shall serve alone.",
            "Name it: avnwizard fleet flip --to STACK",
        )
    to = wanted or waiting[0]
    if next(one for one in served if one.stack == to).up is False:
        raise RefusedError(
            f"The balancer's check finds {printable(to)} down; nothing was changed.", "Start it first."
        )
    return to


def flip(balancer: Balancer, to: str) -> Flipped:
    """Do it.

    Raises:
        HostError: the balancer refuses, or does not work by it.
    """
    began = time.monotonic()
    balancer.only(to)
    return Flipped(to, time.monotonic() - began, balancer.look())
