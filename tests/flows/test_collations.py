"""Indexes that another library put in order: what check and the verb say, and what is refused."""

from dataclasses import replace

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.going_back import GoingBack
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.collations import StaleDatabase
from avnwizard.domain.postgres.writes import Written
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.renewing import look, order_findings
from avnwizard.flows.rollback.plan import RollbackPlan
from avnwizard.flows.rollback.planning import rollback_steps
from avnwizard.flows.steps.collations import COLLATIONS
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.flows.upgrade.steps import scene_of, upgrade_steps
from avnwizard.planned import StepKind
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard


class _Database:
    def __init__(self, *found: StaleDatabase) -> None:
        self._found = found

    def stale_collations(self) -> tuple[StaleDatabase, ...]:
        """As given."""
        return self._found


class _Host:
    postgres_service = "db"

    def __init__(self, *found: StaleDatabase) -> None:
        self._database = _Database(*found)

    def database(self) -> _Database:
        """The way to it."""
        return self._database


def _host(*found: StaleDatabase) -> Host:
    return _Host(*found)  # type: ignore[return-value]  # what the two functions ask of one


def test_what_check_says() -> None:
    """A library of another version has a remedy; another library has none but dump and restore."""
    (moved,) = order_findings(_host(StaleDatabase("shop\x1b", "2.36", "2.41", 5)))
    assert (moved.level, "postgres reindex" in moved.hint) == ("warn", True)
    assert "2.36" in moved.message
    assert moved.message == printable(moved.message)
    (other,) = order_findings(_host(StaleDatabase("shop", "2.36", "", 5)))
    assert "dump and restore" in other.hint
    with pytest.raises(RefusedError, match="No step leads"):
        look(_host(StaleDatabase("shop", "", "2.41", 1)))


def test_nothing_to_make_again(practice_host: PracticeHost) -> None:
    """The verb says so, and starts no run."""
    said = avnwizard("postgres", "reindex", "--yes", "--stack", practice_host.project.directory)
    assert said.code == 0, said.err
    assert "Every index is in the order" in said.out + said.err
    assert open_host(practice_host.project.directory).journal().runs() == []


def test_looked_at_after_each_new_image_both_ways(practice_host: PracticeHost) -> None:
    """Once the wave of the database is rolled, and in the rollback once its old image runs; else not at all."""
    host = open_host(practice_host.project.directory)
    host.repo.fetch()
    draft = inputs.draft(host, "v2.0.0")
    plan = prepare(host, draft, Answers().accepting(draft.decisions(Answers()))).plan
    assert COLLATIONS not in [one.name for one in upgrade_steps(scene_of(plan, host, "r"))]

    database = next(one for one in plan.services if one.service == host.postgres_service)
    other = next(one for one in plan.services if one.strategy == "surge")
    rolled = (replace(database, strategy="recreate", wave=7), replace(other, wave=7), replace(other, wave=8))
    scene = scene_of(replace(plan, services=rolled), host, "r")
    steps = [(one.kind, one.service) for one in upgrade_steps(scene)]
    mine = [step for step in steps if step[1] in {database.service, other.service}]
    assert [kind for kind, _ in mine] == [StepKind.ROLL, StepKind.ROLL, StepKind.OTHER, StepKind.ROLL]
    cost = GoingBack(False, "", 0.0, (), Written(), 0.0, 0.0, measured=False)
    back = RollbackPlan(
        run="r", restore=False, why="", chosen=False, snapshot="", databases=(), cost=cost, save_rows=False,
        roles=None, first="", steps=(), services=((database.service, "recreate"),), stop=(), retire=(),
    )  # fmt: skip
    names = [one.name for one in rollback_steps(scene, back)]
    assert names.index(COLLATIONS) > [one.kind for one in rollback_steps(scene, back)].index(StepKind.ROLL)
    untouched = replace(back, services=((other.service, "surge"),))
    assert COLLATIONS not in [one.name for one in rollback_steps(scene, untouched)]
