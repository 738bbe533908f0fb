"""Hand a service's requests over from its old containers to the new ones, and the edge back to its own labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avnwizard.domain.edge import EdgeFacts
from avnwizard.domain.handover import Handover, HandoverChoice, choose_handover
from avnwizard.domain.host import Container, Service
from avnwizard.domain.readiness import Readiness
from avnwizard.domain.traefik.labels import clash, read_labels
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.roll import health_file, places
from avnwizard.flows.roll.draining import drain
from avnwizard.flows.roll.patience import KNOWN_S, becomes_true, true_since

_SETTLED_S = 120.0
"""The director serves meanwhile, so there is time: a busy host may fail a health check or two, and Traefik leaves the
container out until the next."""
_MOSTLY = 0.75
"""Of Traefik's throttle, before the director is removed: the engine and Traefik need the rest."""
_TAKES = "Traefik to take the director of {}"


@dataclass(frozen=True)
class Patience:
    """How long a roll waits, in seconds.

    Attributes:
        healthy_s: for a new container, on top of its start period.
        drain_s: how long an old one stays at least where nobody can tell that it is no longer asked.
        drain_limit_s: how long the connections of an old one are waited for at most.
    """

    healthy_s: float
    drain_s: float
    drain_limit_s: float


def plan_handover(
    host: Host,
    service: Service,
    facts: EdgeFacts | None,
    *,
    by_name: bool = False,
    before: Container | None = None,
) -> HandoverChoice:
    """How this service would hand over, by the proxy that runs now; `by_name`: other services depend on it."""
    return choose_handover(
        service,
        project=host.stack.project.name,
        facts=facts,
        default_rule=host.edge.default_rule(service.name) if facts else "",
        by_name=by_name,
        override=host.config.roll.handover.get(service.name),
        before=before.labels if before else None,
    )


def remove_stale_directors(ctx: StepContext, host: Host, service: str, containers: Sequence[Container]) -> None:
    """Remove directors, from a run that was cut off, that send requests to containers which are gone."""
    alive = [one.id for one in containers if one.state == "running"]
    if any(one.target not in alive and not one.holds for one in host.edge.directors(service)):
        with ctx.effect("undirect-dead"):
            host.edge.undirect(service, keep=alive)


def hold_old(
    ctx: StepContext, host: Host, service: Service, old: Sequence[Container], ready: Readiness | None = None
) -> None:
    """Hold the edge on the old containers where the new ones' labels differ, or where nothing vouches for those.

    Traefik drops a router, service or middleware that two containers define differently (v3.7, "defined multiple
    times with different configurations"), so from the moment when the new one is healthy nobody would be routed. A
    container without a health check is routed to as soon as it has started, ready or not.

    Args:
        ready: how containers without a health check are asked; only those that answer are held on to.

    Raises:
        StepError: Traefik does not take the director, and without one requests would reach what is not ready.
    """
    serving = [one for one in old if one.is_serving]
    if ready:
        serving = [one for one in serving if ready.is_met_by(host.edge.answer(one.id, ready))]
    ids = [one.id for one in serving]
    alike = all(_traefik_labels(one.labels) == _traefik_labels(service.labels) for one in serving)
    if not ids or (alike and not ready):
        return
    with ctx.effect("guard"):
        host.edge.direct(service.name, ids, run=ctx.run)
    if not is_known(ctx, host, service.name, ids) and ready:
        drop_directors(ctx, host, service.name)
        raise StepError(
            f"Traefik did not take the director of {service.name} within {KNOWN_S:.0f} s; no new one was started.",
            "Look at Traefik's log, then resume; or roll back.",
        )


def take_over(
    ctx: StepContext,
    host: Host,
    service: str,
    new: Sequence[Container],
    meanwhile: Callable[[], None] | None = None,
) -> float | None:
    """Send every request to the new containers.

    Args:
        meanwhile: begins something else once the directors are there, before Traefik is waited for.

    Returns:
        When Traefik did so at the earliest (the clock's seconds); None where it does not take it, and then nothing is
        changed.
    """
    ids = [one.id for one in new]
    try:
        with ctx.effect("direct"):
            places.direct(ctx, host, service, ids)
        if meanwhile:
            meanwhile()
        known_at = true_since(ctx, host, _TAKES.format(service), lambda: host.edge.knows(service, ids))
        if known_at is not None:
            with ctx.effect("undirect-former"):
                host.edge.undirect(service, keep=ids)
            return known_at
        reason = f"Traefik did not take the director within {KNOWN_S:.0f} s"
    except HostError as error:
        reason = error.message
    ctx.say(f"{service}: no director after all: {reason}; some requests may fail for up to 2 s")
    with ctx.effect("undirect"):
        host.edge.undirect(service)
    return None


def is_routed(host: Host, service: Service, old: Sequence[Container]) -> bool:
    """Whether a proxy routes to the service, as the files have it or as its old containers were made."""
    facts = host.edge.facts()
    every = (service.labels, *(one.labels for one in old))
    return facts is not None and any(
        read_labels(labels).is_routed(exposed_by_default=facts.exposed_by_default) for labels in every
    )


