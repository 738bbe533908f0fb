"""What the watch of the cost asks while a migration is at work."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.records import StepRecord, StepState
from avnwizard.flows.rollback import cost_watch
from avnwizard.flows.rollback.cost_watch import CostWatch
from avnwizard.flows.rollback.verdict import Verdict
from avnwizard.flows.stack.baseline import Baseline
from avnwizard.planned import StepKind

if TYPE_CHECKING:
    from avnwizard.domain.plan import Plan
    from avnwizard.engine.journal import Journal
    from avnwizard.flows.host import Host

_BEFORE = Verdict(False, "no migration was started and no new code ran")


def _steps(job: StepState) -> list[StepRecord]:
    return [StepRecord("r", 0, "job:migrate", "t", job, 0.0, 0.0, "", {}, StepKind.JOB, "migrate")]


def _plan(*, breaks: bool, image: str) -> "Plan":
    service = SimpleNamespace(service="migrate", image_new=image, wave=0)
    target = SimpleNamespace(tag="v2.0.0")
    found = SimpleNamespace(
        verdict="said", rollback_needs_restore=breaks, services=(service,), target=target, migrations_read=True
    )
    found.has_database, found.snapshot = True, SimpleNamespace(not_held=())
    return cast("Plan", found)


@pytest.mark.parametrize(
    ("breaks", "image", "restore"),
    [(True, "x/migrate:v2.0.0", True), (False, "x/migrate:v2.0.0", False), (False, "oryd/kratos:v26", True)],
)
def test_a_migration_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, breaks: bool, image: str, restore: bool
) -> None:
    """A look at the schema takes locks and can end it by a deadlock: until its end, what was read of it is told."""
    judged: list[str] = []

    def judge(_host: object, _plan: object, begun: list[StepRecord], _base: object) -> Verdict:
        judged.append(begun[0].state if begun else "")
        return _BEFORE

    monkeypatch.setattr(cost_watch, "judge", judge)
    monkeypatch.setattr(cost_watch, "baseline", lambda *_: Baseline(None))
    monkeypatch.setattr(cost_watch, "cost_of", lambda *_, restore, migrating, kept: (restore, migrating, kept))
    watch = CostWatch(cast("Host", None), FeedWriter(tmp_path / "feed"), "r", _plan(breaks=breaks, image=image))
    journal = cast("Journal", None)
    states: tuple[StepState, ...] = ("pending", "started", "started", "done")
    looks: list[object] = [watch._look(journal, _steps(state)) for state in states]
    assert looks == [(False, False, False), (restore, True, False), (restore, True, False), (False, False, False)]
    assert judged == ["", "done"]
