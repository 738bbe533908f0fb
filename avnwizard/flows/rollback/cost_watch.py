"""Reports, all through a run, what going back would cost at this moment. It never disturbs the run."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from avnwizard.domain.going_back import GoingBack, sentence
from avnwizard.domain.plan import Plan
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import StepRecord
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.verdict import Verdict, cost_of, foreseen, judge
from avnwizard.flows.stack.baseline import Baseline, baseline
from avnwizard.planned import StepKind

LOOK_S = 5.0
"""Each look connects once to every database that would go back; before there is anything to lose, to none."""


@dataclass(frozen=True)
class _Known:
    """What holds until a step changes its state: only then can a schema have moved."""

    states: tuple[tuple[str, str], ...]
    base: Baseline
    verdict: Verdict


class CostWatch:
    """Looks every few seconds and reports to the feed when the answer is another one. Use as a context manager.

    Args:
        run: the run that would be undone.
        plan: its plan.
    """

    def __init__(self, host: Host, feed: FeedWriter, run: str, plan: Plan) -> None:
        self._host, self._feed, self._run, self._plan = host, feed, run, plan
        self._end = threading.Event()
        self._known: _Known | None = None
        self._judged: Verdict | None = None
        self._told = ""
        self._thread = threading.Thread(target=self._watch, name="cost of going back", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        with suppress(WizardError):
            journal = self._host.journal()
            try:
                while not self._end.wait(LOOK_S):
                    self._tell(journal)
                self._tell(journal)
            finally:
                journal.close()

    def _tell(self, journal: Journal) -> None:
        """One look. A database that does not answer now will be asked again."""
        with suppress(WizardError):
            steps = journal.steps(self._run)
            cost = self._look(journal, steps)
            text = sentence(cost, time.time())
            if text != self._told:
                at = next((step.name for step in steps if step.state in {"started", "failed"}), "")
                numbers = {"restore": cost.restore, "rows": cost.written.rows, "seconds": round(cost.interruption_s)}
                self._feed.emit("cost", at, text, **numbers)
                self._told = text

    def _look(self, journal: Journal, steps: list[StepRecord]) -> GoingBack:
        states = tuple((step.name, step.state) for step in steps)
        known, jobs = self._known, _at_work(self._plan, steps)
        if known is None or known.states != states:
            base = baseline(self._host, journal, self._plan, self._run)
            if jobs:
                verdict = foreseen(self._plan, jobs, self._judged)
            else:
                begun = [step for step in steps if step.state != "pending"]
                verdict = self._judged = judge(self._host, self._plan, begun, base)
            known = _Known(states, base, verdict)
            self._known = replace(known, states=()) if jobs else known  # what it notes comes after its start
        return cost_of(
            self._host, self._plan, steps, known.base, known.verdict,
            restore=known.verdict.restore, kept=False, migrating=bool(jobs),
        )  # fmt: skip


def _at_work(plan: Plan, steps: list[StepRecord]) -> tuple[str, ...]:
    """The one-shots at work, and those that began with them, of which nothing was judged since.

    The run that is watched lives, so `started` is no leftover of a crash.
    """
    jobs = [step for step in steps if step.kind is StepKind.JOB and step.state != "pending"]
    waves = {one.service: one.wave for one in plan.services}
    now = {step.service for step in jobs if step.state == "started"}
    met = {waves[service] for service in now if waves.get(service)}
    return tuple(one.service for one in jobs if one.service in now or waves.get(one.service) in met)
