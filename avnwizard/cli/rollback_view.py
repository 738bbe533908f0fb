"""A rollback for reading: what it takes and why, what it costs, what becomes of the rows."""

import json
from typing import TYPE_CHECKING, Any

from avnwizard.cli.output import say
from avnwizard.domain.going_back import sentence, things
from avnwizard.domain.plain import printable

if TYPE_CHECKING:
    from avnwizard.engine.records import RunRecord
    from avnwizard.flows.rollback.plan import RollbackPlan


def as_document(plan: "RollbackPlan") -> dict[str, Any]:
    """The plan as the JSON document that scripts read: every entry of a list names what it holds."""
    from avnwizard.flows.rollback.plan import rollback_to_json

    found: dict[str, Any] = json.loads(rollback_to_json(plan))
    found["services"] = [{"service": name, "strategy": how} for name, how in plan.services]
    found["stay"] = [{"service": name, "why": why} for name, why in plan.stay]
    found["consent"] = [{"flag": flag, "why": why} for flag, why in plan.consent]
    found["cost"]["lost"] = [{"database": name, **written} for name, written in found["cost"]["lost"]]
    return found


def show_rollback(record: "RunRecord", plan: "RollbackPlan", *, now: float) -> None:
    """Say it before it is confirmed; of a dry run it is the answer."""
    from avnwizard.flows.stack.former_images import of_before

    say(f"rolling back {record.title}: {plan.why}")
    say(sentence(plan.cost, now))
    if plan.restore:
        _tell_restore(plan)
    elif plan.databases or plan.cost.written.tables:
        say(f"the databases stay, and with them {things(plan.cost.written)} since the snapshot")
    for line in of_before(plan.fetch, plan.borrowed):
        say(line, style="yellow")
    for how, names in plan.altered.items():
        say(f"services, {how}: {', '.join(names)}")
    if not plan.altered:
        say("services: none was touched")
    if plan.retire:
        say(f"removed: {', '.join(plan.retire)}")
    _show_what_stays(plan)


def _show_what_stays(plan: "RollbackPlan") -> None:
    """What does not go back, or needs the operator's word."""
    for line in (*plan.roles.repaired, *plan.roles.left) if plan.roles else ():
        say(line)
    for service, why in plan.stay:
        say(f"{printable(service)} stays as it is: {why}", style="yellow")
    for text in (*plan.notes, *(text for _, text in plan.consent)):
        say(text, style="yellow")
    if plan.gone:
        gone = ", ".join(map(printable, plan.gone))
        say(f"not brought back, since no compose file of that release names it: {gone}")


def _tell_restore(plan: "RollbackPlan") -> None:
    if plan.chosen:
        say("the databases go back all the same, as you wish")
    say(f"the databases go back to the snapshot {plan.snapshot}; as they are now they are kept under another name")
    lost = dict(plan.cost.lost)
    for name in plan.databases:
        if name in lost:
            say(f"  {name}: {things(lost[name])} since the snapshot, set aside")
    if plan.cost.migrated.rows:
        say(f"  (and {plan.cost.migrated.rows:,} rows written while the migrations ran)")
    if plan.save_rows:
        say("the tables written to since the snapshot are dumped as well, into its folder")
    say(f"the restore runs alongside the live databases for {plan.cost.beside};")
    say("users are interrupted from the swap until the old services are up again")
    say(f"stopped for the swap: {', '.join(plan.stopped) or 'none'}")
