"""Which release held something back, and whether it may run now: once no old code is left that would need it."""

from collections.abc import Iterator

from avnwizard.domain.findings import Finding
from avnwizard.domain.migrations.release_list import Split
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.plan import from_json as plan_from_json
from avnwizard.domain.words import count
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.contract.flow import Contract, ContractOrder, from_json
from avnwizard.flows.contract.old_code import require_no_old_code
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.flows.upgrade.flow import Upgrade


def plan_contract(host: Host, journal: Journal) -> ContractOrder:
    """What is to be run; nothing is changed.

    Raises:
        RefusedError: nothing waits, or old code runs that needs what would go.
    """
    run, split, plan = _waiting(host, journal)
    require_no_old_code(host, journal, run, plan)
    tag = plan.target.tag
    return ContractOrder(run.id, tag, split, plan_snapshot(host, f"{tag}-rest"))


def held_back(host: Host) -> Iterator[Finding]:
    """What `check` says of statements that were held back and did not run yet."""
    if not host.has_database or not host.files.exists(host.state.journal):
        return
    journal = host.journal()
    if not any(_may_hold(run) for run in journal.runs()):
        return
    try:
        _, split, plan = _waiting(host, journal)
    except RefusedError:
        return
    held = count(len(split.held), "statement")
    yield Finding(
        "database",
        "warn",
        f"{held} of {printable(plan.target.tag)}'s migrations were held back and did not run yet.",
        "Once you are sure of the release: avnwizard contract",
    )


def _waiting(host: Host, journal: Journal) -> tuple[RunRecord, Split, Plan]:
    ended = [one for one in journal.runs() if one.kind == Contract.kind and one.state == "done"]
    done = {from_json(one.plan).upgrade for one in ended}
    for run in journal.runs():
        if not _may_hold(run) or run.id in done or run.state not in {"done", "undone"}:
            continue
        plan = plan_from_json(run.plan)
        if plan.split and _is_recorded(host, plan.split):
            return run, plan.split, plan
    raise RefusedError(
        "No release holds back anything of its migrations.",
        "avnwizard upgrade --hold-back does: avnwizard help expand-contract",
    )


def _may_hold(run: RunRecord) -> bool:
    """Without reading its plan, which another version may have written: only a split has files with this key."""
    return run.kind == Upgrade.kind and '"recorded"' in run.plan


def _is_recorded(host: Host, split: Split) -> bool:
    """A snapshot that was restored since took both parts away."""
    there = host.database().migrations(split.database)
    return there.recorded(split) >= {one.recorded for one in split.files} and there.there(split)
