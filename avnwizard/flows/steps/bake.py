"""Watch the new release for a while: what runs at the first look may restart or slow down a little later."""

import time
from collections.abc import Sequence
from dataclasses import replace

from avnwizard.domain.bake import Baked, Requests, error_lines, in_words, trouble
from avnwizard.domain.host import Container
from avnwizard.domain.words import about
from avnwizard.engine.feed import Event, FeedReader
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.planned import PlannedStep, StepKind

NAME, SEEN = "bake", "seen"
ERRORS = "errors"
"""A fact of a roll's step: how many lines at error level its old containers logged, in as much time as is watched."""
_POLL_S = 3.0
_LINES = 2000


class Bake(Step):
    """Look at containers, logs and the edge until the bake time is over; what is seen does not fail the run."""

    name = NAME
    title = "Watch the new release"
    kind = StepKind.CHECK
    undone_by = ()

    def __init__(self, scene: StepInputs) -> None:
        self._scene = scene
        self.guess_s = scene.plan.bake_s

    def describe(self) -> PlannedStep:
        """What is looked at, and that it only looks."""
        note = (
            "Restarts, health, failed requests, answer times and error lines are compared with those before the roll."
        )
        return replace(super().describe(), note=note, going_back="as above")

    def probe(self, ctx: StepContext) -> Probe:
        """Looking again is the only way."""
        return Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Look every few seconds, then say what was seen."""
        host, plan = self._scene.host, self._scene.plan
        ctx.say(f"watching for {about(plan.bake_s)}; an abort leaves the release as it is")
        seen, began, logged_from = Baked(), host.clock.now(), time.time()
        first = {one.id: one for one in _serving(host)}
        events_before = len(self._events(ctx))
        while (left_s := began + plan.bake_s - host.clock.now()) > 0:
            ctx.progress(int(plan.bake_s - left_s), int(plan.bake_s), "s", left_s=left_s)
            host.clock.sleep(min(_POLL_S, left_s))
            ctx.checkpoint()
            _look(host, first, seen)
        for one in first.values():
            lines = logged_errors(host, one, since=logged_from)
            seen.errors[one.service] = seen.errors.get(one.service, 0) + lines
        steps = [step.name for step in plan.steps]
        seen.errors_before = {
            name.partition(":")[2]: int(ctx.recall(name).get(ERRORS, 0)) for name in steps if name.startswith("roll:")
        }
        events = self._events(ctx)
        moving = {step.name for step in plan.steps if step.kind.moves}
        moved = next((n for n, one in enumerate(events) if one.kind == "step" and one.step in moving), 0)
        seen.before, seen.requests = (
            requests(events[:moved]),
            requests(events[events_before:], events[:events_before]),
        )
        found = trouble(seen)
        ctx.note(**{SEEN: list(found)})
        for sentence in found or (in_words(seen, plan.bake_s),):
            ctx.say(sentence)

    def _events(self, ctx: StepContext) -> list[Event]:
        return FeedReader(self._scene.host.state.feed(ctx.run)).read()


def logged_errors(host: Host, container: Container, *, since: float) -> int:
    """How many lines at error level a container has logged since a time; 0 where its log cannot be read.

    Args:
        since: seconds since the epoch, by the engine's clock.
    """
    try:
        return error_lines(host.stack.logs(container.id, lines=_LINES, since=since))
    except HostError:
        return 0


def requests(events: Sequence[Event], before: Sequence[Event] = ()) -> Requests:
    """What the probe counted in some events.

    Args:
        before: those ahead of them: their counts are taken off.
    """
    told = [one.data for one in events if one.kind == "measure"]
    if not told:
        return Requests()
    start = next((one.data for one in reversed(before) if one.kind == "measure"), {})
    seconds = [one["second"] for one in told if isinstance(one.get("second"), dict)]
    return Requests(
        int(told[-1].get("sent", 0)) - int(start.get("sent", 0)),
        int(told[-1].get("lost", 0)) - int(start.get("lost", 0)),
        tuple(float(one.get("p50_ms", 0.0)) for one in seconds if one.get("answered")),
    )


def _serving(host: Host) -> list[Container]:
    return [one for one in host.stack.containers() if one.is_serving and not one.one_off]


def _look(host: Host, first: dict[str, Container], seen: Baked) -> None:
    """Compare what runs now with what ran when the watch began."""
    now = {one.id: one for one in host.stack.containers()}
    for name in {one.service for one in first.values()}:
        ours = [one for one in first.values() if one.service == name]
        gone = sum(one.id not in now for one in ours)
        again = sum(max(now[one.id].restarts - one.restarts, 0) for one in ours if one.id in now)
        started = sum(now[one.id].started_at > one.started_at for one in ours if one.id in now)
        if times := gone + max(again, started):
            seen.restarts[name] = times
        for one in ours:
            if one.id in now and not now[one.id].is_serving:
                state = now[one.id]
                seen.ailing[name] = state.health if state.state == "running" else state.state
