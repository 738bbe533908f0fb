"""The report's part on going back: what an upgrade's rollback would take, and what a rollback did."""

from collections.abc import Iterator
from typing import Any

from avnwizard.domain.going_back import things
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.writes import TableWrites, Written, together
from avnwizard.domain.typed import Typed
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import WizardError
from avnwizard.flows.rollback.plan import rollback_from_json

_TABLES: Typed[tuple[TableWrites, ...]] = Typed(tuple[TableWrites, ...])


def rollback_lines(journal: Journal, record: RunRecord) -> list[str]:
    """Markdown lines for a rollback's report; [] where another version planned it."""
    try:
        plan = rollback_from_json(record.plan)
    except WizardError:
        return []
    facts = {step.name: step.facts for step in journal.steps(record.id)}
    lines = ["", "## Going back", "", f"- why: {_cell(plan.why)}"]
    if plan.chosen:
        lines.append("- the operator chose to put the databases back all the same")
    stayed = "the databases stayed as they were" if not plan.cost.stays else "no database was put back"
    lines += _databases(facts.get("swap", {})) if plan.restore else [f"- {stayed}"]
    for what in ("repaired", "left"):
        lines += [f"- {_cell(line)}" for line in facts.get("roles", {}).get(what, ())]
    lines += [f"- {_cell(line)}" for line in (plan.roles.left if plan.roles and not plan.restore else ())]
    lines += [f"- {_cell(service)} stayed at the newer version: {_cell(why)}" for service, why in plan.stay]
    lines += [f"- {_cell(line)}" for line in plan.notes]
    lines += [f"- agreed to: {_cell(text)}" for _, text in plan.consent]
    if folder := facts.get("save-rows", {}).get("folder"):
        lines.append(f"- the tables that were written to are saved in {_cell(folder)}, with a README")
    return lines


def _databases(swap: dict[str, Any]) -> Iterator[str]:
    for name, kept in swap.get("kept", {}).items():
        yield f"- {_cell(name)} is as in the snapshot; as it was it is kept as {_cell(kept)}"
    if "lost" in swap:
        parts = [
            Written(_TABLES.adapter.validate_python(tables), swap.get("exact", True))
            for tables in swap["lost"].values()
        ]
        yield f"- set aside: {things(together(parts))}"


def _cell(text: str) -> str:
    return printable(str(text), limit=400)
