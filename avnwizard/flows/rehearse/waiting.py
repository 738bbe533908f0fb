"""Starting one service of the copy and waiting for what becomes of it, which is a result and no error."""

from collections.abc import Sequence

from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.result import Outcome, Part
from avnwizard.errors import HostError
from avnwizard.flows.rehearse.plan import Actor
from avnwizard.flows.roll import apart
from avnwizard.flows.roll.settling import LOST_POLLS, POLL_S, Watch
from avnwizard.ports import Clock, Stack

_KILLED = 137
_GONE = frozenset({"exited", "dead", "restarting"})


def come_up(clock: Clock, stack: Stack, actor: Actor) -> Part:
    """Start a service, and how it did."""
    return come_up_together(clock, stack, (actor,))[0]


def come_up_together(clock: Clock, stack: Stack, actors: Sequence[Actor]) -> list[Part]:
    """Start some services, wait for all of them, and how each did."""
    began, refused = {}, dict[str, Part]()
    for actor in actors:
        began[actor.service] = clock.now()
        try:
            said = _migrated(clock, stack, actor)
            if not said:
                stack.up(actor.service)
        except HostError as error:
            said = printable(error.message, limit=300)
        if said:
            took = clock.now() - began[actor.service]
            refused[actor.service] = Part(actor.service, actor.job, "failed", took, said)
    found = []
    for actor in actors:
        if actor.service not in refused:
            outcome, said = (_ended if actor.job else _serves)(clock, stack, actor)
            found.append(Part(actor.service, actor.job, outcome, clock.now() - began[actor.service], said))
        else:
            found.append(refused[actor.service])
    return found


def _migrated(clock: Clock, stack: Stack, actor: Actor) -> str:
    """Why the service's migration failed; "" where it succeeded, or there is none."""
    if not actor.migrate:
        return ""
    name = f"{stack.project.name}-{actor.service}-migrate"
    if apart.container(stack, actor.service, name) is None:
        apart.start(stack, actor.service, actor.migrate, name)
    found = apart.ended(stack, clock, actor.service, name, limit_s=actor.limit_s)
    if found is None or found.state == "running":
        return f"its migration did not end within {actor.limit_s:.0f} s"
    return f"its migration failed: {_ending(found)}" if found.exit_code else ""


def _ended(clock: Clock, stack: Stack, actor: Actor) -> tuple[Outcome, str]:
    deadline = clock.now() + actor.limit_s
    while True:
        found = _there(stack, actor)
        if found and all(one.state in {"exited", "dead"} for one in found):
            bad = next((one for one in found if one.exit_code), None)
            return ("failed", _ending(bad)) if bad else ("finished", "")
        if clock.now() >= deadline:
            return "failed", f"it did not end within {actor.limit_s:.0f} s"
        clock.sleep(POLL_S)


def _serves(clock: Clock, stack: Stack, actor: Actor) -> tuple[Outcome, str]:
    deadline, lost, watch = clock.now() + actor.limit_s, 0, Watch(clock)
    while True:
        found = _there(stack, actor)
        if found and all(watch.is_steady(one) for one in found):
            return ("healthy" if all(one.health == "healthy" for one in found) else "running"), ""
        bad = next((one for one in found if one.health == "unhealthy" or one.state in _GONE), None)
        lost = lost + 1 if bad else 0
        if bad and lost > LOST_POLLS:
            return "failed", _ending(bad) if bad.state in _GONE else "unhealthy"
        if clock.now() >= deadline:
            state = f"{found[0].state}, {found[0].health}" if found else "not there"
            return "failed", f"not healthy within {actor.limit_s:.0f} s ({state})"
        clock.sleep(POLL_S)


def still_serves(stack: Stack, part: Part) -> Part:
    """How a service that came up is doing now: what fails on a new schema often fails a little later."""
    found = [one for one in stack.containers(part.service) if not one.one_off]
    bad = next((one for one in found if not one.is_serving), None)
    if not part.is_good or part.job or (found and bad is None):
        return part
    said = "gone" if bad is None else _ending(bad) if bad.state in _GONE else f"{bad.state}, {bad.health}"
    return Part(part.service, part.job, "failed", part.seconds, said)


def _there(stack: Stack, actor: Actor) -> list[Container]:
    return [one for one in stack.containers(actor.service) if not one.one_off]


def _ending(one: Container) -> str:
    if one.exit_code == _KILLED:
        return "killed (exit code 137); [rehearse] memory_mb may be too small for it"
    return f"exit code {one.exit_code}" if one.state != "restarting" else "it ends again and again"
