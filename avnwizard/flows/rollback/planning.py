"""Going back: a run of its own, built from the journal of the run that it undoes.

The files go back first, since the old containers start from them; then, if the schema moved, the databases; then the
services, by the strategies that rolled them forward. So the order is not the mere reverse of the run's steps.
"""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from avnwizard.domain.going_back import GoingBack
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, from_json
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.strategy import sharers
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step, UndoStep
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.back_in_waves import back_in_waves, jobs_at_once
from avnwizard.flows.rollback.plan import RollbackOptions, RollbackPlan
from avnwizard.flows.rollback.role_changes import compare_roles
from avnwizard.flows.rollback.verdict import Verdict, alone, cost_of, judge, restored
from avnwizard.flows.safety.data_services import settle_data
from avnwizard.flows.safety.hazards import require_one_writer
from avnwizard.flows.safety.out_of_sight import UNRESTORED, code_alone
from avnwizard.flows.safety.unprotected import not_held
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.seal import require_own
from avnwizard.flows.stack.baseline import Baseline, baseline
from avnwizard.flows.stack.begun import one_shots
from avnwizard.flows.stack.former_images import reach
from avnwizard.flows.stack.former_release import gone_for_good, model_of_before, of_plan, old_services, writers
from avnwizard.flows.stack.kept_images import SAVE, saved_ids
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.collations import RenewIndexes
from avnwizard.flows.steps.data import ReturnData
from avnwizard.flows.steps.former_images import FetchImages, ReturnNames
from avnwizard.flows.steps.images import PullImages
from avnwizard.flows.steps.leave import Leave
from avnwizard.flows.steps.migrate import by_hand_stopped, left_running
from avnwizard.flows.steps.restore import MAKE_ROOM, RestoreBeside, SwapDatabases, lacking_room
from avnwizard.flows.steps.retire import Retire
from avnwizard.flows.steps.roles import RepairRoles
from avnwizard.flows.steps.roll import RollBackService
from avnwizard.flows.steps.run_job import RunJob
from avnwizard.flows.steps.save_images import SaveImages
from avnwizard.flows.steps.save_rows import SaveRows
from avnwizard.flows.steps.start_back import StartBack
from avnwizard.flows.steps.verify import Verify
from avnwizard.flows.steps.writers import StopWriters
from avnwizard.flows.upgrade.steps import is_database_replaced, upgrade_steps
from avnwizard.planned import StepKind

_JOBS_END_S = 120.0


def plan_rollback(
    host: Host, journal: Journal, run: RunRecord, options: RollbackOptions | None = None
) -> RollbackPlan:
    """Decide what going back takes from an upgrade that may be taken back: `run.going_back` sees to that.

    Raises:
        RefusedError: an image that ran before cannot be had; or the databases must go back and
            there is no whole snapshot, or no room.
    """
    options = options or RollbackOptions()
    plan = from_json(run.plan)
    host = of_plan(host, plan)
    steps = journal.steps(run.id)
    begun = [step for step in steps if step.state != "pending"]
    _let_jobs_end(host, plan, run.id, begun)
    known = baseline(host, journal, plan, run.id)
    verdict = judge(host, plan, begun, known)
    alone_agreed = options.unrestored and known.manifest is None
    restore = (verdict.restore and not alone_agreed) or options.restore
    if restore:
        _require_snapshot(host, plan, known, begun)
    elif verdict.restore:
        verdict = alone(verdict, begun)
    cost = cost_of(host, plan, steps, known, verdict, restore=restore)
    save = host.config.rollback.save_rows if options.save_rows is None else options.save_rows
    names = tuple(restored(known, verdict)) if restore else ()
    if names and not verdict.blind:
        _require_room(host, known, names)
    return _decide(host, plan, run.id, begun, verdict, cost, options, databases=names, save_rows=save and restore)


def _is_sealed(begun: Sequence[StepRecord]) -> bool:
    """Whether the snapshot was sealed when it was taken, as the journal has it: a seal may have been taken away."""
    return any(step.facts.get("sealed") for step in begun if step.kind is StepKind.SNAPSHOT)


