"""The report's part on an upgrade; a rollback's report begins with the same facts, the other way round."""

from collections.abc import Sequence

from avnwizard.domain.changelog.plainly import plainly
from avnwizard.domain.handled import how
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.engine.records import StepRecord
from avnwizard.flows.safety.unprotected import not_held
from avnwizard.planned import StepKind


def change_facts(plan: Plan, steps: Sequence[StepRecord], *, back: bool = False) -> list[str]:
    """Which stack, from which release to which, and the snapshot.

    Args:
        steps: those of the run that is reported.
    """
    old, new = (plan.target, plan.current) if back else (plan.current, plan.target)
    return [
        f"- stack: {plan.project.name} in {plan.project.directory}",
        f"- from: {old.tag} ({old.commit[:12]})",
        f"- to: {new.tag} ({new.commit[:12]})",
        f"- snapshot: {_snapshot(plan, steps)}",
        *(f"- not in it: {printable(not_held(name))}" for name in plan.snapshot.not_held),
    ]


def change_sections(plan: Plan) -> list[str]:
    """Services, env file, and what was acknowledged."""
    lines = ["", "## Services", "", "| service | how | from | to |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {part.service} | {how(part.strategy)} | {_cell(part.image_old)} | {_cell(part.image_new)} |"
        for part in plan.services
    ]
    if digests := [f"- {part.service}: {part.digest}" for part in plan.services if part.digest]:
        lines += ["", "## Image digests", "", *digests]
    lines += ["", "## Env file", ""]
    lines += [f"- {edit.action} {edit.key} {edit.new_key}".rstrip() for edit in plan.env] or ["- unchanged"]
    lines += ["", "## Breaking changes acknowledged", ""]
    lines += [f"- {item.id}: {plainly(item.text or item.title)}" for item in plan.breaking] or ["- none"]
    if plan.signature:
        lines += ["", f"The tag {_cell(plan.target.tag)} {_cell(plan.signature)}."]
    if plan.rehearsed:
        lines += ["", "## Rehearsed before", "", *(f"- {printable(one, limit=1000)}" for one in plan.rehearsed)]
    if plan.changelog:
        lines += ["", _cell(plan.changelog)]
    if plan.notices:
        lines += ["", "## Notices of the release", ""]
        lines += [f"- {_cell(one.version)}, {one.kind}: {plainly(one.title)}" for one in plan.notices]
    if plan.warnings:
        lines += ["", "## Known before it began", ""]
        lines += [f"- {printable(one, limit=1000)}" for one in plan.warnings]
    if plan.drift:
        lines += ["", "## What ran otherwise than the files said, as acknowledged", ""]
        lines += [f"- {_cell(each)}" for each in plan.drift]
    return lines


def _snapshot(plan: Plan, steps: Sequence[StepRecord]) -> str:
    """Where it is, and how far it is proven: as the step noted, not as was planned."""
    if not plan.snapshot.taken:
        return f"none was taken: {printable(plan.snapshot.why_not)}" if plan.snapshot.why_not else "none was taken"
    facts = next((step.facts for step in steps if step.kind is StepKind.SNAPSHOT), {})
    note = f" ({printable(facts['proof_note'])})" if facts.get("proof_note") else ""
    size = f", {facts['bytes'] / 1e6:,.1f} MB with checksums in SHA256SUMS" if facts.get("bytes") else ""
    return f"{plan.snapshot.folder}{size}" + (f", proven: {facts['proof']}{note}" if "proof" in facts else "")


def _cell(text: str) -> str:
    return printable(text, limit=200).replace("|", "\\|")
