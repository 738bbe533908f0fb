"""The handover by a file: it makes the old containers fail their health check, so that the proxy leaves them."""

from collections.abc import Sequence

from avnwizard.domain.handover import drain_file
from avnwizard.domain.host import Container, Service
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.roll.patience import becomes_true

_HEALTH_S = 120.0


def leave_by_health(ctx: StepContext, host: Host, service: Service, old: Sequence[Container]) -> None:
    """Make the old containers fail their health check and wait until Traefik has left them.

    One whose user may not write there, or that is read-only, cannot be made to: then it is only reported.
    """
    file = drain_file(service.health_test)
    try:
        for one in old:
            with ctx.effect("drain"):
                host.stack.mark(one.id, file, there=True)
    except HostError as error:
        ctx.say(f"{service.name}: {file} cannot be made: {error.message}; some requests may fail for up to 2 s")
        return
    ids = {one.id for one in old}

    def left() -> bool:
        return not any(one.is_serving for one in host.stack.containers(service.name) if one.id in ids)

    gone = becomes_true(ctx, host, f"the old {service.name} to fail its health check", left, limit_s=_HEALTH_S)
    if not gone:
        ctx.say(f"{service.name}: {file} did not make its old containers unhealthy within {_HEALTH_S:.0f} s")
    host.clock.sleep(2.5)


def unmark(ctx: StepContext, host: Host, service: Service, containers: Sequence[Container]) -> bool:
    """Take back what `leave_by_health` did to containers that are to serve again; whether there was any.

    Also from one that still counts as healthy: its next checks would fail.
    """
    file = drain_file(service.health_test)
    left = [one for one in containers if file and one.state == "running"]
    for one in left:
        with ctx.effect("undrain"):
            host.stack.mark(one.id, file, there=False)
    return bool(left)


def await_serving(ctx: StepContext, host: Host, service: str, containers: Sequence[Container]) -> list[Container]:
    """The containers as they are once all of them serve again, or will not."""
    ids = {one.id for one in containers}

    def these() -> list[Container]:
        return [one for one in host.stack.containers(service) if one.id in ids]

    def serve() -> bool:
        return all(one.is_serving for one in these())

    becomes_true(ctx, host, f"the old {service} to pass its health check again", serve, limit_s=_HEALTH_S)
    return these()
