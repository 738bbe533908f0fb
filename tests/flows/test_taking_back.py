"""Every step of a plan that changes the stack is taken back by the rollback, or says by which step."""

from dataclasses import replace

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.going_back import GoingBack
from avnwizard.domain.plan import Again, Plan
from avnwizard.domain.postgres.writes import Written
from avnwizard.engine.step import Probe, Step, StepContext, UndoStep
from avnwizard.flows.host import Host
from avnwizard.flows.rollback import planning as rollback
from avnwizard.flows.rollback.plan import RollbackOptions, RollbackPlan
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.flows.upgrade.steps import scene_of, upgrade_steps
from avnwizard.planned import StepKind
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack that knows the newer releases."""
    found = open_host(practice_host.project.directory)
    found.repo.fetch()
    return found


def _run(host: Host, again: bool = False) -> tuple[Plan, str]:
    draft = inputs.draft(host, "v2.0.0")
    prepared = prepare(host, draft, Answers().accepting(draft.decisions(Answers())))
    if again:
        prepared = replace(prepared, plan=replace(prepared.plan, again=Again("r0", ("avnology",), ("gateway",))))
    return prepared.plan, launch.create_upgrade(host, prepared)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("restore", [False, True])
def test_each_change_is_taken_back(host: Host, *, again: bool, restore: bool) -> None:
    """Wherever the run stops: a rollback has a step for all that was begun."""
    plan, run = _run(host, again=again)
    scene = scene_of(plan, host, run)
    steps = upgrade_steps(scene)
    for count in range(1, len(steps) + 1):
        begun = steps[:count]
        back = rollback.rollback_steps(scene, _plan(begun, plan, run, restore=restore))
        for step in begun:
            _require_taken_back(step, back, restore=restore)


def _require_taken_back(step: Step, back: list[Step], *, restore: bool) -> None:
    if not step.kind.changes:
        return
    if step.undoes_itself:
        assert [one for one in back if isinstance(one, UndoStep) and one.original.name == step.name], step.name
        return
    assert step.undone_by, f"{step.name} changes the stack, and says of no step that it takes it back"
    by = [one for one in back if one.kind in step.undone_by]
    if step.service and StepKind.ROLL in step.undone_by:
        by = [one for one in by if one.service == step.service]
    if step.kind in {StepKind.JOB, StepKind.DATA} and not restore:
        return  # the schema is one that the old code can work with: nothing goes back
    assert by, f"{step.name} is taken back by none of {[one.name for one in back]}"


def _plan(begun: list[Step], plan: Plan, run: str, *, restore: bool) -> RollbackPlan:
    """What a rollback would be once these were begun, as `_decide` makes it."""
    touched = {step.service for step in begun if step.kind in {StepKind.JOB, StepKind.ROLL, StepKind.RETIRE}}
    moves = restore or any(step.kind is StepKind.STOP for step in begun)
    stop = tuple(part.service for part in plan.services if part.strategy != "job") if moves else ()
    services = tuple(
        (part.service, "recreate" if part.strategy == "retire" else part.strategy)
        for part in plan.services
        if part.service in touched or part.service in stop
    )
    cost = GoingBack(restore, "", 0.0, (), Written(), 0.0, 0.0, measured=False)
    return RollbackPlan(
        run=run, restore=restore, why="", chosen=False, snapshot=str(plan.snapshot.folder), databases=("avnology",),
        cost=cost, save_rows=False, roles=None, first="",
        steps=tuple(step.name for step in begun), services=services, stop=stop, retire=(),
    )  # fmt: skip


class _Maintenance(Step):
    """A step of a stranger's: it has an undo, and nothing else was told of it."""

    kind, name, title = StepKind.OTHER, "maintenance", "Turn maintenance on"

    def __init__(self, host: Host) -> None:
        self.flag = host.state.folder / "maintenance"

    def probe(self, ctx: StepContext) -> Probe:
        """Done when the flag is there."""
        return Probe.DONE if self.flag.exists() else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Put the flag up."""
        self.flag.touch()

    def undo(self, ctx: StepContext) -> None:
        """Take it down."""
        self.flag.unlink(missing_ok=True)

    def undone(self, ctx: StepContext) -> Probe:
        """Done when it is down."""
        return Probe.NOT_DONE if self.flag.exists() else Probe.DONE


def test_a_new_step_with_an_undo_is_undone(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put among the upgrade's steps, it is in the plan and in the rollback, without another change."""
    steps = upgrade_steps

    def with_maintenance(scene: object) -> list[Step]:
        return [_Maintenance(host), *steps(scene)]  # type: ignore[arg-type]  # it is a StepInputs

    monkeypatch.setattr("avnwizard.flows.upgrade.steps.upgrade_steps", with_maintenance)
    monkeypatch.setattr("avnwizard.flows.run.launch.upgrade_steps", with_maintenance)
    monkeypatch.setattr("avnwizard.flows.rollback.planning.upgrade_steps", with_maintenance)
    plan, run = _run(host)
    assert plan.steps[0].title == "Turn maintenance on"
    journal = host.journal()
    journal.set_step(run, "maintenance", "done")
    journal.set_run(run, "failed")
    _Maintenance(host).flag.touch()
    back = rollback.plan_rollback(host, journal, journal.run(run), RollbackOptions())
    launch.carry(host, launch.create_rollback(host, journal.run(run), back))
    assert not _Maintenance(host).flag.exists()
    first = journal.steps(journal.runs()[0].id)[0]
    assert (first.name, first.state) == ("undo:maintenance", "done")


def test_a_step_that_leaves_its_way_back_open_cannot_be_made() -> None:
    """Neither an undo nor what undoes it; or both: the class itself is refused."""
    with pytest.raises(TypeError, match="either an `undo` or `undone_by`"):
        type("Open", (Step,), {"probe": _Maintenance.probe, "do": _Maintenance.do})
    with pytest.raises(TypeError, match="either an `undo` or `undone_by`"):
        type("Both", (_Maintenance,), {"undone_by": ()})
    with pytest.raises(TypeError, match="`undo` and `undone`, or neither"):
        type("Half", (Step,), {"undo": _Maintenance.undo})
