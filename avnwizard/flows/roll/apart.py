"""A command that a service's image runs once, apart from the service's containers: a migration without a one-shot."""

from collections.abc import Sequence

from avnwizard.domain.host import Container
from avnwizard.ports import Clock, Stack

_POLL_S = 0.15
_GONE_S = 10.0
"""How long an engine may take to list what it has just started."""


def container(stack: Stack, service: str, name: str) -> Container | None:
    """The container of the command, running or not; None where there is none."""
    return next((one for one in stack.containers(service) if one.one_off and one.name == name), None)


def ended(stack: Stack, clock: Clock, service: str, name: str, *, limit_s: float) -> Container | None:
    """Wait until the command has ended.

    Returns:
        Its container, still running where that took too long; None where somebody removed it.
    """
    deadline, seen = clock.now() + limit_s, clock.now()
    while True:
        found = container(stack, service, name)
        now = clock.now()
        if found:
            seen = now
        if (found and found.state in {"exited", "dead"}) or now >= deadline or now - seen > _GONE_S:
            return found
        clock.sleep(_POLL_S)


def start(stack: Stack, service: str, words: Sequence[str], name: str) -> None:
    """Start the command, without what is left of an earlier one under the name."""
    if old := container(stack, service, name):
        stack.remove(old.id)
    stack.one_offs.start(service, words, name=name)
