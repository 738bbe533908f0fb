"""Containers of a service whose name the compose file fixes: the new one takes the name over from the old one.

It starts under another name. Both are found by the service's name and by the `container_name`, since Compose makes
these aliases in every network. When the old one is gone the new one is renamed, and looks as Compose would have made
it. A run that was cut off leaves a container under another name at worst: the next roll of the service, forward or
back, goes on from there.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain.host import Container, Service
from avnwizard.domain.strategy import Choice
from avnwizard.engine.step import StepContext
from avnwizard.flows.host import Host

_BY_HAND = "its container_name {} allows one container only, since the engine is not on this host"


def settle_choice(host: Host, service: Service, choice: Choice) -> Choice:
    """The choice for a service with a `container_name`, in words: no second one can be made on a remote engine."""
    if choice.strategy != "surge" or not service.container_name:
        return choice
    if allows_two(host, service):
        return replace(
            choice, reason=f"{choice.reason}; then the new one takes over the name {service.container_name}"
        )
    return replace(choice, strategy="recreate", reason=_BY_HAND.format(service.container_name))


def allows_two(host: Host, service: Service) -> bool:
    """Whether a second container of the service can be started, as far as its name is concerned."""
    return not service.container_name or host.stack.naming.available


def start_aside(ctx: StepContext, host: Host, service: Service, found: Sequence[Container]) -> None:
    """Start a new container under another name alongside those that there are.

    Raises:
        HostError: Compose cannot start it, or the engine is elsewhere.
    """
    name = f"{service.container_name}-avnwizard-{secrets.token_hex(3)}"
    ctx.say(f"{service.name}: the new container is called {name} until the old one is gone")
    host.stack.naming.start_aside(service.name, name, hidden=[one.id for one in found])


def is_named(service: Service, found: Sequence[Container]) -> bool:
    """Whether the container has the name that the compose file fixes, where it fixes one."""
    return not service.container_name or [one.name for one in found] == [service.container_name]


def claim(ctx: StepContext, host: Host, service: Service, found: Sequence[Container]) -> None:
    """Give the only container its name, where it does not have it.

    Raises:
        HostError: another container has the name.
    """
    if len(found) == 1 and not is_named(service, found):
        with ctx.effect("name"):
            host.stack.naming.rename(found[0].id, service.container_name)
