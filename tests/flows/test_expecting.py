"""Expected times: guesses said to be guesses, and after a run what that run took."""

from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.plan import Plan, from_json, to_json
from avnwizard.domain.spans import away, away_told, in_all
from avnwizard.engine.journal import Journal
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.expecting import expected, kinds_of, shared
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.planned import PlannedStep
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@pytest.fixture
def plan(practice_host: PracticeHost) -> Plan:
    """A plan of a stack on which nothing ran yet."""
    host = open_host(practice_host.project.directory)
    host.repo.fetch()
    draft = inputs.draft(host, "v2.0.0")
    return prepare(host, draft, Answers().accepting(draft.decisions(Answers()))).plan


def _ran(journal: Journal, plan: Plan, took_s: dict[str, float], *, state: str = "done") -> None:
    run = f"run-{len(journal.runs())}"
    journal.create_run(run, kind="upgrade", title="t", plan=to_json(plan), steps=plan.steps)
    for name, seconds in took_s.items():
        journal._db.execute(
            "UPDATE steps SET state='done', started_at=1000, finished_at=? WHERE run=? AND name=?",
            (1000 + seconds, run, name),
        )
    journal._db.execute("UPDATE runs SET state=? WHERE id=?", (state, run))


def _seconds(plan: Plan) -> dict[str, float]:
    return {step.name: step.seconds for step in plan.steps}


def test_a_guess_is_said_to_be_one(plan: Plan) -> None:
    """Nothing ran here: every step has a time, and the plan says that it is a guess."""
    assert all(step.seconds > 0 for step in plan.steps)
    assert "a guess" in in_all(plan)
    assert from_json(to_json(plan)) == plan
    names = {service for service, _ in away(plan)}
    assert names == {part.service for part in plan.services if part.strategy == "recreate"}
    assert all(name in away_told(plan) for name in names)


def test_what_was_measured_is_believed(plan: Plan, tmp_path: Path) -> None:
    """The median of earlier runs, by step, else by kind; the snapshot by its bytes; runs that failed do not count."""
    journal = Journal(tmp_path / "journal.db")
    plan = replace(plan, steps=tuple(replace(step, wave=0) for step in plan.steps))
    assert expected(plan, journal).times_from == plan.times_from
    surges = [name for name, kind in kinds_of(plan).items() if kind == "surge"]
    for took in (10.0, 12.0, 90.0):
        _ran(journal, plan, {surges[0]: took, "snapshot": 8.0})
    _ran(journal, plan, {surges[0]: 5000.0}, state="failed")
    bigger = replace(
        plan, snapshot=replace(plan.snapshot, databases=tuple((n, 2 * s) for n, s in plan.snapshot.databases))
    )
    found = expected(bigger, journal)
    assert "3 earlier runs" in found.times_from
    assert _seconds(found)[surges[0]] == 12.0
    assert _seconds(found)[surges[1]] == 12.0
    assert _seconds(found)["snapshot"] == pytest.approx(16.0)
    assert _seconds(found)["pull"] == _seconds(plan)["pull"], "what never ran is still a guess"


def test_a_wave_takes_as_long_as_its_longest_step(plan: Plan) -> None:
    """Each step has its share, so that the sum is what the run takes; who is recreated is away for all of it."""
    alone = PlannedStep("verify", "v", seconds=7.0)
    wave = [PlannedStep(f"roll:{n}", n, seconds=seconds, wave=1) for n, seconds in (("a", 10.0), ("b", 40.0))]
    found = shared([*wave, alone, replace(wave[0], wave=2)])
    assert [step.seconds for step in found] == [20.0, 20.0, 7.0, 10.0]
    part = replace(plan.services[0], service="a", strategy="recreate")
    assert away(replace(plan, services=(part,), steps=found[:3])) == [("a", 40.0)]


def test_a_plan_of_another_version_in_the_journal_is_passed_over(plan: Plan, tmp_path: Path) -> None:
    """Its times are not known; nothing breaks."""
    journal = Journal(tmp_path / "journal.db")
    journal.create_run("old", kind="upgrade", title="t", plan="{}", steps=[PlannedStep("snapshot", "s")])
    journal._db.execute("UPDATE runs SET state='done'")
    assert "guess" in expected(plan, journal).times_from
