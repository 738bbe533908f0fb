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
    return next(
        (one for one in host.journal().runs() if one.kind == FleetUpgrade.kind and one.state in UNFINISHED), None
    )


def _require_whole(host: Host, run: RunRecord, to: str) -> None:
    """A stack in the middle of its upgrade serves nobody."""
    journal = host.journal()
    steps = {step.name: step.state for step in journal.steps(run.id)}
    state = steps.get(f"upgrade:{to}", "pending")
    if state not in {"started", "failed"}:
        return
    child = str(journal.facts(run.id, f"upgrade:{to}").get(CHILD, ""))
    one = next(one for one in from_json(run.plan).stacks if one.name == to)
    first = from_json(run.plan).first.name == to
    if child and not (first and is_taken_back(host, child)):
        raise RefusedError(
            f"{printable(one.name)} is in the middle of its upgrade (run {child}); nothing was changed.",
            f"avnwizard resume {run.id}, or avnwizard rollback {run.id}",
        )
