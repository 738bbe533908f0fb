"""Going back: a run of its own, built from the journal of the run that it undoes.

The files go back first, since the old containers start from them; then, if the schema moved, the databases; then the
services, by the strategies that rolled them forward. So the order is not the mere reverse of the run's steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from avnwizard.domain.config import Strategy
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plan import Plan, from_json
from avnwizard.domain.strategy import choose, keeps_running, roll_order
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step, UndoStep
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows import snapshots
from avnwizard.flows.host import Host
from avnwizard.flows.models import compose_paths, resolve_contents
from avnwizard.flows.run_folder import ENV_BEFORE, RunFolder
from avnwizard.flows.steps.code import EDITED, Checkout, WriteEnv
from avnwizard.flows.steps.images import PullImages
from avnwizard.flows.steps.restore import RestoreBeside, StopWriters, SwapDatabases
from avnwizard.flows.steps.roll import Retire, RollBackService, RunJob
from avnwizard.flows.steps.scene import Scene
from avnwizard.flows.steps.verify import Verify

_JOBS_END_S = 120.0


@dataclass(frozen=True)
class RollbackPlan:
    """What a rollback will do.

    Attributes:
        restore: whether the databases go back to the snapshot; `why` says it in one sentence.
        steps: the names of the undone run's steps that were begun.
        services: service -> strategy, in order; those to be stopped for a restore are in `stop`.
        retire: services that only the newer release has.
        set_aside_rows: the databases to be restored -> rows now minus rows in the snapshot. All that hold tables go
            back together, so that they agree with each other.
    """

    run: str
    restore: bool
    why: str
    snapshot: str
    steps: tuple[str, ...]
    services: tuple[tuple[str, Strategy], ...]
    stop: tuple[str, ...]
    retire: tuple[str, ...]
    set_aside_rows: tuple[tuple[str, int], ...]


_ADAPTER = TypeAdapter(RollbackPlan)


def to_json(plan: RollbackPlan) -> str:
    """For the journal and for `--json`."""
    return _ADAPTER.dump_json(plan, indent=2).decode()


def rollback_from_json(text: str) -> RollbackPlan:
    """Read back from the journal."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise RefusedError(
            "This rollback was planned by another version of avnwizard.", "Go on with the version that started it."
        ) from error


def plan_rollback(host: Host, journal: Journal, run: RunRecord) -> RollbackPlan:
    """Decide what going back takes.

    Raises:
        RefusedError: nothing to undo, or the schema moved and there is no whole snapshot.
    """
    if run.undoes:
        raise RefusedError(f"{run.id} is itself a rollback.", f"Finish it: avnwizard resume {run.id}")
    if run.state == "undone":
        raise RefusedError(f"{run.id} was rolled back already.", "avnwizard runs")
    newer = [other for other in journal.runs() if other.created_at > run.created_at and other.state != "undone"]
    if any(other.kind == "upgrade" for other in newer):
        raise RefusedError(f"A later run, {newer[0].id}, changed the stack.", f"avnwizard rollback {newer[0].id}")
    plan = from_json(run.plan)
    begun = [step for step in journal.steps(run.id) if step.state != "pending"]
    _let_jobs_end(host, begun)
    moved, why, rows = _schema_moved(host, plan, begun)
    return _decide(host, plan, run.id, begun, moved=moved, why=why, rows=rows)


def _let_jobs_end(host: Host, begun: Sequence[StepRecord]) -> None:
    """Wait for a one-shot that a crash left running: the schema cannot be judged under a running migration."""
    jobs = {step.name.partition(":")[2] for step in begun if step.name.startswith("job:")}
    deadline = host.clock.now() + _JOBS_END_S
    while True:
        running = [one.service for one in host.stack.containers() if one.service in jobs and one.state == "running"]
        if not running:
            return
        if host.clock.now() >= deadline:
            raise RefusedError(
                f"{running[0]} is still running; nothing was changed.", "Wait for it, or stop it with docker stop."
            )
        host.clock.sleep(0.5)


