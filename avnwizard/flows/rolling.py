"""Bring one service to what the compose files and the pulled images say, by one strategy. Used both ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from avnwizard.domain.env_preview import secret_pieces, without
from avnwizard.domain.envfile import readable
from avnwizard.domain.handover import Handover, recreate_grace_s
from avnwizard.domain.host import Container, Service
from avnwizard.domain.plain import printable
from avnwizard.engine.step import StepContext
from avnwizard.errors import StepError
from avnwizard.flows import handover
from avnwizard.flows.handover import Patience
from avnwizard.flows.host import Host

_LOG_LINES = 15
_POLL_S = 0.25
_LOST_POLLS = 20
"""A container may be restarted once or twice while what it waits for comes up; 5 s of that is a failure."""


@dataclass(frozen=True)
class Wanted:
    """What a service shall run.

    Attributes:
        image_id: content id, "" when any will do.
    """

    service: Service
    image_id: str

    def is_met_by(self, container: Container) -> bool:
        """Same image and same configuration."""
        same_image = not self.image_id or container.image_id == self.image_id
        return same_image and container.config_hash == self.service.config_hash


def wanted(host: Host, service: str, image_id: str) -> Wanted:
    """Read from the files in the checkout now what a service shall be.

    Raises:
        StepError: the compose files know no such service.
    """
    model = host.stack.resolve()
    if service not in model.services:
        raise StepError(f"The compose files name no service {service}.", "Look at: docker compose config --services")
    return Wanted(model.services[service], image_id)


def of_service(host: Host, service: str) -> tuple[Container, ...]:
    """The service's containers, oldest first, without those of `compose run`."""
    found = [one for one in host.stack.containers(service) if not one.one_off]
    return tuple(sorted(found, key=lambda one: (one.created_at, one.number)))


def is_met(host: Host, want: Wanted) -> bool:
    """Every container of the service is the wanted one and serves, and none is missing."""
    return _are_met(of_service(host, want.service.name), want)


def _are_met(found: Sequence[Container], want: Wanted) -> bool:
    enough = len(found) >= max(want.service.replicas, 1)
    return enough and all(want.is_met_by(one) and one.is_serving for one in found)


def roll(ctx: StepContext, host: Host, want: Wanted, *, surge: Handover | None, patience: Patience) -> None:
    """Roll one service.

    Args:
        surge: the new beside the old where an old one serves, handing over like this; None recreates it in place.

    Raises:
        StepError: the new container does not become healthy; with `surge` what served still serves.
    """
    found = of_service(host, want.service.name)
    handover.bury(ctx, host, want.service.name, found)
    if _are_met(found, want):
        ctx.say(f"{want.service.name} is as wanted already")
        handover.settle(ctx, host, want.service.name, found)
    elif surge and any(_may_serve(one, surge) for one in found):
        _surge(ctx, host, want, surge, patience, _bury_dead(ctx, host, found))
    else:
        handover.forget(ctx, host, want.service.name)
        _recreate(ctx, host, want, healthy_s=patience.healthy_s)


def _may_serve(container: Container, how: Handover) -> bool:
    """It serves, or would if it were not for the file that a run which was cut off has left in it."""
    return container.is_serving or (how == "health" and container.state == "running")


def _surge(
    ctx: StepContext, host: Host, want: Wanted, how: Handover, patience: Patience, found: list[Container]
) -> None:
    name = want.service.name
    old = [one for one in found if not want.is_met_by(one)]
    fresh = [one for one in found if want.is_met_by(one)]
    if how == "director":
        handover.guard(ctx, host, want.service, old)
    handover.unmark(ctx, host, want.service, fresh)
    missing = max(want.service.replicas, 1) - len(fresh)
    if missing > 0:
        with ctx.effect("start-new"):
            host.stack.up(name, scale=len(found) + missing, recreate=False)
    try:
        _wait_healthy(ctx, host, want, healthy_s=patience.healthy_s)
    except StepError:
        _take_back(ctx, host, want, how, patience)
        raise
    fresh = [one for one in of_service(host, name) if want.is_met_by(one)]
    known_at = _leave(ctx, host, want.service, how, old, fresh, patience) if old else None
    if old and not _still_serve(host, want):
        _take_back(ctx, host, want, how, patience)
        raise StepError(
            f"the new {name} was healthy and serves no more; what served before it was not stopped.",
            "Look why it ended (did somebody run docker compose up meanwhile?), then resume, or roll back.",
        )
    if old:
        with ctx.effect("remove-old"):
            _take_away(host, old, want.service.stop_grace_s)
    handover.settle(ctx, host, name, fresh, known_at=known_at)


def _still_serve(host: Host, want: Wanted) -> bool:
    """Whether as many new ones serve as are wanted, after all the time that the handover took."""
    for _ in range(_LOST_POLLS):
        ours = [one for one in of_service(host, want.service.name) if want.is_met_by(one) and one.is_serving]
        if len(ours) >= max(want.service.replicas, 1):
            return True
        host.clock.sleep(_POLL_S)
    return False


