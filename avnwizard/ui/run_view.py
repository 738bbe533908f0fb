"""A run as it is watched: journal and feed folded into one value, pure, the same for every watcher."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from avnwizard.domain import ahead
from avnwizard.domain.instance import Instance
from avnwizard.engine.feed import Event
from avnwizard.engine.records import Action, RunRecord, StepRecord

Phase = Literal["starting", "running", "pausing", "paused", "stopping", "failed", "aborted", "cut off", "done"]
LOG_LINES = 400
PLOT_SECONDS = 240
_ENDED: dict[str, Phase] = {
    "failed": "failed",
    "aborted": "aborted",
    "given up": "failed",
    "done": "done",
    "undone": "done",
}


@dataclass(frozen=True)
class Progress:
    """How far a step is; `total` and the seconds left are None where nobody knows."""

    done: float
    total: float | None
    unit: str
    left_s: float | None = None


@dataclass(frozen=True)
class Said:
    """One line that a step said; `at` is in seconds since the epoch."""

    step: str
    text: str
    at: float = 0.0


@dataclass(frozen=True)
class Second:
    """One second of the edge probe; `p99_ms` is 0.0 where nothing was answered."""

    answered: int
    lost: int
    p99_ms: float


@dataclass(frozen=True)
class Probe:
    """The edge probe's numbers so far, and its last seconds.

    Attributes:
        turned: answers that were not as before the run; they are among the answered.
        alike: routes whose answers cannot be distinguished from another service's.
    """

    sent: int = 0
    answered: int = 0
    lost: int = 0
    kinds: tuple[tuple[str, int], ...] = ()
    gap_ms: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    seconds: tuple[Second, ...] = ()
    alike: int = 0
    turned: int = 0


@dataclass(frozen=True)
class RunNews:
    """What a look at journal, feed and lock found.

    Attributes:
        live: whether a process carries the run now.
        events: what the feed has since the look before.
        asked: controls that the run has not taken yet.
        instances: None where the platform was not asked, or did not answer.
        expected: step name -> seconds that it is expected to take, where somebody knows.
    """

    record: RunRecord
    steps: tuple[StepRecord, ...]
    live: bool
    events: tuple[Event, ...] = ()
    asked: frozenset[Action] = frozenset()
    instances: tuple[Instance, ...] | None = None
    expected: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RunView:
    """All that the screen of a run shows.

    Attributes:
        settled: whether the process has had time to take the lock; before that, not live means starting.
        cost: what going back would cost now, as the run reported it last; "" before it did.
        canary: how the canary fares, in a line; "" where none goes along.
        canary_ails: whether anything that it tried failed.
        began: whether it was seen at work; before that, an end in the journal is the one of an earlier attempt.
    """

    record: RunRecord
    steps: tuple[StepRecord, ...] = ()
    live: bool = False
    settled: bool = False
    began: bool = False
    asked: frozenset[Action] = frozenset()
    log: tuple[Said, ...] = ()
    progress: Mapping[str, Progress] = field(default_factory=dict)
    probe: Probe | None = None
    cost: str = ""
    canary: str = ""
    canary_ails: bool = False
    instances: tuple[Instance, ...] = ()
    expected: Mapping[str, float] = field(default_factory=dict)

    def told(self, news: RunNews, *, settled: bool) -> "RunView":
        """The view after a look."""
        view = replace(
            self,
            record=news.record,
            steps=news.steps,
            live=news.live,
            settled=settled or self.settled or news.live,
            began=self.began or (news.live and news.record.state in {"running", "paused"}),
            asked=news.asked,
            instances=self.instances if news.instances is None else news.instances,
            expected=news.expected or self.expected,
        )
        for event in news.events:
            view = _heard(view, event)
        return view

    @property
    def phase(self) -> Phase:
        """The one word for how it stands."""
        state = self.record.state
        if state in _ENDED and (self.began or not self.live):
            return _ENDED[state]
        if not self.live:
            return "cut off" if self.settled else "starting"
        if "abort" in self.asked:
            return "stopping"
        if state == "paused":
            return "paused"
        return "pausing" if "pause" in self.asked else "running" if state == "running" else "starting"

    @property
    def stopped(self) -> bool:
        """Whether it waits for the operator to decide how to go on."""
        return self.phase in {"failed", "aborted", "cut off"}

    @property
    def over(self) -> bool:
        """Whether it reached its end and its process is gone: only then are the last counts and the report there."""
        return self.phase == "done" and not self.live

    @property
    def at(self) -> StepRecord | None:
        """The step at work, or the one that stopped it; else the next."""
        for states in ({"started", "failed"}, {"pending"}):
            for step in self.steps:
                if step.state in states:
                    return step
        return None

    @property
    def done_steps(self) -> int:
        """How many steps are done."""
        return sum(step.state == "done" for step in self.steps)

    def said_by(self, step: str) -> tuple[str, ...]:
        """The lines of one step."""
        return tuple(one.text for one in self.log if one.step == step)

    def elapsed(self, now: float) -> float:
        """Seconds of work: what its steps took, without the time in which the run stood still."""
        return sum(self._took(now))

    def _took(self, now: float) -> list[float]:
        """Of each step; of one that was cut off nobody knows how long it worked."""
        return ahead.shares([self._span(step, now) for step in self.steps])

    def _span(self, step: StepRecord, now: float) -> tuple[float, float]:
        if step.state == "pending" or not step.started_at:
            return 0.0, 0.0
        return step.started_at, step.finished_at if step.state != "started" else now if self.live else 0.0

    def legs(self, now: float) -> tuple[ahead.Leg, ...]:
        """The steps as far as their time matters."""
        return tuple(self._leg(step, took) for step, took in zip(self.steps, self._took(now), strict=True))

    def _leg(self, step: StepRecord, took: float) -> ahead.Leg:
        expected = self.expected.get(step.name, 0.0)
        if step.state == "done":
            return ahead.Leg("done", expected, took)
        if step.state != "started" or not self.live:
            return ahead.Leg("ahead", expected)
        made = self.progress.get(step.name)
        return ahead.Leg("at work", expected, took, made.left_s if made else None)


def _heard(view: RunView, event: Event) -> RunView:
    if event.kind == "say":
        return replace(view, log=(*view.log, Said(event.step, event.text, event.at))[-LOG_LINES:])
    if event.kind == "progress":
        data = event.data
        made = Progress(
            _number(data.get("done")), _maybe(data.get("total")), str(data.get("unit")), _maybe(data.get("left_s"))
        )
        return replace(view, progress={**view.progress, event.step: made})
    if event.kind == "cost":
        return replace(view, cost=event.text)
    if event.kind == "canary":
        return replace(view, canary=event.text, canary_ails=_number(event.data.get("failed")) > 0)
    if event.kind == "measure":
        return replace(view, probe=_probed(view.probe or Probe(), event.data))
    return view


def _probed(probe: Probe, data: Mapping[str, Any]) -> Probe:
    kinds, second, turned = data.get("kinds"), data.get("second"), data.get("turned")
    latest: Mapping[str, Any] = second if isinstance(second, dict) else {}
    more = Second(
        int(_number(latest.get("answered"))), int(_number(latest.get("lost"))), _number(latest.get("p99_ms"))
    )
    return Probe(
        sent=int(_number(data.get("sent"))),
        answered=int(_number(data.get("answered"))),
        lost=int(_number(data.get("lost"))),
        turned=int(sum(map(_number, turned.values()))) if isinstance(turned, dict) else 0,
        kinds=tuple((str(name), int(_number(count))) for name, count in kinds.items())
        if isinstance(kinds, dict)
        else (),
        gap_ms=_number(data.get("longest_gap_ms")),
        p50_ms=_number(data.get("p50_ms")),
        p99_ms=_number(data.get("p99_ms")),
        alike=int(_number(data.get("alike"))),
        seconds=(*probe.seconds, more)[-PLOT_SECONDS:],
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _maybe(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
