"""Bring one service to what the compose files and the pulled images say, by one strategy. Used both ways."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from avnwizard.domain.handover import Handover, recreate_grace_s
from avnwizard.domain.host import Container, Service
from avnwizard.domain.plain import printable
from avnwizard.domain.readiness import Readiness
from avnwizard.engine.step import StepContext
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.flows.roll import handover, health_file, holding, naming, places, settling
from avnwizard.flows.roll.asking import Asking
from avnwizard.flows.roll.draining import drain
from avnwizard.flows.roll.handover import Patience
from avnwizard.flows.roll.once import Once
from avnwizard.flows.roll.places import Place
from avnwizard.flows.roll.settling import Watch


@dataclass(frozen=True)
class Wanted:
    """What a service shall run.

    Attributes:
        image_id: content id, "" when any will do.
        replaced: ids of containers that have to go although Compose would leave them: a file that they read changed.
    """

    service: Service
    image_id: str
    replaced: frozenset[str] = frozenset()


def wanted(host: Host, service: str, image_id: str, replaced: Collection[str] = (), *, replicas: int = 0) -> Wanted:
    """Read from the files in the checkout now what a service shall be.

    Args:
        replicas: how many containers there shall be at least, where the operator scaled the service.

    Raises:
        StepError: the compose files know no such service.
    """
    model = host.stack.resolve()
    if service not in model.services:
        raise StepError(f"The compose files name no service {service}.", "Look at: docker compose config --services")
    found = model.services[service]
    scaled = replace(found, replicas=max(found.replicas, replicas))
    return Wanted(scaled, image_id, frozenset(replaced))


def of_service(host: Host, service: str) -> tuple[Container, ...]:
    """The service's containers, oldest first, without those of `compose run`."""
    found = [one for one in host.stack.containers(service) if not one.one_off]
    return tuple(sorted(found, key=lambda one: (one.created_at, one.number)))


def is_met(host: Host, want: Wanted) -> bool:
    """Every container of the service is the wanted one and serves, and none is missing."""
    found = of_service(host, want.service.name)
    return naming.is_named(want.service, found) and _are_met(host, found, want, unwanted(host, found, want))


def unwanted(host: Host, found: Sequence[Container], want: Wanted) -> frozenset[str]:
    """The ids of those containers that are not the wanted ones: Compose would replace them, or they have to go.

    Raises:
        HostError: Compose does not say.
    """
    if not found:
        return frozenset()
    return host.stack.outdated(want.service.name) | unlike(host, found, want)


def _compared(ctx: StepContext, host: Host, found: Sequence[Container], want: Wanted) -> frozenset[str]:
    """`unwanted`, asked once for all services of a wave."""
    if not found:
        return frozenset()
    outdated = places.outdated(ctx, host, want.service.name, Place.COMPARE)
    return (outdated & {one.id for one in found}) | unlike(host, found, want)


def unlike(host: Host, found: Sequence[Container], want: Wanted) -> frozenset[str]:
    """The ids of those containers that are not the wanted ones, whatever Compose would say of them."""
    return unseen(host, found, want) | {one.id for one in found if not runs(one, want.image_id)}


def unseen(host: Host, found: Sequence[Container], want: Wanted) -> frozenset[str]:
    """Of those the ones that Compose may leave: a file that they read changed, or what they live in is gone."""
    there = {one.id for one in host.stack.containers()} if want.service.owners else set()
    orphans = {one.id for one in found if want.service.owners and not there.issuperset(one.lives_in)}
    return want.replaced & {one.id for one in found} | orphans


def _are_met(host: Host, found: Sequence[Container], want: Wanted, old: frozenset[str]) -> bool:
    enough, watch = len(found) >= max(want.service.replicas, 1), Watch(host.clock)
    return enough and not old and all(watch.is_steady(one) for one in found)


