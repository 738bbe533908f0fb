"""Waiting until containers keep running: the first look at "running" proves nothing."""

from collections.abc import Callable, Sequence

from avnwizard.domain.env_preview import secret_pieces, without
from avnwizard.domain.envfile import readable
from avnwizard.domain.host import Container, Service
from avnwizard.domain.plain import printable
from avnwizard.domain.settling import SETTLE_S, restarted
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.host import Host
from avnwizard.flows.roll.asking import Asking
from avnwizard.ports import Clock

POLL_S = 0.25
LOST_POLLS = 20
"""A container may be restarted once or twice while what it waits for comes up; 5 s of that is a failure."""
_CHECK_S = 30.0
"""One that runs and fails its health check is healthy again with its next good check: on a busy host a check may run
into its timeout though the program answers. No longer than this is waited for that."""
_ASKED_S = 15.0
"""The same of one that requests go to already: the old one is still there, and may have them back."""
_LOG_LINES = 15


class Watch:
    """Looks at containers again and again, and knows which of them have run for long enough.

    Args:
        clock: measures how long; the engine's own times count too, where its clock is not ahead of this one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, float], float] = {}

    def is_steady(self, container: Container) -> bool:
        """It serves; and where no health check vouches for it, or it was restarted, it has done so for `SETTLE_S`."""
        if not container.is_serving:
            return False
        if container.health == "healthy" and not container.restarts:
            return True
        now = self._clock.now()
        seen = self._seen.setdefault((container.id, container.started_at), now)
        return now - min(seen, container.started_at or seen) >= SETTLE_S


def still_serve(host: Host, service: Service, look: Callable[[], list[Container]]) -> bool:
    """Whether as many new ones serve as are wanted, after all the time that the handover took.

    Args:
        look: finds them as they are now.
    """
    polls, count = 0, max(service.replicas, 1)
    while True:
        ours = look()
        if sum(one.is_serving for one in ours) >= count:
            return True
        polls += 1
        if polls > (_lost_polls(service, ours, most_s=_ASKED_S) if len(ours) >= count else LOST_POLLS):
            return False
        host.clock.sleep(POLL_S)


def _lost_polls(service: Service, lost: Sequence[Container], *, most_s: float = _CHECK_S) -> int:
    """For how many polls containers may stay as they are, of which some do not serve, before that is a failure."""
    runs = all(one.state == "running" for one in lost)
    return LOST_POLLS + int(min(service.check_s, most_s) / POLL_S) * runs


def wait_steady(
    ctx: StepContext,
    host: Host,
    service: Service,
    look: Callable[[], list[Container]],
    *,
    healthy_s: float,
    asking: Asking | None = None,
) -> list[Container]:
    """New containers of a service, once each is healthy or, without a health check, keeps running.

    Args:
        look: finds them as they are now.
        healthy_s: how long they may take, on top of the start period.
        asking: asks them whether they are ready, where no health check says so.

    Raises:
        StepError: there is none, or one stays unhealthy or ends again and again.
    """
    limit_s = service.start_period_s + healthy_s
    deadline, polls, watch = host.clock.now() + limit_s, 0, Watch(host.clock)
    while True:
        ours = look()
        answering = [one for one in ours if asking is None or (one.is_serving and asking.lasts(one))]
        steady = [one for one in ours if watch.is_steady(one) and one in answering]
        if ours and len(steady) == len(ours):
            ctx.say(f"{service.name}: {_in_words(ours)}{f', {asking.in_words()}' if asking else ''}")
            return ours
        lost = [one for one in ours if one.health == "unhealthy" or one.state in {"exited", "dead", "restarting"}]
        polls = polls + 1 if lost else 0
        if polls > _lost_polls(service, lost):
            raise _failed(ctx, host, service, lost[0])
        settling_s = SETTLE_S if ours and all(one.is_serving for one in ours) else 0.0
        if host.clock.now() >= deadline + settling_s:
            left = lost or [one for one in ours if one not in steady] or ours
            raise _failed(ctx, host, service, next(iter(left), None), f" within {limit_s:.0f} s", asking)
        host.clock.sleep(POLL_S)


def tell_log(ctx: StepContext, host: Host, container: Container) -> None:
    """Show the watchers the last lines of a container's output, made harmless and without secrets: the feed stays."""
    try:
        known, _ = readable(env_bytes(host))
    except HostError as error:
        ctx.say(
            f"{container.name}: its log is not shown, since secrets in it could not be recognised: {error.message}"
        )
        return
    secrets = secret_pieces(known)
    for line in host.stack.logs(container.id, lines=_LOG_LINES):
        ctx.say(f"{container.name} | {printable(without(secrets, line), limit=400)}")


def _failed(
    ctx: StepContext,
    host: Host,
    service: Service,
    one: Container | None,
    within: str = "",
    asking: Asking | None = None,
) -> StepError:
    if one:
        tell_log(ctx, host, one)
    happened, state = f"did not become healthy{within}", f"{one.state}, {one.health}" if one else "not there"
    if one and one.health == "none":
        ended = f", exit code {one.exit_code}" if one.exit_code else ""
        happened, state = "does not keep running", f"{one.state}, {restarted(one)}{ended}"
        if asking and one.is_serving:
            happened, state = f"runs, and was not ready{within}", asking.last(one)
    return StepError(
        f"the new {service.name} {happened} ({state}).",
        "Read its last log lines, fix the cause, then resume; or roll back.",
    )


def _in_words(containers: Sequence[Container]) -> str:
    """What may be said of containers that are steady: only a health check makes one healthy."""
    healthy = sum(one.health == "healthy" for one in containers)
    running = len(containers) - healthy
    parts = [f"{healthy} healthy"] if healthy else []
    parts += [f"{running} running for {SETTLE_S:.0f} s or longer (no health check)"] if running else []
    return ", ".join(parts)