def _schema_moved(
    host: Host, plan: Plan, begun: Sequence[StepRecord]
) -> tuple[bool, str, tuple[tuple[str, int], ...]]:
    if not any(step.name.startswith(("job:", "roll:")) for step in begun):
        return False, "no migration was started and no new code ran", ()
    if not host.postgres_service:
        return False, "the stack has no database", ()
    try:
        manifest = snapshots.load(host.files, plan.snapshot.folder)
    except HostError as error:
        raise RefusedError(
            "Migrations were started and there is no snapshot to restore from. Nothing was changed.",
            "Look whether the schema moved; go back by hand, or mend the cause and resume.",
        ) from error
    database = host.database()
    moved = [one for one in manifest.databases if database.fingerprint(one.name) != one.fingerprint]
    if not moved:
        return False, "the schema is as it was before the upgrade, so the old code can go on with the data of now", ()
    rows = tuple(
        (one.name, sum(database.row_counts(one.name).values()) - sum(one.rows.values()))
        for one in manifest.databases
        if one in moved or one.rows
    )
    names = ", ".join(one.name for one in moved)
    return True, f"the schema of {names} moved: the old code cannot work on it", rows


def _decide(
    host: Host,
    plan: Plan,
    run: str,
    begun: Sequence[StepRecord],
    *,
    moved: bool,
    why: str,
    rows: tuple[tuple[str, int], ...],
) -> RollbackPlan:
    names = [step.name for step in begun]
    model = _model_of_before(host, plan, run)
    old = _old_services(model, plan)
    touched = [name.partition(":")[2] for name in names if name.startswith(("job:", "roll:", "retire:"))]
    stop = _writers(plan, model) if moved else ()
    services = tuple(
        (name, "recreate" if name in stop and strategy != "job" else strategy)
        for name, strategy in old
        if name in touched or name in stop
    )
    known = {name for name, _ in old}
    retire = tuple(name for name in touched if name not in known)
    return RollbackPlan(
        run=run,
        restore=moved,
        why=why,
        snapshot=str(plan.snapshot.folder) if plan.snapshot.taken else "",
        steps=tuple(names),
        services=services,
        stop=stop,
        retire=retire,
        set_aside_rows=rows,
    )


def _model_of_before(host: Host, plan: Plan, run: str) -> ComposeModel:
    """The model that ran, whatever checkout and env file hold at this moment: the run may be cut off anywhere."""
    folder = RunFolder(host.state.run(run), host.files)
    edited = folder.contents(EDITED)
    compose = {
        path: edited[path] if path in edited else host.repo.read(plan.current.commit, path)
        for path in compose_paths(host)
    }
    known = {path: content for path, content in compose.items() if content is not None}
    return resolve_contents(host, known, folder.env(ENV_BEFORE), what=plan.current.tag)


def _old_services(model: ComposeModel, plan: Plan) -> list[tuple[str, Strategy]]:
    """The services of the release of before, in its order."""
    planned = {part.service: part for part in plan.services}
    found: list[tuple[str, Strategy]] = []
    for name in roll_order(model):
        if name in planned and not planned[name].image_old:
            continue  # the newer release brought it
        found.append((name, choose(model.services[name], model).strategy))
    in_model = set(model.services)
    found += [
        (part.service, "recreate")
        for part in plan.services
        if part.strategy == "retire" and part.service not in in_model
    ]
    return found


def _writers(plan: Plan, model: ComposeModel) -> tuple[str, ...]:
    """What is stopped while the databases are swapped: all but the edge and what keeps data of its own."""
    return tuple(
        part.service
        for part in plan.services
        if part.service not in model.services or not keeps_running(model.services[part.service])
    )


def rollback_steps(scene: Scene, plan: RollbackPlan) -> list[Step]:
    """The steps of a rollback, in order."""
    return list(_steps(scene, plan))


def _steps(scene: Scene, plan: RollbackPlan) -> Iterator[Step]:
    code: dict[str, Step] = {"checkout": Checkout(scene), "env": WriteEnv(scene), "pull": PullImages(scene)}
    for name, original in code.items():
        if name in plan.steps:
            yield UndoStep(original)
    if plan.restore:
        names = tuple(name for name, _ in plan.set_aside_rows)
        # restored while the services still run: users wait for the swap alone
        yield RestoreBeside(scene.host, Path(plan.snapshot), names)
        yield StopWriters(scene, plan.stop)
        yield SwapDatabases(scene, names)
    for service, strategy in plan.services:
        if strategy == "job":
            yield RunJob(scene, service, back=True)
    for service, strategy in plan.services:
        if strategy != "job":
            yield RollBackService(scene, service, strategy)
    for service in plan.retire:
        yield Retire(scene, service)
    yield Verify(scene, tag=scene.plan.current.tag, commit=scene.plan.current.commit)
