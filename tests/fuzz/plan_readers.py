"""The readers of plans and orders in the journal: another version may have written them."""

from collections.abc import Callable
from typing import Any

from avnwizard.domain import plan as upgrade_plan
from avnwizard.domain.plan import Plan
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.typed import Typed, order_from
from avnwizard.flows.contract import flow as contract_flow
from avnwizard.flows.contract.flow import ContractOrder
from avnwizard.flows.create import flow as create_flow
from avnwizard.flows.fleet import order as fleet_order
from avnwizard.flows.fleet.order import FleetOrder
from avnwizard.flows.kubernetes import plan as kubernetes_plan
from avnwizard.flows.kubernetes.plan import KubePlan
from avnwizard.flows.postgres import plan as major_plan
from avnwizard.flows.postgres.plan import MajorPlan
from avnwizard.flows.rehearse import plan as rehearsal_plan
from avnwizard.flows.rehearse.plan import RehearsalPlan
from avnwizard.flows.restore import planning as restore_planning
from avnwizard.flows.restore.planning import RestoreOrder
from avnwizard.flows.rollback.plan import RollbackPlan, rollback_from_json
from avnwizard.flows.rotate import password_plan
from avnwizard.flows.rotate import plan as rotate_plan
from avnwizard.flows.rotate.password_plan import PasswordPlan
from avnwizard.flows.rotate.plan import RotationPlan
from tests.fuzz.made import made
from tests.fuzz.mutating import broken_json
from tests.fuzz.reader import Reader


def json_of(kind: Any) -> Callable[[], str]:
    """A sample of a type, as JSON."""
    return lambda: Typed(kind).adapter.dump_json(made(kind)).decode()


def _plan(kind: Any, read: Callable[[str], object]) -> Reader:
    return Reader(json_of(kind), read, broken_json)


PLAN_READERS: dict[str, Reader] = {
    "plan of an upgrade": _plan(Plan, upgrade_plan.from_json),
    "plan of a rollback": _plan(RollbackPlan, rollback_from_json),
    "plan of a rotation": _plan(RotationPlan, rotate_plan.from_json),
    "plan of a new password": _plan(PasswordPlan, password_plan.from_json),
    "plan of a Postgres upgrade": _plan(MajorPlan, major_plan.from_json),
    "plan of a snapshot": _plan(SnapshotPlan, create_flow.from_json),
    "order of a restore": _plan(RestoreOrder, restore_planning.from_json),
    "order of a removal": Reader(
        lambda: '{"remove": ["/a"], "leftover": [], "databases": ["b"]}',
        lambda text: order_from(text, remove=list, leftover=list, databases=list),
        broken_json,
    ),
    "order of a forgetting": Reader(
        lambda: '{"volume": "a", "image": ""}', lambda text: order_from(text, volume=str, image=str), broken_json
    ),
    "plan of a Helm upgrade": _plan(KubePlan, kubernetes_plan.from_json),
    "plan of a release through a fleet": _plan(FleetOrder, fleet_order.from_json),
    "order of the rest of the migrations": _plan(ContractOrder, contract_flow.from_json),
    "plan of a rehearsal": _plan(RehearsalPlan, rehearsal_plan.from_json),
}
