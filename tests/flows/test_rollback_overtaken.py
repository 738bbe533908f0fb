"""A rollback and the run that it undoes: neither goes on behind the other's back."""

from dataclasses import dataclass

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.engine.records import RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.plan import RollbackPlan
from avnwizard.flows.run import going_back, launch
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@dataclass(frozen=True)
class _Stopped:
    """An upgrade that stopped after its env step."""

    host: Host
    run: str

    def plan(self) -> tuple[RunRecord, RollbackPlan]:
        journal = self.host.journal()
        record = journal.run(self.run)
        return record, going_back.plan_going_back(self.host, journal, record)


@pytest.fixture
def stopped(practice_host: PracticeHost) -> _Stopped:
    """On a practice stack; nothing of it was changed, only the journal says so."""
    host = open_host(practice_host.project.directory)
    assert releases.fetch(host) == ""
    draft = inputs.draft(host, "v2.0.0")
    run = launch.create_upgrade(host, prepare(host, draft, Answers().accepting(draft.decisions(Answers()))))
    journal = host.journal()
    for step in ("checkout", "env"):
        journal.set_step(run, step, "done")
    journal.set_run(run, "failed", pid=1, message="why")
    return _Stopped(host, run)


def test_a_plan_of_before_is_refused(stopped: _Stopped) -> None:
    """Somebody resumed the run while the question was on the screen: migrations may have run since."""
    record, plan = stopped.plan()
    stopped.host.journal().set_run(stopped.run, "failed", pid=2, message="why")
    with pytest.raises(RefusedError, match="moved on since this rollback was planned"):
        launch.create_rollback(stopped.host, record, plan)
    assert len(stopped.host.journal().runs()) == 1
    assert launch.create_rollback(stopped.host, *stopped.plan())


def test_what_was_undone_meanwhile_is_not_undone_again(stopped: _Stopped) -> None:
    """A second restore would set aside what users wrote after the first."""
    record, plan = stopped.plan()
    journal = stopped.host.journal()
    journal.conclude(launch.create_rollback(stopped.host, record, plan), undone=stopped.run)
    with pytest.raises(RefusedError, match="moved on"):
        launch.create_rollback(stopped.host, record, plan)


def test_a_run_that_is_being_rolled_back_does_not_go_on(stopped: _Stopped) -> None:
    """It would run migrations that the rollback's plan does not know of."""
    back = launch.create_rollback(stopped.host, *stopped.plan())
    with pytest.raises(RefusedError, match=f"is being rolled back: {back}"):
        launch.start(stopped.host, stopped.run)
