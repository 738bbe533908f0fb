"""Migrations that run at the same time: each is told what happened in its own database, and to no other's."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from avnwizard.domain.plan import Plan, from_json
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.step import StepContext
from avnwizard.engine.wave import Wave
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.cost_watch import _at_work
from avnwizard.flows.stack.baseline import baseline, look_after_job, look_before_job
from avnwizard.planned import PlannedStep, StepKind
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard
from tests.flows.test_going_back import execute

_OWN = {"kratos": ("kratos",), "hydra": ("hydra",)}


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack."""
    return open_host(practice_host.project.directory)


@pytest.fixture
def plan(practice_host: PracticeHost, tmp_path: Path) -> Plan:
    """The major upgrade, with four migrations."""
    checkout = practice_host.project.directory
    answers = answer_all(checkout, "v2.0.0", tmp_path / "answers.toml")
    said = avnwizard("plan", "--to", "v2.0.0", "--stack", checkout, "--answers", answers, "--json")
    assert said.code == 0, said.err
    return from_json(said.out)


def test_the_plan_of_a_release(plan: Plan) -> None:
    """What no other works on runs together; what breaks the old code begins when the others have ended."""
    jobs = {one.service: one for one in plan.services if one.strategy == "job"}
    assert {name: one.databases for name, one in jobs.items() if one.wave} == {
        f"{name}-migrate": (name,) for name in ("kratos", "hydra", "keto")
    }
    assert len({one.wave for one in jobs.values()}) == 2
    steps = [step for step in plan.steps if step.kind is StepKind.JOB]
    assert "At the same time as" in steps[0].note
    assert steps[-1].service == "avnology-migrate"
    assert "At the same time as" not in steps[-1].note


class _Jobs:
    """Both as steps of one run."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host, self.journal, self._feed = host, Journal(folder / "journal.db"), FeedWriter(folder / "feed")
        steps = [
            PlannedStep(f"job:{name}-migrate", "Run it", kind=StepKind.JOB, service=f"{name}-migrate")
            for name in _OWN
        ]
        self.journal.create_run("run", kind="upgrade", title="t", plan="{}", steps=steps)
        self.begun: set[str] = set()

    def before(self, *names: str) -> None:
        """These begin together."""
        wave = Wave(f"job:{name}-migrate" for name in names)
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(lambda name: self._before(name, wave), names))

    def _before(self, name: str, wave: Wave) -> None:
        alongside = [database for other, found in _OWN.items() if other != name for database in found]
        look_before_job(self._ctx(name, wave), self.host, _OWN[name], alongside)
        self.journal.set_step("run", f"job:{name}-migrate", "started")

    def after(self, name: str) -> None:
        """It has ended."""
        look_after_job(self._ctx(name, None), self.host)
        self.journal.set_step("run", f"job:{name}-migrate", "done")

    def _ctx(self, name: str, wave: Wave | None) -> StepContext:
        return StepContext(self.journal, self._feed, "run", f"job:{name}-migrate", wave=wave)

    def seen(self, plan: Plan) -> dict[str, tuple[list[str], dict[str, int]]]:
        """Service -> (databases whose schema it moved, database -> rows written)."""
        return {
            job.service.removesuffix("-migrate"): (
                sorted(job.moved),
                {name: found.rows for name, found in (job.wrote or {}).items() if found.rows},
            )
            for job in baseline(self.host, self.journal, plan, "run").jobs
        }

    def at_work(self, plan: Plan) -> Sequence[str]:
        """Whose work is not judged yet."""
        return _at_work(plan, self.journal.steps("run"))


def test_each_has_its_own(host: Host, plan: Plan, practice_host: PracticeHost, tmp_path: Path) -> None:
    """Rows and schemas, whichever ends first; a row is counted once."""
    jobs, before = _Jobs(host, tmp_path), host.database().fingerprint("kratos")
    jobs.before("kratos", "hydra")
    execute(practice_host, "kratos", "ALTER TABLE sessions ADD COLUMN late int", "UPDATE sessions SET late = 1")
    jobs.after("hydra")
    assert set(jobs.at_work(plan)) == {"kratos-migrate", "hydra-migrate"}, "nobody has judged what hydra's did"
    jobs.after("kratos")
    assert jobs.at_work(plan) == ()
    rows = host.database().row_counts("kratos")["public.sessions"]
    assert jobs.seen(plan) == {"kratos": (["kratos"], {"kratos": rows}), "hydra": ([], {})}
    assert baseline(host, jobs.journal, plan, "run").schemas["kratos"] == before


def test_one_that_is_begun_again(host: Host, plan: Plan, practice_host: PracticeHost, tmp_path: Path) -> None:
    """After a crash the other one's database is known as it was before, and left alone."""
    jobs, before = _Jobs(host, tmp_path), host.database().fingerprint("kratos")
    jobs.before("kratos", "hydra")
    execute(practice_host, "kratos", "ALTER TABLE sessions ADD COLUMN late int")
    jobs.after("kratos")
    jobs.before("hydra")
    jobs.after("hydra")
    assert jobs.seen(plan) == {"kratos": (["kratos"], {}), "hydra": ([], {})}
    assert baseline(host, jobs.journal, plan, "run").schemas["kratos"] == before
