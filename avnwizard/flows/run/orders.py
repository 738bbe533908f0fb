"""What an operator orders apart from an upgrade, written down as runs: a snapshot, a restore, a removal."""

import hashlib
from collections.abc import Mapping

from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import UNFINISHED
from avnwizard.errors import RefusedError
from avnwizard.flows.contract import flow as contracting
from avnwizard.flows.create import flow as creating
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.fleet import order as fleeting
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes import plan as helm
from avnwizard.flows.kubernetes.flow import UpgradeKubernetes
from avnwizard.flows.kubernetes.preparing import PreparedRelease
from avnwizard.flows.postgres import forget as forgetting
from avnwizard.flows.postgres import plan as major
from avnwizard.flows.postgres.flow import PostgresMajor
from avnwizard.flows.postgres.renewing import RenewOrder
from avnwizard.flows.postgres.world import save_files
from avnwizard.flows.rehearse import plan as rehearsing
from avnwizard.flows.rehearse.flow import Rehearsal
from avnwizard.flows.rehearse.planning import PreparedRehearsal
from avnwizard.flows.rehearse.world import FOLDER, Which
from avnwizard.flows.restore import planning as restoring
from avnwizard.flows.restore.flow import Restore
from avnwizard.flows.rotate import keeping, password_plan
from avnwizard.flows.rotate import plan as rotating
from avnwizard.flows.rotate.password_planning import PreparedPassword
from avnwizard.flows.rotate.password_steps import write_bridge
from avnwizard.flows.rotate.planning import Prepared
from avnwizard.flows.rotate.standing import REPLACE, ROTATE
from avnwizard.flows.run import children, launch, removing
from avnwizard.flows.run.fleet import FleetUpgrade
from avnwizard.flows.run.pruning import Pruning
from avnwizard.flows.run.registry import flow_of
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.flows.upgrade.planning import Prepared as Upgrading


def order_snapshot(host: Host, plan: SnapshotPlan) -> str:
    """Write down that a snapshot is taken; the run's name.

    Raises:
        BusyError: another run holds the stack.
    """
    env = env_bytes(host)
    return launch.create(
        host,
        creating.CreateSnapshot.kind,
        title=f"snapshot {plan.folder.name}",
        plan=creating.to_json(plan),
        prepare=lambda folder: folder.save_env(env),
    )


def order_restore(host: Host, order: restoring.RestoreOrder) -> str:
    """Write down that a snapshot is restored; the run's name: the earlier one's where that goes on with this order.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another restore stopped after it had changed something.
    """
    plan = restoring.to_json(order)
    if run := _same_order(host.journal(), plan):
        return run
    return launch.create(host, Restore.kind, title=f"restore of {order.snapshot.name}", plan=plan)


def _same_order(journal: Journal, plan: str) -> str:
    """The unfinished run of this order; "" for none. Once another run changed the same, nobody goes on with it."""
    flow = Restore()
    for run in journal.runs():
        if isinstance(flow_of(run), Restore) and run.state in UNFINISHED and run.plan == plan:
            return run.id
        if flow_of(run).subjects & flow.subjects:
            return ""
    return ""


def order_removal(host: Host, found: Pruning) -> str:
    """Write down that old snapshots and databases that were set aside are removed; the run's name.

    Raises:
        BusyError: another run holds the stack.
    """
    return launch.create(host, removing.Prune.kind, title="removal of old snapshots", plan=removing.to_json(found))


def order_rotation(host: Host, prepared: Prepared) -> str:
    """Write down one phase of a rotation; the run's name. The secrets are kept before anything uses them.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: a run is unfinished, or the env file changed since the plan was made.
    """
    plan = prepared.plan

    def prepare(_folder: RunFolder) -> None:
        if hashlib.sha256(env_bytes(host)).hexdigest() != plan.stack.env_sha256:
            raise RefusedError("The env file changed since the plan was made.", f"avnwizard rotate {plan.what}")
        if prepared.begins:
            keeping.keep(host, plan.rotation, prepared.pair.old, prepared.pair.new)

    return launch.create(host, ROTATE, title=plan.title, plan=rotating.to_json(plan), prepare=prepare)


