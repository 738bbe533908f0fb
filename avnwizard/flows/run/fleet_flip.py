"""A flip while a release goes through the fleet: the run is stopped first, so that it does not go on against it."""

from avnwizard.domain.plain import printable
from avnwizard.domain.words import timestamp
from avnwizard.engine.records import UNFINISHED, RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows import holding
from avnwizard.flows.fleet.flipping import Flipped, flip, whither
from avnwizard.flows.fleet.order import from_json
from avnwizard.flows.host import Host
from avnwizard.flows.run.children import CHILD, is_taken_back
from avnwizard.flows.run.fleet import FLIPPED, FleetUpgrade
from avnwizard.flows.run.fleet_rotate import FleetRotate
from avnwizard.flows.run.fleet_rotate import from_json as rotation_from_json


def flip_fleet(host: Host, wanted: str = "") -> tuple[Flipped, str]:
    """Send all requests to one stack; what was done, and the run that was asked to stop ("" for none).

    Args:
        host: the first stack of the fleet.

    Raises:
        RefusedError: the stack is being upgraded, is down, or it is not clear which is meant.
        HostError: the balancer refuses.
    """
    balancer = host.balancer()
    to = whither(balancer.look(), wanted)
    run = _unfinished(host)
    if run is not None:
        _require_whole(host, run, to)
        if holding.is_live(host, run.id):
            host.journal().post(run.id, "abort")
    done = flip(balancer, to)
    if run is not None:
        journal = host.journal()
        before = journal.facts(run.id, "").get(FLIPPED, [])
        journal.note(run.id, "", {FLIPPED: [*before, f"{to} at {timestamp(host.clock.now())}"]})
    return done, run.id if run else ""


def _unfinished(host: Host) -> RunRecord | None:
    if not host.files.exists(host.state.journal):
        return None
    kinds = {FleetUpgrade.kind, FleetRotate.kind}
    return next((one for one in host.journal().runs() if one.kind in kinds and one.state in UNFINISHED), None)


def _require_whole(host: Host, run: RunRecord, to: str) -> None:
    """A stack in the middle of its upgrade, or of a rotation's phase, serves nobody."""
    journal = host.journal()
    upgrades = run.kind == FleetUpgrade.kind
    name = f"{'upgrade' if upgrades else 'rotate'}:{to}"
    state = next((step.state for step in journal.steps(run.id) if step.name == name), "pending")
    if state not in {"started", "failed"}:
        return
    child = str(journal.facts(run.id, name).get(CHILD, ""))
    order = from_json(run.plan) if upgrades else rotation_from_json(run.plan).fleet
    if child and not (order.first.name == to and is_taken_back(host, child)):
        what = "upgrade" if upgrades else "rotation"
        raise RefusedError(
            f"{printable(to)} is in the middle of its {what} (run {child}); nothing was changed.",
            f"avnwizard resume {run.id}, or avnwizard rollback {run.id}",
        )
