"""Going back: a run of its own, built from the journal of the run that it undoes.

The files go back first, since the old containers start from them; then, if the schema moved, the databases; then the
services, by the strategies that rolled them forward. So the order is not the mere reverse of the run's steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.cluster_globals import GlobalsChange
from avnwizard.domain.config import Strategy
from avnwizard.domain.going_back import GoingBack
from avnwizard.domain.plan import Plan, from_json
from avnwizard.domain.typed import Typed
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.engine.step import Step, UndoStep
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows import snapshots
from avnwizard.flows.baseline import Baseline, baseline
from avnwizard.flows.data_services import settle_data
from avnwizard.flows.host import Host
from avnwizard.flows.out_of_sight import UNRESTORED, code_alone
from avnwizard.flows.role_changes import compare_roles
from avnwizard.flows.stack_before import model_of_before, old_services, require_images, writers
from avnwizard.flows.steps.code import Checkout, WriteEnv
from avnwizard.flows.steps.images import PullImages
from avnwizard.flows.steps.leave import Leave
from avnwizard.flows.steps.restore import MAKE_ROOM, RestoreBeside, SwapDatabases, lacking_room
from avnwizard.flows.steps.roles import RepairRoles
from avnwizard.flows.steps.roll import Retire, RollBackService, RunJob
from avnwizard.flows.steps.save_rows import SaveRows
from avnwizard.flows.steps.scene import Scene
from avnwizard.flows.steps.verify import Verify
from avnwizard.flows.steps.writers import StopWriters
from avnwizard.flows.unprotected import not_held
from avnwizard.flows.way_back import Verdict, alone, cost_of, judge, restored

_JOBS_END_S = 120.0


@dataclass(frozen=True)
class RollbackPlan:
    """What a rollback will do.

    Attributes:
        restore: whether the databases go back to the snapshot.
        why: the verdict's reason in one sentence, also where the operator chose the dearer way (`chosen`).
        databases: those to be restored. All that hold tables go back together, so that they agree with each other.
        cost: what going back costs, as of when this was planned.
        roles: how the server's roles differ from the snapshot's; None where they are not compared. What is in
            `repaired` is put back: nothing, where no database goes back.
        first: the service that goes back before all others: Postgres, where it does not answer; else "".
        save_rows: whether the tables that were written to since the snapshot are dumped once more.
        steps: the names of the undone run's steps that were begun.
        services: service -> strategy, in order; those to be stopped for a restore are in `stop`.
        retire: services that only the newer release has.
        same: those of `services` that both releases run alike: at most stopped and started.
        stay: (service, why) of those that keep running as the newer release has them.
        notes: what does not go back, a sentence each.
        consent: (flag, sentence) of what the operator has to agree to before this may start.
    """

    run: str
    restore: bool
    why: str
    chosen: bool
    snapshot: str
    databases: tuple[str, ...]
    cost: GoingBack
    save_rows: bool
    roles: GlobalsChange | None
    first: str
    steps: tuple[str, ...]
    services: tuple[tuple[str, Strategy], ...]
    stop: tuple[str, ...]
    retire: tuple[str, ...]
    same: tuple[str, ...] = ()
    stay: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    consent: tuple[tuple[str, str], ...] = ()

    @property
    def altered(self) -> dict[Strategy, list[str]]:
        """Of `services` those that differ between the releases, by strategy."""
        found: dict[Strategy, list[str]] = {}
        for name, how in self.services:
            if name not in self.same:
                found.setdefault(how, []).append(name)
        return found

    @property
    def stopped(self) -> tuple[str, ...]:
        """The services that are stopped while the databases are swapped, without one-shots."""
        jobs = {name for name, how in self.services if how == "job"}
        return tuple(name for name in self.stop if name not in jobs)


_ADAPTER: Typed[RollbackPlan] = Typed(RollbackPlan)


def to_json(plan: RollbackPlan) -> str:
    """For the journal and for `--json`."""
    return _ADAPTER.adapter.dump_json(plan, indent=2).decode()


def rollback_from_json(text: str) -> RollbackPlan:
    """Read back from the journal."""
    try:
        return _ADAPTER.adapter.validate_json(text)
    except ValueError as error:
        raise RefusedError(
            "This rollback was planned by another version of avnwizard.", "Go on with the version that started it."
        ) from error


@dataclass(frozen=True)
class Wishes:
    """What the operator wants beyond what is needed, and agrees to; only the dearer way can be chosen.

    Attributes:
        restore: put the databases back though the old code could go on with the data of now.
        save_rows: dump the tables that were written to since the snapshot; None leaves it to `avnwizard.toml`.
        unrestored: databases that avnwizard cannot put back may stay as they are.
        older: services whose older version is started on data that a newer one wrote: the operator took care of it.
    """

    restore: bool = False
    save_rows: bool | None = None
    unrestored: bool = False
    older: tuple[str, ...] = ()


def plan_rollback(host: Host, journal: Journal, run: RunRecord, wishes: Wishes | None = None) -> RollbackPlan:
    """Decide what going back takes.

    Raises:
        RefusedError: nothing to undo, or the databases must go back and there is no whole snapshot, or no room.
    """
    wishes = wishes or Wishes()
    if run.undoes:
        raise RefusedError(f"{run.id} is itself a rollback.", f"Finish it: avnwizard resume {run.id}")
    if run.kind != "upgrade":
        raise RefusedError(f"{run.id} is no upgrade ({run.kind}).", "avnwizard runs")
    if run.state == "undone":
        raise RefusedError(f"{run.id} was rolled back already.", "avnwizard runs")
    newer = [other for other in journal.runs() if other.created_at > run.created_at and other.state != "undone"]
    if any(other.kind == "upgrade" for other in newer):
        raise RefusedError(f"A later run, {newer[0].id}, changed the stack.", f"avnwizard rollback {newer[0].id}")
    plan = from_json(run.plan)
    host = host.of_run(plan.postgres_service)
    steps = journal.steps(run.id)
    begun = [step for step in steps if step.state != "pending"]
    _let_jobs_end(host, begun)
    known = baseline(host, journal, plan, run.id)
    verdict = judge(host, plan, begun, known)
    alone_agreed = wishes.unrestored and known.manifest is None
    restore = (verdict.restore and not alone_agreed) or wishes.restore
    if restore:
        _require_snapshot(host, plan, known)
    elif verdict.restore:
        verdict = alone(verdict, begun)
    cost = cost_of(host, plan, steps, known, verdict, restore=restore)
    save = host.config.rollback.save_rows if wishes.save_rows is None else wishes.save_rows
    names = tuple(restored(known, verdict)) if restore else ()
    if names and not verdict.blind:
        _require_room(host, known, names)
    return _decide(host, plan, run.id, begun, verdict, cost, wishes, databases=names, save_rows=save and restore)


def _require_snapshot(host: Host, plan: Plan, known: Baseline) -> None:
    """The databases can only go back to a snapshot whose every part is as it was written."""
    if known.manifest is None:
        raise RefusedError(
            "The databases would have to go back, and there is no snapshot to restore from. Nothing was changed.",
            "Fix the cause and resume; or restore a dump of your own, or make sure that the old code works on the "
            f"databases as they are, then: avnwizard rollback {UNRESTORED}",
        )
    try:
        snapshots.verify(host.files, plan.snapshot.folder)
    except HostError as error:
        raise RefusedError(f"{error.message} Nothing was changed.", error.hint) from error


def _require_room(host: Host, known: Baseline, names: Sequence[str]) -> None:
    """Better told now than when the files have gone back and the databases cannot follow."""
    dumps = [one for one in (known.manifest.databases if known.manifest else ()) if one.name in names]
    if lacking := lacking_room(host.database(), dumps):
        raise RefusedError(f"{lacking} Nothing was changed.", f"{MAKE_ROOM}, then: avnwizard rollback")


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


def _decide(
    host: Host,
    plan: Plan,
    run: str,
    begun: Sequence[StepRecord],
    verdict: Verdict,
    cost: GoingBack,
    wishes: Wishes,
    *,
    databases: tuple[str, ...],
    save_rows: bool,
) -> RollbackPlan:
    names = [step.name for step in begun]
    pull = next((step.facts for step in begun if step.name == "pull"), {})
    model = model_of_before(host, plan, run)
    old = old_services(model, plan)
    touched = [name.partition(":")[2] for name in names if name.startswith(("job:", "roll:", "retire:"))]
    data = settle_data(host, plan, begun, pull, wishes.older)
    staying = {name for name, _ in data.stay}
    stop = writers(host, plan, model) if cost.restore or "stop" in names else ()
    stop = tuple(name for name in stop if name not in staying)
    services = tuple(
        (name, "recreate" if name in stop and strategy != "job" else strategy)
        for name, strategy in old
        if (name in touched or name in stop) and name not in staying
    )
    unseen = code_alone(plan, verdict.unseen)
    require_images(host, pull, [name for name, strategy in services if strategy != "skip"])
    known = {name for name, _ in old}
    retire = tuple(name for name in touched if name not in known)
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
        first=host.postgres_service if verdict.blind else "",
        steps=tuple(names),
        services=services,
        stop=stop,
        retire=retire,
        same=tuple(part.service for part in plan.services if part.strategy == "skip"),
        stay=data.stay,
        notes=(*data.notes, *(unseen if wishes.unrestored else ()), *map(not_held, plan.snapshot.not_held)),
        consent=(*((UNRESTORED, text) for text in unseen if not wishes.unrestored), *data.consent),
    )


def rollback_steps(scene: Scene, plan: RollbackPlan) -> list[Step]:
    """The steps of a rollback, in order."""
    return list(_steps(scene, plan))


def _steps(scene: Scene, plan: RollbackPlan) -> Iterator[Step]:
    code: dict[str, Step] = {"checkout": Checkout(scene), "env": WriteEnv(scene), "pull": PullImages(scene)}
    for name, original in code.items():
        if name in plan.steps:
            yield UndoStep(original)
    if plan.first:
        yield RollBackService(scene, plan.first, dict(plan.services)[plan.first])
    yield from _database_steps(scene, plan)
    yield from _service_steps(scene, plan)
    if plan.save_rows:
        yield SaveRows(scene, Path(plan.snapshot), plan.databases)
    yield Verify(scene, tag=scene.plan.current.tag, commit=scene.plan.current.commit)


def _database_steps(scene: Scene, plan: RollbackPlan) -> Iterator[Step]:
    if plan.restore:
        # restored while the services still run: users wait for the swap alone
        yield RestoreBeside(scene.host, Path(plan.snapshot), plan.databases)
        yield StopWriters(scene.host, plan.stop)
        if plan.roles is not None:
            yield RepairRoles(scene, Path(plan.snapshot))
        yield SwapDatabases(scene, plan.databases)


def _service_steps(scene: Scene, plan: RollbackPlan) -> Iterator[Step]:
    for service, strategy in plan.services:
        if strategy == "job":
            yield RunJob(scene, service, back=True)
    for service, strategy in plan.services:
        if strategy != "job" and service != plan.first:
            yield RollBackService(scene, service, strategy)
    for service, why in plan.stay:
        yield Leave(service, why)
    for service in plan.retire:
        yield Retire(scene, service)
