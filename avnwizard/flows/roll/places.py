"""Where the services of a wave meet, to do with one command what each alone would do with one of its own."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum

from avnwizard.engine.step import StepContext
from avnwizard.engine.wave import PATIENCE_S
from avnwizard.flows.host import Host

_AGAIN_S = 1.5
"""So long those that are done early wait for the others, so that Compose is asked once."""
_DIRECTORS = 4
"""Started at the same time: Traefik's throttle begins with the first."""
_THROTTLE_S = 2.0
"""Traefik's own; whoever misses the others' change waits for the next."""


class Place(IntEnum):
    """In the order in which a roll passes them."""

    COMPARE = 1
    """Compose is asked which containers it would replace: a process that takes about a second."""
    START = 2
    """The new containers start."""
    DIRECT = 3
    """Traefik is sent to the new containers: it takes changes up every 2 s, so that is paid once."""
    COMPARE_AGAIN = 4
    """Compose is asked what it would do now."""


def outdated(ctx: StepContext, host: Host, service: str, place: Place) -> frozenset[str]:
    """The ids of the containers of a service that Compose would replace, maybe with those of others.

    Raises:
        HostError: Compose does not say.
    """

    def ask(services: Sequence[str]) -> frozenset[str]:
        return host.stack.outdated(*services)

    patience_s = _AGAIN_S if place is Place.COMPARE_AGAIN else PATIENCE_S
    return ctx.together(place, service, ask, patience_s=patience_s)


def start_new(ctx: StepContext, host: Host, service: str, count: int) -> None:
    """Start new containers of a service alongside those that there are, to `count` in all.

    Raises:
        HostError: Compose cannot start them.
    """

    def start(orders: Sequence[Mapping[str, int]]) -> None:
        scales = {name: scale for order in orders for name, scale in order.items()}
        if len(scales) == 1:
            host.stack.up(service, scale=count, recreate=False)
        else:
            host.stack.up_together(sorted(scales), scales)

    ctx.together(Place.START, {service: count}, start)


def direct(ctx: StepContext, host: Host, service: str, containers: Sequence[str]) -> None:
    """Start the directors to a service's new containers.

    Raises:
        HostError: its labels cannot be repeated, or there is no Traefik.
    """

    def start(orders: Sequence[tuple[str, Sequence[str]]]) -> None:
        with ThreadPoolExecutor(_DIRECTORS, thread_name_prefix="director") as pool:
            list(pool.map(lambda order: host.edge.direct(order[0], order[1], run=ctx.run), orders))

    ctx.together(Place.DIRECT, (service, tuple(containers)), start, patience_s=_THROTTLE_S)