def _require_snapshot(host: Host, plan: Plan, known: Baseline, begun: Sequence[StepRecord]) -> None:
    """The databases can only go back to a snapshot whose every part is as it was written."""
    if known.manifest is None:
        raise RefusedError(
            "The databases would have to go back, and there is no snapshot to restore from. Nothing was changed.",
            "Fix the cause and resume; or restore a dump of your own, or make sure that the old code works on the "
            f"databases as they are, then: avnwizard rollback {UNRESTORED}",
        )
    try:
        snapshots.verify(host.files, plan.snapshot.folder)
        if _is_sealed(begun):
            require_own(host, plan.snapshot.folder)
    except HostError as error:
        raise RefusedError(f"{error.message} Nothing was changed.", error.hint) from error


def _require_room(host: Host, known: Baseline, names: Sequence[str]) -> None:
    """Better reported now than when the files have gone back and the databases cannot follow."""
    dumps = [one for one in (known.manifest.databases if known.manifest else ()) if one.name in names]
    if lacking := lacking_room(host.database(), dumps):
        raise RefusedError(f"{lacking} Nothing was changed.", f"{MAKE_ROOM}, then: avnwizard rollback")


def _let_jobs_end(host: Host, plan: Plan, run: str, begun: Sequence[StepRecord]) -> None:
    """Wait for a one-shot that a crash left running: the schema cannot be judged under a running migration."""
    jobs = set(one_shots(begun)) - {part.service for part in plan.services if part.migrate}
    deadline = host.clock.now() + _JOBS_END_S
    while True:
        running = [one.service for one in host.platform.instances() if one.service in jobs and one.state == "running"]
        apart = list(left_running(host, plan, run, begun))
        if not running and not apart:
            return
        if host.clock.now() >= deadline:
            stop = [host.platform.by_hand("stop", one) for one in running]
            stop += [by_hand_stopped(apart)] if apart else []
            raise RefusedError(
                f"Still running: {printable(', '.join((*running, *apart)))}; nothing was changed.",
                f"Wait, or stop it: {printable('; '.join(map(shlex.join, stop)))}",
            )
        host.clock.sleep(0.5)


def _decide(
    host: Host,
    plan: Plan,
    run: str,
    begun: Sequence[StepRecord],
    verdict: Verdict,
    cost: GoingBack,
    options: RollbackOptions,
    *,
    databases: tuple[str, ...],
    save_rows: bool,
) -> RollbackPlan:
    names = [step.name for step in begun]
    pull = next((step.facts for step in begun if step.name == PullImages.name), {})
    model = model_of_before(host, plan, run)
    old = old_services(model, plan)
    touched = [step.service for step in begun if step.kind in {StepKind.JOB, StepKind.ROLL, StepKind.RETIRE}]
    touched += [name for name in sharers(model, *touched) if name in dict(old)]  # cut off when those go back
    data = settle_data(host, plan, begun, pull, options.older)
    gone = tuple(name for name in gone_for_good(model, plan) if name in touched)
    staying = {*gone, *(name for name, _ in data.stay)}
    stop = writers(host, plan, model) if cost.restore or any(step.kind is StepKind.STOP for step in begun) else ()
    stop = tuple(name for name in stop if name not in staying)
    exchanged = {one.service for one in data.returns}
    services = tuple(
        (name, "recreate" if (name in stop and strategy != "job") or name in exchanged else strategy)
        for name, strategy in old
        if (name in touched or name in stop) and name not in staying
    )
    unseen = code_alone(plan, verdict.unseen)
    back = [name for name, strategy in services if strategy != "skip"]
    images = reach(host, model, pull, back, plan.current.tag, _saved(host, run, begun))
    known = {name for name, _ in old} | set(gone)
    retire = tuple(name for name in touched if name not in known)
    require_one_writer(host, model, services, release=plan.current.tag)
    jobs = tuple(one for one in services if one[1] == "job")
    order, waves = back_in_waves(host, model, [one for one in services if one not in jobs], images.borrowed)
    return RollbackPlan(
        run=run,
        restore=cost.restore,
        why=verdict.why,
        chosen=cost.restore and not verdict.restore,
        snapshot=str(plan.snapshot.folder) if plan.snapshot.taken else "",
        databases=databases,
        cost=cost,
        save_rows=save_rows,
        roles=GlobalsChange() if verdict.blind else compare_roles(host, plan, begun, restore=cost.restore),
        first=_silent(host) if verdict.blind else "",
        steps=tuple(names),
        services=(*jobs, *order),
        waves=(*jobs_at_once(model, [name for name, _ in jobs], images.borrowed), *waves),
        stop=stop,
        retire=retire,
        same=tuple(part.service for part in plan.services if part.strategy == "skip"),
        stay=data.stay,
        notes=(*data.notes, *(unseen if options.unrestored else ()), *map(not_held, plan.snapshot.not_held)),
        consent=(*((UNRESTORED, text) for text in unseen if not options.unrestored), *data.consent),
        gone=gone,
        fetch=images.fetch,
        borrowed=images.borrowed,
        sealed=_is_sealed(begun),
        data=data.returns,
    )


