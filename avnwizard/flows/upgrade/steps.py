"""The upgrade, minor or major: snapshot, checkout, env, pull, migrate, roll, verify."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.engine.step import Step
from avnwizard.flows.host import Host
from avnwizard.flows.stack.run_folder import ENV_BEFORE, RunFolder
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.bake import Bake
from avnwizard.flows.steps.code import Checkout, WriteEnv
from avnwizard.flows.steps.collations import RenewIndexes
from avnwizard.flows.steps.copy_off import copies
from avnwizard.flows.steps.data import CopyData
from avnwizard.flows.steps.expand import Expand, first_job
from avnwizard.flows.steps.images import PullImages
from avnwizard.flows.steps.migrate import MigrateService
from avnwizard.flows.steps.retire import Retire
from avnwizard.flows.steps.roll import RollService
from avnwizard.flows.steps.run_job import RunJob
from avnwizard.flows.steps.save_images import SaveImages
from avnwizard.flows.steps.snapshot import TakeSnapshot
from avnwizard.flows.steps.swap_back import SwapBack
from avnwizard.flows.steps.verify import Verify
from avnwizard.flows.steps.writers import StopWriters


def scene_of(plan: Plan, host: Host, run: str) -> StepInputs:
    """What the steps of a run are given."""
    return StepInputs(plan, host, RunFolder(host.state.run(run), host.files))


def upgrade_steps(scene: StepInputs) -> list[Step]:
    """The steps of a plan, in order."""
    return list(_steps(scene))


def described(host: Host, plan: Plan) -> Plan:
    """The plan with its steps, as they describe themselves."""
    return replace(plan, steps=host.planned(upgrade_steps(scene_of(plan, host, "unborn"))))


def _steps(scene: StepInputs) -> Iterator[Step]:
    yield from _data_first(scene)
    yield Checkout(scene)
    yield WriteEnv(scene)
    yield PullImages(scene)
    if scene.plan.saved:
        yield SaveImages(scene)
    waits, before = False, 0  # a wave's steps stay in a row
    for part, following in pairwise([*scene.plan.services, None]):
        assert part is not None
        if not part.wave or part.wave != before:
            yield from (MigrateService(scene, one) for one in _alongside(scene.plan, part) if one.migrate)
        before = part.wave
        yield from _before(scene, part)
        yield _service(scene, part)
        waits = waits or is_database_replaced(scene, part)
        if waits and not (part.wave and following and following.wave == part.wave):
            waits = False
            yield RenewIndexes(scene.host)
    yield Verify(scene, tag=scene.plan.target.tag, commit=scene.plan.target.commit)
    if scene.plan.bake_s:
        yield Bake(scene)
    if not scene.plan.again:
        yield from copies(scene.host, scene.plan.snapshot)


def _data_first(scene: StepInputs) -> Iterator[Step]:
    """The snapshot; or the databases that a rollback set aside, put in place again."""
    if again := scene.plan.again:
        if again.databases:
            yield StopWriters(scene.host, again.stop)
            yield SwapBack(scene, again.rollback, again.databases)
    elif scene.plan.snapshot.taken:
        yield TakeSnapshot(scene.host, scene.plan.snapshot, lambda: scene.folder.env(ENV_BEFORE))


def _alongside(plan: Plan, part: ServicePlan) -> tuple[ServicePlan, ...]:
    """The services of its wave; itself alone where it is in none."""
    return tuple(one for one in plan.services if one.wave == part.wave) if part.wave else (part,)


def _before(scene: StepInputs, part: ServicePlan) -> Iterator[Step]:
    """What has to be done right before a service's own step."""
    if part.data == "copy":
        yield CopyData(scene, part)
    if scene.plan.split and part.service == first_job(scene.plan):
        yield Expand(scene.host, scene.plan.split, part.service)


def is_database_replaced(scene: StepInputs, part: ServicePlan) -> bool:
    """Whether it is the stack's Postgres, which gets another container: its image may bring other libraries."""
    return part.service == scene.host.postgres_service and part.strategy in {"surge", "recreate"}


def _service(scene: StepInputs, part: ServicePlan) -> Step:
    if part.strategy == "job":
        return RunJob(scene, part.service, wave=part.wave)
    if part.strategy == "retire":
        return Retire(scene, part.service)
    return RollService(scene, part)
