"""The practice host's edge behind the port `EdgeProbe`: what Traefik would answer, from the containers' records.

Nothing is sent. Each request is judged for the moment at which it was due, by the containers that served then: the
edge refuses while Traefik itself is away, follows the labels of those that serve at the entrypoint that is asked,
hands a request whose router is gone to the next rule there, and says 404 where none is left. So a service that is
recreated loses requests for as long as it is away, and one that is surged loses none. A container without a health
check is routed to from its start, and a program that is not up yet is a 502; a director holds requests on the
containers that it names. Traefik's own delay in learning of a death is not played.
"""

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.probing import Answer, Outcome, Route
from avnwizard.domain.probing.schedule import Schedule
from avnwizard.domain.traefik.entrypoints import Entrypoint, entrypoints
from avnwizard.domain.traefik.precedence import Router, answering, listening
from avnwizard.domain.traefik.routes import routers
from avnwizard.domain.traefik.rules import Request
from avnwizard.errors import WizardError
from avnwizard.practice.containers import Pace, Record, condition, has_booted
from avnwizard.practice.observation import Observer
from avnwizard.practice.pace import pace
from avnwizard.practice.state import State
from avnwizard.practice.traefik import LAG_S, directions_since

_TRAEFIK = "traefik"
_TICK_S = 0.1
_HEALTH_S = 1.0
"""Health checks are looked at so often, in seconds as they pass on this host."""
_MOST_PER_TICK = 40
"""Judged in one tick; a practice that runs a thousand times faster is probed more sparsely."""
_USUAL_S, _SPREAD_S, _COLD_S, _WARM_AFTER_S = 0.006, 0.35, 0.03, 5.0
"""What a request takes: usual, its spread (of a log-normal), and more from a program that has just started (for so
many practice seconds)."""

Settled = Callable[[Route, Outcome, float, float], None]


class PracticeEdge:
    """`ports.EdgeProbe` on the practice host."""

    def __init__(self, state: State, observer: Observer) -> None:
        self._state, self._observer = state, observer

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        """As of now."""
        with contextlib.suppress(WizardError):
            self._observer.containers()
        sight = Sight(self._observer, self._state.speed, time.time())
        return tuple(sight.outcome(route, time.time())[0] for route in routes)

    def start(self, routes: Sequence[Route], *, rate: float, settled: Settled) -> "PracticeProbeRun":
        """Begin to probe."""
        return PracticeProbeRun(self._state, self._observer, Schedule(routes, rate), settled)


@dataclass(frozen=True)
class Known:
    """What follows from a container's configuration alone, by its id: it stays, however often one looks."""

    routers: dict[str, tuple[Router, ...]] = field(default_factory=dict)
    doors: dict[str, tuple[Entrypoint, ...]] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)


