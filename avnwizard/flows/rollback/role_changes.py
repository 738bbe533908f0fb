"""How the roles differ from a snapshot's when a run is rolled back."""

from collections.abc import Sequence

from avnwizard.domain.plan import Plan
from avnwizard.domain.postgres.globals import GlobalsChange, left_alone
from avnwizard.engine.records import StepRecord
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots


def compare_roles(host: Host, plan: Plan, begun: Sequence[StepRecord], *, restore: bool) -> GlobalsChange | None:
    """How the roles differ. Where only the code goes back it changes none: a login may have been closed on purpose.

    A snapshot whose globals cannot be read does not keep the code from going back.
    """
    if not plan.snapshot.taken or not any(step.kind.touches_data for step in begun):
        return None
    try:
        change = host.database().globals_changes(snapshots.verified_globals(host.files, plan.snapshot.folder))
    except HostError as error:
        return GlobalsChange(left=(f"the roles were not compared with the snapshot's: {error.message}",))
    return change if restore else GlobalsChange(left=(*left_alone(change), *change.left))