def routes_to_neither(host: Host, service: Service, old: Sequence[Container]) -> bool:
    """Whether Traefik, which no director holds, leaves old and new ones out for as long as both are there."""
    if not any(clash(one.labels, service.labels) for one in old):
        return False
    facts = host.edge.facts()
    return facts is not None and read_labels(service.labels).is_routed(exposed_by_default=facts.exposed_by_default)


def leave(
    ctx: StepContext,
    host: Host,
    service: Service,
    how: Handover,
    old: list[Container],
    new: list[Container],
    patience: Patience,
    meanwhile: Callable[[], None] | None = None,
) -> float | None:
    """Stop new requests from reaching the old containers, as far as this handover allows; see `take_over`."""
    limit_s, unseen_s = patience.drain_limit_s, patience.drain_s
    known_at = take_over(ctx, host, service.name, new, meanwhile) if how == "director" else None
    if known_at is not None:
        pass
    elif routes_to_neither(host, service, old):
        ctx.say(f"{service.name}: its labels change and no director holds the edge, so the old one ends at once")
        return None
    elif how == "health":
        health_file.leave_by_health(ctx, host, service, old)
    elif is_routed(host, service, old):
        host.clock.sleep(patience.drain_s)
        limit_s, unseen_s = patience.drain_s, 0.0
    else:  # no proxy has to learn of the new ones, so only what is under way, or cannot be seen, is waited for
        limit_s, unseen_s = 2 * patience.drain_s, patience.drain_s
    drain(ctx, host, service.name, old, limit_s=limit_s, unseen_s=unseen_s)
    return known_at


def release_edge(
    ctx: StepContext,
    host: Host,
    service: str,
    new: Sequence[Container],
    *,
    known_at: float | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Remove the directors once Traefik needs them no more.

    Args:
        meanwhile: done once, while Traefik is waited for where it has to be.
        known_at: from `take_over`. The old containers' end and the directors' are one change to Traefik if both come
            well within its throttle after it took the directors up: then nothing need be waited for.

    Raises:
        StepError: it does not route to the new containers by their own labels. The directors stay: they serve.
    """
    if not new or not host.edge.directors(service):
        meanwhile()
        return  # where there is nobody to route to, the directors stay
    ids = [one.id for one in new]
    at_once = known_at is not None and _is_one_change(host, service, ids, known_at)
    if not at_once:
        meanwhile()
    what = f"Traefik to route to the new {service} by its own labels"
    if not at_once and not becomes_true(
        ctx, host, what, lambda: host.edge.knows_only(service, ids), limit_s=_SETTLED_S
    ):
        raise StepError(
            f"Traefik does not route to the new {service} by its own labels; the director still does.",
            "Is it healthy? Compare its labels with Traefik's log, then resume.",
        )
    with ctx.effect("undirect"):
        host.edge.undirect(service)
    if at_once:
        meanwhile()


def _is_one_change(host: Host, service: str, ids: Sequence[str], known_at: float) -> bool:
    """Whether Traefik will see the end of the old containers and of the directors as one."""
    serving = all(one.is_serving for one in _these(host, service, ids))
    return serving and host.clock.now() - known_at < _MOSTLY * host.edge.throttle_s(service, ids)


def return_edge(ctx: StepContext, host: Host, service: str, stay: Sequence[Container], *, asked: bool) -> None:
    """Before new containers are taken away again: the edge back on those that stay.

    Args:
        asked: Traefik may know some of the new ones already, by their own labels.
    """
    if not asked and not host.edge.directors(service):
        return
    ids = [one.id for one in stay if one.is_serving]
    if not ids:
        drop_directors(ctx, host, service)
        return
    with ctx.effect("direct-back"):
        host.edge.direct(service, ids, run=ctx.run)
    is_known(ctx, host, service, ids)
    with ctx.effect("undirect-former"):
        host.edge.undirect(service, keep=ids)


def is_known(ctx: StepContext, host: Host, service: str, ids: Sequence[str]) -> bool:
    """Whether Traefik routes by the directors to these containers, in the time that it may take."""
    try:
        return becomes_true(ctx, host, _TAKES.format(service), lambda: host.edge.knows(service, ids))
    except HostError as error:
        ctx.say(f"{service}: {error.message}")
        return False


def drop_directors(ctx: StepContext, host: Host, service: str) -> None:
    """Remove the directors whatever they point at: their containers go."""
    if host.edge.directors(service):
        with ctx.effect("undirect"):
            host.edge.undirect(service)


def _these(host: Host, service: str, ids: Sequence[str]) -> list[Container]:
    """Those of some containers that are still there, as they are now."""
    return [one for one in host.stack.containers(service) if one.id in ids]


def _traefik_labels(labels: dict[str, str]) -> object:
    read = read_labels(labels)
    return read.routers, read.services, read.middlewares, read.tcp, read.udp, read.enabled, read.network