def _silent(host: Host) -> str:
    """The service whose server does not answer."""
    for service in host.choice.services:
        try:
            host.platform.database(service).server()
        except HostError:
            return service
    return host.postgres_service


def _saved(host: Host, run: str, begun: Sequence[StepRecord]) -> frozenset[str]:
    """The images that the undone run saved, as long as their file is there."""
    facts = next((step.facts for step in begun if step.name == SAVE), {})
    return saved_ids(facts) if host.files.exists(SaveImages.file(host.state.run(run))) else frozenset()


def rollback_steps(scene: StepInputs, plan: RollbackPlan) -> list[Step]:
    """The steps of a rollback, in order."""
    return list(_steps(scene, plan))


def _steps(scene: StepInputs, plan: RollbackPlan) -> Iterator[Step]:
    yield from _code_steps(scene, plan)
    if plan.first:
        yield RollBackService(scene, plan.first, dict(plan.services)[plan.first])
    yield from _database_steps(scene, plan)
    yield from _service_steps(scene, plan)
    back = [name for name, strategy in plan.services if strategy != "skip"]
    if any(is_database_replaced(scene, part) for part in scene.plan.services) and scene.host.postgres_service in back:
        yield RenewIndexes(scene.host)
    if plan.save_rows:
        yield SaveRows(scene, Path(plan.snapshot), plan.databases)
    now = scene.plan.current
    yield Verify(scene, tag=now.tag, commit=now.commit, back=back, borrowed=plan.borrowed)
    if plan.borrowed:
        yield ReturnNames(scene, plan.borrowed)


def _together(scene: StepInputs, plan: RollbackPlan) -> tuple[str, ...]:
    """Of the services that were stopped for the databases those that one command may start, if more than one.

    Not what has to be replaced although Compose sees no reason, nor what the operator scaled.
    """
    special = {part.service for part in scene.plan.services if part.unseen or part.replicas}
    special |= {one.service for one in plan.data}
    found = [name for name, strategy in plan.services if strategy == "recreate" and name in plan.stop]
    found = [name for name in found if name not in special and name != plan.first]
    return tuple(found) if plan.restore and len(found) > 1 else ()


def _code_steps(scene: StepInputs, plan: RollbackPlan) -> Iterator[Step]:
    if plan.fetch:
        yield FetchImages(scene.host, plan.fetch, scene.folder.path)
    for original in upgrade_steps(scene):
        if original.undoes_itself and original.name in plan.steps:
            yield UndoStep(original)


def _database_steps(scene: StepInputs, plan: RollbackPlan) -> Iterator[Step]:
    if plan.restore:
        # restored while the services still run: users wait for the swap alone
        yield RestoreBeside(scene.host, Path(plan.snapshot), plan.databases, sealed=plan.sealed)
        yield StopWriters(scene.host, plan.stop, hold=True)
        if plan.roles is not None:
            yield RepairRoles(scene, Path(plan.snapshot), sealed=plan.sealed)
        yield SwapDatabases(scene, plan.databases)


def _service_steps(scene: StepInputs, plan: RollbackPlan) -> Iterator[Step]:
    exchanged = {one.service: one for one in plan.data}
    for service, strategy in plan.services:
        if strategy == "job":
            yield RunJob(scene, service, back=True, wave=plan.wave(service))
    if together := _together(scene, plan):
        yield StartBack(scene, together)
    for service, strategy in plan.services:
        if strategy != "job" and service != plan.first:
            if service in exchanged:
                yield ReturnData(scene, exchanged[service])
            wave = 0 if service in exchanged else plan.wave(service)
            yield RollBackService(scene, service, strategy, wave=wave)
    for service, why in plan.stay:
        yield Leave(service, why)
    for service in plan.retire:
        yield Retire(scene, service)
