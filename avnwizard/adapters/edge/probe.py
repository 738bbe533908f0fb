"""An open-loop prober: one thread, one event loop; it sends when the schedule says, whatever comes back."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from avnwizard.adapters.docker.reach import LOOPBACK
from avnwizard.adapters.edge.connection_pool import KeptConnections
from avnwizard.adapters.edge.request import TIMEOUT_S, get
from avnwizard.domain.probing import Outcome, Route
from avnwizard.domain.probing.schedule import Schedule

_LATE_S = 2.0
"""A process that was held longer than that (a suspended machine) does not send what it missed."""


class HttpProbe:
    """`ports.EdgeProbe` over HTTP.

    Args:
        hold_s: for how much longer than usual an answer may take during a run: requests may be held.
        at: the machine on which the edge listens, where that is another one; what would be asked on this host's
            loopback is asked there.
    """

    def __init__(self, *, hold_s: float = 0.0, at: str = "") -> None:
        self._at = at
        self._limit_s = TIMEOUT_S + 2 * hold_s  # Traefik counts tries, and a name that is not there takes its time

    def ask(self, routes: Sequence[Route]) -> tuple[Outcome, ...]:
        """One GET each, all at once; as long as the slowest, at most 5 s."""

        async def every() -> list[Outcome]:
            return list(await asyncio.gather(*(get(self._there(route)) for route in routes)))

        return tuple(asyncio.run(every()))

    def start(
        self, routes: Sequence[Route], *, rate: float, settled: Callable[[Route, Outcome, float, float], None]
    ) -> "HttpProbeRun":
        """Begin to probe."""
        return HttpProbeRun(Schedule(routes, rate), settled, limit_s=self._limit_s, there=self._there)

    def _there(self, route: Route) -> Route:
        return replace(route, address=self._at) if self._at and route.address == LOOPBACK else route


class HttpProbeRun:
    """A probe under way, on a thread of its own."""

    def __init__(
        self,
        schedule: Schedule,
        settled: Callable[[Route, Outcome, float, float], None],
        *,
        limit_s: float = TIMEOUT_S,
        there: Callable[[Route], Route] = lambda route: route,
    ) -> None:
        self._schedule, self._settled, self._limit_s, self._there = schedule, settled, limit_s, there
        self._most = int(schedule.rate * limit_s * 2) + 8
        """Under way at once: twice what the schedule can pile up before the first of them times out."""
        self._stop = threading.Event()
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="edge probe", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str:
        """Why it ended by itself, "" while it has not."""
        return self._problem

    def now(self) -> float:
        """The clock of its times."""
        return time.monotonic()

    def focus(self, service: str) -> None:
        """Ask this service's routes more often; "" for all alike."""
        self._schedule.focus(service)

    def stop(self) -> None:
        """Send no more, and wait for what is under way: at most the time-out of a request."""
        self._stop.set()
        self._thread.join(self._limit_s + _LATE_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._pace())
        except Exception as error:  # noqa: BLE001 - the run goes on without a probe, and says so
            self._problem = type(error).__name__

    async def _pace(self) -> None:
        kept = KeptConnections()
        try:
            await self._send_on(kept)
        finally:
            kept.close()

    async def _send_on(self, kept: KeptConnections) -> None:
        under_way: set[asyncio.Task[None]] = set()
        due, step_s = time.monotonic(), 1.0 / self._schedule.rate
        while not self._stop.is_set():
            due += step_s
            wait_s = due - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            elif wait_s < -_LATE_S:
                due = time.monotonic()
            if len(under_way) < self._most:
                task = asyncio.create_task(self._send(self._schedule.next(), due, kept))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        if under_way:
            await asyncio.wait(under_way, timeout=self._limit_s)

    async def _send(self, route: Route, due: float, kept: KeptConnections) -> None:
        outcome = await get(self._there(route), kept=kept, timeout_s=self._limit_s)
        self._settled(route, outcome, due, time.monotonic())