class Sight:
    """The containers as they were in the last moments.

    Args:
        known: what earlier sights of the same host found out; added to.
    """

    def __init__(self, observer: Observer, speed: float, since: float, known: Known | None = None) -> None:
        self._observer, self._speed, self._known = observer, speed, known or Known()
        self._records = observer.store.seen_since(since)
        self._directions = directions_since(observer.state, since - LAG_S / speed)

    def outcome(self, route: Route, at: float) -> tuple[Outcome, float]:
        """What a request of that moment came to, and how long the program that answered had been up (practice s)."""
        serving = [record for record in self._records if self._serves(record, at)]
        door = self._door(next((one for one in serving if one.service == _TRAEFIK), None), route)
        if door is None:
            return "refused", 0.0
        every = {router.name: router for record in serving for router in self._of(record)}
        here = listening(every.values(), door, tls=route.tls)
        router = answering(here, Request(route.host, route.path))
        if router is None:
            return Answer(404, {"content-type": "text/plain; charset=utf-8"}, b"404 page not found\n"), 0.0
        mine = [one for one in serving if one.service == router.service]
        record = max(self._steered(router.service, mine, at), key=lambda one: one.started_at or 0.0)
        if not has_booted(record, self._pace(record), at):
            return Answer(502, {"content-type": "text/plain; charset=utf-8"}, b"Bad Gateway"), 0.0
        body = {"service": record.service, "version": record.image.rpartition(":")[2], "path": route.path}
        answer = Answer(200, {"content-type": "application/json"}, json.dumps(body).encode())
        return answer, (at - (record.started_at or at)) * self._speed

    def _steered(self, service: str, serving: Sequence[Record], at: float) -> Sequence[Record]:
        """Those of a service's containers that its topmost directors name; all where none does."""
        lag_s = LAG_S / self._speed
        known = [
            one
            for one in self._directions
            if one.service == service and one.at + lag_s <= at and (one.until is None or at < one.until + lag_s)
        ]
        top = max((one.lift for one in known), default=0)
        named = [one for one in serving if one.id in {each.target for each in known if each.lift == top}]
        return named or serving

    def _serves(self, record: Record, at: float) -> bool:
        if record.created_at > at or (record.started_at or at) > at:
            return False
        state, health, _ = condition(record, self._pace(record), at, self._observer.last_verdict(record))
        return state == "running" and health in {"none", "healthy"}

    def _pace(self, record: Record) -> Pace:
        paces = self._known.paces
        if record.id not in paces:
            paces[record.id] = pace(record.service, record.config, self._speed)
        return paces[record.id]

    def _of(self, record: Record) -> tuple[Router, ...]:
        found = self._known.routers
        if record.id not in found:
            found[record.id] = routers(_alone(record))
        return found[record.id]

    def _door(self, traefik: Record | None, route: Route) -> Entrypoint | None:
        """The entrypoint at which a route asks; None where nobody listens."""
        if traefik is None:
            return None
        doors = self._known.doors
        if traefik.id not in doors:
            doors[traefik.id] = entrypoints(_alone(traefik), _TRAEFIK)
        place = (route.address, route.port)
        return next((door for door in doors[traefik.id] if (door.address, door.port) == place), None)


def _alone(record: Record) -> ComposeModel:
    return model_from_config({"services": {record.service: record.config}})


class PracticeProbeRun:
    """Catches up with the schedule ten times a second, on a thread of its own.

    Its clock is the wall's, as that of the run alongside it; a practice that is N times faster has N times as many
    requests due in a second.
    """

    def __init__(self, state: State, observer: Observer, schedule: Schedule, settled: Settled) -> None:
        self._state, self._observer, self._schedule, self._settled = state, observer, schedule, settled
        self._speed, self._known = state.speed, Known()
        self._stop = threading.Event()
        self._chance = random.Random(schedule.rate)  # noqa: S311 - latencies of a practice are no secret
        self._looked = 0.0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="practice edge probe", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str:
        """Why it ended by itself, "" while it has not."""
        return self._problem

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def focus(self, service: str) -> None:
        """Ask this service's routes more often; "" for all alike."""
        self._schedule.focus(service)

    def stop(self) -> None:
        """Judge no more."""
        self._stop.set()
        self._thread.join(10.0)

    def _run(self) -> None:
        until = time.time()
        try:
            while not self._stop.wait(_TICK_S):
                until = self._judge(until, time.time())
            self._judge(until, time.time())
        except Exception as error:  # noqa: BLE001 - the run goes on without a probe, and says so
            self._problem = type(error).__name__

    def _judge(self, since: float, until: float) -> float:
        """Judge what was due in between; the end of the time that was judged."""
        if until - self._looked >= _HEALTH_S:
            self._looked = until
            with contextlib.suppress(WizardError):
                self._observer.containers()
        sight = Sight(self._observer, self._speed, since, self._known)
        step_s = max(1 / (self._schedule.rate * self._speed), (until - since) / _MOST_PER_TICK)
        due = since + step_s
        while due <= until:
            self._one(sight, self._schedule.next(), due)
            due += step_s
        return due - step_s

    def _one(self, sight: Sight, route: Route, due: float) -> None:
        outcome, up_s = sight.outcome(route, due)
        takes_s = _USUAL_S * self._chance.lognormvariate(0, _SPREAD_S)
        if isinstance(outcome, Answer) and 0 < up_s < _WARM_AFTER_S:
            takes_s += _COLD_S
        self._settled(route, outcome, due, due + takes_s)