def roll(
    ctx: StepContext,
    host: Host,
    want: Wanted,
    *,
    surge: Handover | None,
    patience: Patience,
    ready: Readiness | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Roll one service, where there is anything to do.

    Args:
        meanwhile: done once, when what is wanted serves, while Traefik is waited for; maybe in a thread of its own.
        surge: the new alongside the old where an old one runs, handing over like this; None recreates it in place.
            One that runs and fails its health check may serve again at any moment, so it counts.
        ready: how a new one is asked whether it is ready, where no health check says so.

    Raises:
        StepError: the new container does not become healthy; with `surge` what served still serves.
    """
    found = of_service(host, want.service.name)
    handover.remove_stale_directors(ctx, host, want.service.name, found)
    old = _compared(ctx, host, found, want)
    if _are_met(host, found, want, old):
        ctx.say(f"{want.service.name} is up to date already")
        naming.claim(ctx, host, want.service, found)
        handover.release_edge(ctx, host, want.service.name, found)
    elif surge and naming.allows_two(host, want.service) and any(one.state == "running" for one in found):
        _surge(ctx, host, want, surge, patience, _remove_dead(ctx, host, found), old, ready, meanwhile)
    else:
        ctx.go_alone()
        _recreate(ctx, host, want, old, healthy_s=patience.healthy_s, meanwhile=meanwhile)


def _surge(
    ctx: StepContext,
    host: Host,
    want: Wanted,
    how: Handover,
    patience: Patience,
    found: list[Container],
    unwanted: frozenset[str],
    ready: Readiness | None,
    meanwhile: Callable[[], None],
) -> None:
    """New containers are those that are not `unwanted`: what appears from here on is what our `up` made."""
    name = want.service.name
    old = [one for one in found if one.id in unwanted]
    fresh = [one for one in found if one.id not in unwanted]
    if how == "director":
        handover.hold_old(ctx, host, want.service, old, ready)
    health_file.unmark(ctx, host, want.service, fresh)
    missing = max(want.service.replicas, 1) - len(fresh)
    if missing > 0:
        with ctx.effect("start-new"):
            if want.service.container_name and found:
                naming.start_aside(ctx, host, want.service, found)
            else:
                places.start_new(ctx, host, name, len(found) + missing)
    if how != "director" or not old:
        ctx.pass_by(Place.DIRECT)
    try:
        fresh = _wait_healthy(ctx, host, want, unwanted, healthy_s=patience.healthy_s, ready=ready)
    except StepError:
        _take_back(ctx, host, want, how, patience, unwanted)
        raise
    last = Once(meanwhile)
    early = last.begin if not want.service.container_name else None  # until it is renamed Compose would not know it
    known_at = handover.leave(ctx, host, want.service, how, old, fresh, patience, early) if old else None
    if old and not settling.still_serve(
        host, want.service, lambda: [one for one in of_service(host, name) if one.id not in unwanted]
    ):
        _take_back(ctx, host, want, how, patience, unwanted)
        raise StepError(
            f"the new {name} was healthy and serves no more; what served before it was not stopped.",
            "Look why it ended (did somebody run docker compose up meanwhile?), then resume, or roll back.",
        )
    last.finish()  # Compose is not asked about a container that goes meanwhile
    if old:
        with ctx.effect("remove-old"):
            _take_away(host, old, want.service.stop_grace_s)
    naming.claim(ctx, host, want.service, of_service(host, name))
    handover.release_edge(ctx, host, name, fresh, known_at=known_at, meanwhile=last)


def _remove_dead(ctx: StepContext, host: Host, found: Sequence[Container]) -> list[Container]:
    """Remove containers that have ended or were never started. Those that stay.

    Compose would start old ones again alongside the new; a new one that a crash of the engine left behind would be
    waited for, though nobody starts it.
    """
    dead = [one for one in found if one.state in {"created", "exited", "dead"}]
    for one in dead:
        with ctx.effect("remove-dead"):
            host.stack.remove(one.id)
    return [one for one in found if one not in dead]


def _take_back(
    ctx: StepContext, host: Host, want: Wanted, how: Handover, patience: Patience, old: frozenset[str]
) -> None:
    """Remove the new containers, of which not all get healthy; the old ones serve on.

    Where no old one serves (any more), the new ones stay: those that are healthy are all that there is.
    """
    name = want.service.name
    found = of_service(host, name)
    new, stay = ([one for one in found if (one.id in old) is was_there] for was_there in (False, True))
    if how == "health" and health_file.unmark(ctx, host, want.service, stay):
        stay = health_file.await_serving(ctx, host, name, stay)
    if not any(one.is_serving for one in stay):
        ctx.say(f"{name}: none of the previous containers serves, so the new ones stay")
        return
    some_serve = any(one.is_serving for one in new)
    handover.return_edge(ctx, host, name, stay, asked=how == "director" and some_serve)
    if some_serve:
        limit_s = patience.drain_limit_s if how == "director" else patience.drain_s
        drain(ctx, host, name, new, limit_s=limit_s, unseen_s=patience.drain_s)
    with ctx.effect("remove-failed"):
        _take_away(host, new, want.service.stop_grace_s)
    naming.claim(ctx, host, want.service, of_service(host, name))
    handover.release_edge(ctx, host, name, [one for one in of_service(host, name) if one.is_serving])


def _recreate(
    ctx: StepContext,
    host: Host,
    want: Wanted,
    old: frozenset[str],
    *,
    healthy_s: float,
    meanwhile: Callable[[], None],
) -> None:
    found, count = of_service(host, want.service.name), max(want.service.replicas, 1)
    if doubles := found[count:]:
        with ctx.effect("remove-double"):
            _take_away(host, doubles, want.service.stop_grace_s)
    force = bool(unseen(host, found[:count], want))
    if force or old or len(found) < count or any(one.state != "running" for one in found):
        if not holding.is_held(host, want.service.name):
            handover.drop_directors(ctx, host, want.service.name)
        holding.hold(ctx, host, [want.service], found)
        with ctx.effect("recreate"):
            grace_s = recreate_grace_s(want.service, host.edge.facts())
            host.stack.up(want.service.name, scale=count if count > 1 else None, force=force, grace_s=grace_s)
    try:
        fresh = _wait_healthy(ctx, host, want, old, healthy_s=healthy_s)
    except StepError:
        if holding.is_held(host, want.service.name):
            handover.drop_directors(ctx, host, want.service.name)  # nobody waits for what does not come
        raise
    handover.release_edge(ctx, host, want.service.name, fresh, meanwhile=meanwhile)


def _take_away(host: Host, containers: Sequence[Container], grace_s: float) -> None:
    """Stop all at the same time, then remove them."""
    host.stack.stop(*(one.id for one in containers), grace_s=grace_s)
    for one in containers:
        host.stack.remove(one.id)


def _wait_healthy(
    ctx: StepContext,
    host: Host,
    want: Wanted,
    old: frozenset[str],
    *,
    healthy_s: float,
    ready: Readiness | None = None,
) -> list[Container]:
    """The new containers, once they keep serving; see `settling.wait_steady`."""

    def look() -> list[Container]:
        ours = [one for one in of_service(host, want.service.name) if one.id not in old]
        require_image(want.image_id, ours)
        return ours

    asking = Asking(host, ready) if ready else None
    return settling.wait_steady(ctx, host, want.service, look, healthy_s=healthy_s, asking=asking)


def runs(container: Container, image_id: str) -> bool:
    """Whether a container runs an image; "" is any."""
    return not image_id or container.image_id == image_id


def require_image(image_id: str, found: Sequence[Container]) -> None:
    """Make sure that containers run the image that was pulled: its tag may have been moved on this host since.

    Raises:
        StepError: one runs another.
    """
    for one in found:
        if not runs(one, image_id):
            raise StepError(
                f"{printable(one.name)} does not run the image that was pulled.",
                "Look at it with docker, then resume.",
            )