def _leave(
    ctx: StepContext,
    host: Host,
    service: Service,
    how: Handover,
    old: list[Container],
    new: list[Container],
    patience: Patience,
) -> float | None:
    """Have the old containers asked no more, as far as that can be had; see `handover.take_over`."""
    limit_s, unseen_s = patience.drain_limit_s, patience.drain_s
    known_at = handover.take_over(ctx, host, service.name, new) if how == "director" else None
    if known_at is not None:
        pass
    elif handover.routes_to_neither(host, service, old):
        ctx.say(f"{service.name}: its labels change and no director holds the edge, so the old one ends at once")
        return None
    elif how == "health":
        handover.leave_by_health(ctx, host, service, old)
    else:
        host.clock.sleep(patience.drain_s)
        limit_s, unseen_s = patience.drain_s, 0.0
    handover.drain(ctx, host, service.name, old, limit_s=limit_s, unseen_s=unseen_s)
    return known_at


def _bury_dead(ctx: StepContext, host: Host, found: Sequence[Container]) -> list[Container]:
    """Remove containers that have ended or were never started. Those that stay.

    Compose would start old ones again beside the new; a new one that a crash of the engine left behind would be
    waited for, though nobody starts it.
    """
    dead = [one for one in found if one.state in {"created", "exited", "dead"}]
    for one in dead:
        with ctx.effect("remove-dead"):
            host.stack.remove(one.id)
    return [one for one in found if one not in dead]


def _take_back(ctx: StepContext, host: Host, want: Wanted, how: Handover, patience: Patience) -> None:
    """Remove the new containers, of which not all get healthy; the old ones serve on.

    Where no old one serves (any more), the new ones stay: those that are healthy are all that there is.
    """
    name = want.service.name
    found = of_service(host, name)
    new, stay = ([one for one in found if want.is_met_by(one) is met] for met in (True, False))
    if how == "health" and handover.unmark(ctx, host, want.service, stay):
        stay = handover.await_serving(host, name, stay)
    if not any(one.is_serving for one in stay):
        ctx.say(f"{name}: no container of before serves, so the new ones stay")
        return
    some_serve = any(one.is_serving for one in new)
    handover.withdraw(ctx, host, name, stay, asked=how == "director" and some_serve)
    if some_serve:
        limit_s = patience.drain_limit_s if how == "director" else patience.drain_s
        handover.drain(ctx, host, name, new, limit_s=limit_s, unseen_s=patience.drain_s)
    with ctx.effect("remove-failed"):
        _take_away(host, new, want.service.stop_grace_s)
    handover.settle(ctx, host, name, [one for one in of_service(host, name) if one.is_serving])


def _recreate(ctx: StepContext, host: Host, want: Wanted, *, healthy_s: float) -> None:
    if doubles := of_service(host, want.service.name)[max(want.service.replicas, 1) :]:
        with ctx.effect("remove-double"):
            _take_away(host, doubles, want.service.stop_grace_s)
    with ctx.effect("recreate"):
        host.stack.up(want.service.name, grace_s=recreate_grace_s(want.service, host.edge.facts()))
    _wait_healthy(ctx, host, want, healthy_s=healthy_s)


def _take_away(host: Host, containers: Sequence[Container], grace_s: float) -> None:
    """Stop all at the same time, then remove them."""
    host.stack.stop(*(one.id for one in containers), grace_s=grace_s)
    for one in containers:
        host.stack.remove(one.id)


def _wait_healthy(ctx: StepContext, host: Host, want: Wanted, *, healthy_s: float) -> None:
    """Wait until every wanted container serves; one that stays unhealthy or dead ends the wait."""
    limit_s = want.service.start_period_s + healthy_s
    deadline, lost_polls = host.clock.now() + limit_s, 0
    while True:
        ours = [one for one in of_service(host, want.service.name) if want.is_met_by(one)]
        if ours and all(one.is_serving for one in ours):
            ctx.say(f"{want.service.name}: {len(ours)} healthy")
            return
        lost = [one for one in ours if one.health == "unhealthy" or one.state in {"exited", "dead", "restarting"}]
        lost_polls = lost_polls + 1 if lost else 0
        if lost_polls > _LOST_POLLS:
            raise _unhealthy(ctx, host, want, lost[0])
        if host.clock.now() >= deadline:
            raise _unhealthy(ctx, host, want, next(iter(lost or ours), None), f" within {limit_s:.0f} s")
        host.clock.sleep(_POLL_S)


def _unhealthy(ctx: StepContext, host: Host, want: Wanted, failing: Container | None, within: str = "") -> StepError:
    if failing:
        tell_log(ctx, host, failing)
    state = f"{failing.state}, {failing.health}" if failing else "not there"
    return StepError(
        f"the new {want.service.name} did not become healthy{within} ({state}).",
        "Its last log lines are above. Mend the cause and resume, or roll back.",
    )


def tell_log(ctx: StepContext, host: Host, container: Container) -> None:
    """Tell the watchers the last lines of a container's output, made harmless and without secrets: the feed stays."""
    known, _ = readable(host.files.read(host.stack.project.env_file))
    secrets = secret_pieces(known)
    for line in host.stack.logs(container.id, lines=_LOG_LINES):
        ctx.say(f"{container.name} | {printable(without(secrets, line), limit=400)}")
