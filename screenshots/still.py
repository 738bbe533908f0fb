"""A practice stack on which nothing varies from one walk to the next: time, sizes, free space, the names of runs."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from avnwizard.adapters.compose_platform import ComposePlatform
from avnwizard.domain.going_back import GoingBack
from avnwizard.domain.host import DatabaseFacts
from avnwizard.domain.instance import Instance
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.flows.host import Host
from avnwizard.ui.run_view import Probe, RunView, Second

NOW = 1_780_000_000.0
FREE_BYTES = 182_000_000_000
RUN = "20260528-202640-7f"
_SIZE_BYTES = {"avnology": 19_000_000, "hydra": 8_400_000, "keto": 12_900_000, "kratos": 22_300_000}
_SMALL_BYTES = 7_400_000
_STEP_S = 4.0
_COST = "going back now: about 40 s down, 3 new sessions lost (since 20:18)"


@dataclass(frozen=True)
class StillClock:
    """Always the same moment; sleeps are real ones."""

    clock: Any

    def now(self) -> float:
        """The moment."""
        return NOW

    def sleep(self, seconds: float) -> None:
        """Wait as the practice does."""
        self.clock.sleep(seconds)


class StillFiles:
    """The host's files, with a fixed free space."""

    def __init__(self, files: Any) -> None:
        self._files = files

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def free_bytes(self, _folder: Path) -> int:
        """As on a disk of its own."""
        return FREE_BYTES


class StillDatabase:
    """The practice database, with fixed sizes."""

    def __init__(self, database: Any) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def databases(self) -> tuple[DatabaseFacts, ...]:
        """Their names are true."""
        found: tuple[DatabaseFacts, ...] = self._database.databases()
        return tuple(replace(one, size_bytes=_SIZE_BYTES.get(one.name, _SMALL_BYTES)) for one in found)


def still(host: Host) -> Host:
    """The host as the app is given it; the process that carries a run opens the real one."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    files: Any = StillFiles(host.files)
    real = host.database
    reach: Any = lambda _service: StillDatabase(real())  # noqa: E731 - typed as the port wants it
    platform = ComposePlatform(host.stack, host.edge, reach)
    roll = replace(host.config.roll, at_once=1)  # whose lines come first is chance else
    config = replace(host.config, roll=roll, verify=replace(host.config.verify, bake_s=0.0))
    return replace(host, config=config, clock=StillClock(host.clock), files=files, platform=platform)


def even_cost(cost: GoingBack) -> GoingBack:
    """A cost with even times; the rows are true."""
    since = NOW - 480.0 if cost.since else 0.0
    seconds = 40.0 if cost.restore else 8.0 if cost.interruption_s >= 1 else 0.0
    return replace(cost, since=since, interruption_s=seconds, total_s=2 * seconds, measured=True)


def at_rest(view: RunView) -> RunView:
    """A run's view with even times, so that it is drawn the same at each walk."""
    began = NOW - _STEP_S * len(view.steps)
    steps = [_even(step, began + number * _STEP_S) for number, step in enumerate(view.steps)]
    ended = began + _STEP_S * view.done_steps
    record = replace(view.record, created_at=began, finished_at=ended if view.record.finished_at else 0.0)
    cost = "" if view.record.undoes else _COST
    probe = _probed(view) if view.probe else None
    instances = tuple(map(_well, view.instances))
    return replace(view, record=record, steps=tuple(steps), instances=instances, probe=probe, cost=cost)


def _probed(view: RunView) -> Probe:
    """As if the run had been measured in even times; the old gateway copes badly with the new schema."""
    past = int(_STEP_S) * view.done_steps
    away = range(80, 97) if past > 90 else range(0)  # noqa: PLR2004 - from the migrations to its own roll, in seconds
    seconds = [Second(20, 0, 11.0 + 9 * (n % 7 == 0) + 30 * (n % 23 == 0)) for n in range(past)]
    seconds = [replace(one, answered=18, lost=2) if n in away else one for n, one in enumerate(seconds)]
    lost = sum(one.lost for one in seconds)
    kinds = (("misrouted", lost),) if lost else ()
    return Probe(20 * past, 20 * past - lost, lost, kinds, 17_400.0 if lost else 18.0, 6.0, 38.0, tuple(seconds))


def _well(one: Instance) -> Instance:
    """How long an old service copes with a new schema is a matter of chance."""
    ill = one.health in {"starting", "unhealthy"}
    return replace(one, health="healthy") if ill and one.state == "running" else one


def _even(step: StepRecord, began: float) -> StepRecord:
    if not step.started_at:
        return step
    return replace(step, started_at=began, finished_at=began + _STEP_S if step.finished_at else 0.0)


class StillSnapshot:
    """What a snapshot holds, with a fixed moment and size."""

    def __init__(self, manifest: Any) -> None:
        self._manifest = manifest
        self.taken_at, self.size_bytes = NOW - 480.0, 6_300_000

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manifest, name)


def even_runs(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Runs, newest first, as if each had begun ten minutes after the one before."""
    return [replace(run, created_at=NOW - 600.0 * number) for number, run in enumerate(runs)]


def even_words(view: RunView) -> RunView:
    """A run's view in which the steps spoke once a second."""
    began = NOW - len(view.log)
    return replace(view, log=tuple(replace(one, at=began + number) for number, one in enumerate(view.log)))


def in_mid_run(view: RunView, step: str) -> RunView:
    """A run's view as it was while a step was at work."""
    at = next(one.index for one in view.steps if one.name == step)
    begun = NOW - _STEP_S / 2
    record = replace(view.record, state="running", finished_at=0.0, message="", hint="")
    resting = at_rest(replace(view, record=record))
    steps = [_moved(one, at, begun + (one.index - at) * _STEP_S) for one in resting.steps]
    said = tuple(one for one in view.log if one.step != step)
    return replace(resting, live=True, began=True, settled=True, steps=tuple(steps), log=said)


def _moved(step: StepRecord, at: int, began: float) -> StepRecord:
    if step.index < at:
        return replace(step, started_at=began, finished_at=began + _STEP_S)
    if step.index == at:
        return replace(step, state="started", started_at=began, finished_at=0.0, message="")
    return replace(step, state="pending", started_at=0.0, finished_at=0.0, message="")