def order_password(host: Host, prepared: PreparedPassword) -> str:
    """Write down that a role's password is replaced; the run's name. Both passwords are kept before it begins.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: a run is unfinished, or the env file changed since the plan was made.
    """
    plan = prepared.plan

    def prepare(folder: RunFolder) -> None:
        if hashlib.sha256(env_bytes(host)).hexdigest() != plan.stack.env_sha256:
            raise RefusedError("The env file changed since the plan was made.", "Give the command again.")
        keeping.keep(host, plan.rotation, prepared.pair.old, prepared.pair.new)
        write_bridge(host, folder, plan)

    return launch.create(host, REPLACE, title=plan.title, plan=password_plan.to_json(plan), prepare=prepare)


def order_major(host: Host, plan: major.MajorPlan) -> str:
    """Write down that Postgres goes to its next major; the run's name.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another run is unfinished, or the compose file changed since the plan was made.
    """
    env = env_bytes(host)

    def prepare(folder: RunFolder) -> None:
        folder.save_env(env)
        save_files(host, folder, plan)

    title = f"Postgres {plan.major_old} to {plan.major_new}"
    return launch.create(host, PostgresMajor.kind, title=title, plan=major.to_json(plan), prepare=prepare)


def order_forgetting(host: Host, one: forgetting.Leftover) -> str:
    """Write down that a volume which a Postgres upgrade left is removed; the run's name.

    Raises:
        BusyError: another run holds the stack.
    """
    title = f"removal of {one.volume}"
    return launch.create(host, forgetting.ForgetOld.kind, title=title, plan=forgetting.to_json(one))


def order_reindex(host: Host) -> str:
    """Write down that indexes which another library put in order are made again; the run's name.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another run is unfinished.
    """
    return launch.create(host, RenewOrder.kind, title="rebuild of indexes", plan="{}")


def order_helm(host: Host, plan: helm.KubePlan) -> str:
    """Write down that the Helm release goes to its next chart; the run's name.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another run is unfinished.
    """
    return launch.create(host, UpgradeKubernetes.kind, title=plan.shown, plan=helm.to_json(plan))


def order_release(host: Host, prepared: PreparedRelease) -> str:
    """Write down that the Helm release goes to a release tag; the run's name.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another run is unfinished, or the values or the checkout changed since the plan was made.
    """
    plan = prepared.plan
    assert plan.move is not None

    def prepare(folder: RunFolder) -> None:
        prepared.require_unchanged(host)
        prepared.save(folder)

    title = f"{plan.move.current.tag} to {plan.move.target.tag}"
    return launch.create(host, UpgradeKubernetes.kind, title=title, plan=helm.to_json(plan), prepare=prepare)


def order_rehearsal(host: Host, prepared: PreparedRehearsal) -> str:
    """Write down that a release is rehearsed; the run's name.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another run is unfinished.
    """
    plan = prepared.plan
    wanted: tuple[Which, ...] = ("target", "old") if plan.old else ("target",)

    def prepare(folder: RunFolder) -> None:
        prepared.materials.write(host, folder.path / FOLDER, wanted)

    title = f"rehearsal of {plan.tag}"
    return launch.create(host, Rehearsal.kind, title=title, plan=rehearsing.to_json(plan), prepare=prepare)


def order_contract(host: Host, order: contracting.ContractOrder) -> str:
    """Write down that what a release held back of its migrations runs now; the run's name.

    Raises:
        BusyError: another run holds the stack.
        RefusedError: another run is unfinished.
    """
    env = env_bytes(host)
    return launch.create(
        host,
        contracting.Contract.kind,
        title=f"the rest of the migrations of {order.tag}",
        plan=contracting.to_json(order),
        prepare=lambda folder: folder.save_env(env),
    )


def order_fleet(host: Host, order: fleeting.FleetOrder, prepared: Mapping[str, tuple[Host, Upgrading]]) -> str:
    """Write down that a release goes through the stacks of a fleet; the run's name.

    Args:
        host: the first stack.
        prepared: stack -> the stack, and what its own upgrade needs.

    Raises:
        BusyError: another run holds the first stack.
        RefusedError: another run is unfinished there.
    """

    def prepare(folder: RunFolder) -> None:
        for name, (each, kept) in prepared.items():
            children.keep(host, folder.path, name, each, kept)

    title = f"{order.old_tag} to {order.tag} through {len(order.stacks)} stacks"
    return launch.create(host, FleetUpgrade.kind, title=title, plan=fleeting.to_json(order), prepare=prepare)
