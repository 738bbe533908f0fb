"""The probe alongside a run: started before its first step, ended after its last; it never makes a run fail."""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.domain.plain import printable
from avnwizard.domain.probing import (
    LOST,
    Answer,
    Outcome,
    PresenceLog,
    ProbePlan,
    Route,
    Tally,
    judge,
    numbers,
    words,
)
from avnwizard.domain.probing.histogram import Histogram
from avnwizard.domain.probing.tally import MEDIAN, TAIL
from avnwizard.domain.traefik.holding import is_held
from avnwizard.engine.feed import Event, FeedWriter
from avnwizard.errors import WizardError
from avnwizard.flows.edge.baseline import learn
from avnwizard.flows.edge.memory import NAME, ProbeMemory, dump, load
from avnwizard.flows.edge.presence import PresenceWatch
from avnwizard.flows.host import Host

if TYPE_CHECKING:
    from avnwizard.ports import ProbeRun

_TELL_S = 1.0
_NOTE_CHARS = 600
_KEEP_EVERY = 3
"""Of the times that numbers are reported, every third is kept: what a crash of the machine may cost."""
_BLIND = "the engine did not always say which containers serve; a service that was away then may count as answering"


@contextmanager
def watched(
    host: Host, plan: ProbePlan, feed: FeedWriter, folder: Path, source: Path, *, during: str = ""
) -> Iterator[None]:
    """Probe while the body runs; whatever goes wrong with the probe is said, and no more.

    Args:
        during: the step that changes nothing at the edge: who answers there may be learned while it is under way, and
            is known before any other step begins.
        folder: the run's, where the counts are kept.
        source: the folder of the run that is undone, else the same: there lies what was learned at first.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="edge baseline") as pool:
        begun = pool.submit(_begun, host, plan, feed, folder, source)

        def known(event: Event) -> None:
            if event.kind == "step" and event.step != during:
                begun.result()

        if during:
            feed.listen(known)
        else:
            begun.result()
        try:
            yield
        finally:
            if watch := begun.result():
                watch.end()


def _begun(host: Host, plan: ProbePlan, feed: FeedWriter, folder: Path, source: Path) -> "EdgeWatch | None":
    if plan.off:
        feed.emit("say", "", f"the edge is not probed: {plan.off}")
        return None
    try:
        memory = load(host.files, folder) or ProbeMemory()
        first = load(host.files, source) if source != folder else None
        if not memory.identities:
            memory.identities = dict(first.identities) if first and first.identities else learn(host, plan.routes)
        return EdgeWatch(host, plan, feed, folder, memory)
    except Exception as error:  # noqa: BLE001 - a run is not stopped because nobody can measure it
        told = error.message if isinstance(error, WizardError) else type(error).__name__
        feed.emit("say", "", f"the edge is not probed: {printable(told, limit=200)}; the run goes on")
        return None


class EdgeWatch:
    """Counts what the probe settles, reports it once a second, keeps it every few."""

    def __init__(self, host: Host, plan: ProbePlan, feed: FeedWriter, folder: Path, memory: ProbeMemory) -> None:
        self._host, self._plan, self._feed, self._folder, self._memory = host, plan, feed, folder, memory
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._waiting: deque[tuple[Route, Outcome, float, float]] = deque()
        self._log, self._was_blind = PresenceLog(), False
        self._second, self._second_lost = Histogram(), 0
        self._told = self._alike = 0
        host.files.write(folder / NAME, dump(memory))
        routes = memory.answering(plan.routes)
        for route in routes:
            memory.tallies.setdefault(route.name, Tally())
            memory.services[route.name] = route.service
        self._say_what(routes)
        self._run: ProbeRun | None = None
        if routes:
            self._run = host.probe().start(routes, rate=plan.rate, settled=self._settled)
            self._presence = PresenceWatch(host, self._run.now, self._looked)
            feed.listen(self._focus)
            self._thread = threading.Thread(target=self._tell_on, name="edge watch", daemon=True)
            self._thread.start()

    def _say_what(self, routes: tuple[Route, ...]) -> None:
        memory = self._memory
        say = f"probing {len(routes)} routes through the edge, {self._plan.rate:g} requests a second"
        notes = [
            f"{route.name} did not answer before the run; it is not probed"
            for route in self._plan.routes
            if route not in routes
        ]
        alike = {one.name: one.next for one in routes if memory.is_alike(one)}
        self._alike = len(alike)
        notes += words.alike(alike)
        for note in notes:
            if note not in memory.notes:
                memory.notes.append(note)
        for text in [say, *notes]:
            self._feed.emit("say", "", printable(text, limit=_NOTE_CHARS))

    def _focus(self, event: Event) -> None:
        """Look closer at the service whose step begins."""
        if event.kind == "step" and self._run:
            self._run.focus(str(event.data.get("service", "")))

    def _settled(self, route: Route, outcome: Outcome, due_s: float, ended_s: float) -> None:
        """Keep it until it is known whether its service was there all the while."""
        with self._lock:
            self._waiting.append((route, outcome, due_s, ended_s))

    def _looked(self, began_s: float, ended_s: float, serving: frozenset[str] | None) -> None:
        """Count what ended before this look at the containers."""
        with self._lock:
            self._log.add(began_s, ended_s, serving)
            self._was_blind |= serving is None
            while self._waiting and self._waiting[0][-1] <= began_s:
                self._count(*self._waiting.popleft())

    def _count(self, route: Route, outcome: Outcome, due_s: float, ended_s: float) -> None:
        presence = self._log.presence(route.services, due_s, ended_s)
        verdict = judge(outcome, self._memory.identities[route.name], route, presence)
        held = isinstance(outcome, Answer) and is_held(outcome.headers)
        self._memory.tallies[route.name].count(verdict, due_s=due_s, ended_s=ended_s, held=held)
        if verdict in LOST:
            self._second_lost += 1
        elif verdict != "excused":
            self._second.add((ended_s - due_s) * 1000)

    def _tell_on(self) -> None:
        while not self._stop.wait(_TELL_S):
            try:
                self._tell()
            except Exception as error:  # noqa: BLE001 - as above
                self._feed.emit("say", "", f"the edge probe cannot tell its counts: {type(error).__name__}")
                return
            if self._run and self._run.problem:
                self._note(f"the edge probe broke off ({self._run.problem}); the run goes on without it")
                return

    def _note(self, text: str) -> None:
        self._memory.notes.append(text)
        self._feed.emit("say", "", text)

    def _tell(self) -> None:
        assert self._run is not None
        with self._lock:
            second, lost = self._second, self._second_lost
            self._second, self._second_lost = Histogram(), 0
            total = numbers(self._memory.total)
            kept = dump(self._memory) if self._told % _KEEP_EVERY == 0 else b""
        self._told += 1
        if kept:
            self._host.files.write(self._folder / NAME, kept)
        latest = {
            "answered": sum(second.counts.values()),
            "lost": lost,
            "p50_ms": round(second.percentile(MEDIAN), 1),
            "p99_ms": round(second.percentile(TAIL), 1),
        }
        self._feed.emit("measure", "", **total, rate=self._plan.rate, alike=self._alike, second=latest)

    def end(self) -> None:
        """Send no more, wait for what is under way, tell the last numbers and keep them."""
        if not self._run:
            return
        try:
            self._stop.set()
            self._thread.join(10.0)
            self._run.stop()
            self._presence.stop()
            with self._lock:
                while self._waiting:
                    self._count(*self._waiting.popleft())
            if self._was_blind:
                self._note(_BLIND)
            self._told = 0
            self._tell()
        except Exception as error:  # noqa: BLE001 - as above
            self._note(f"the edge probe ended badly: {type(error).__name__}")
