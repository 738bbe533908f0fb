"""The report of a run, for the change ticket: what changed, how long it took, where everything is."""

import time
from collections.abc import Sequence

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, from_json
from avnwizard.engine.feed import FeedReader
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import StepRecord
from avnwizard.flows.edge.lines import edge_lines
from avnwizard.flows.edge.memory import ProbeMemory, load
from avnwizard.flows.edge.series import series
from avnwizard.flows.host import Host
from avnwizard.flows.rollback.report import rollback_lines
from avnwizard.flows.run.report_html import page
from avnwizard.flows.run.report_plot import plot
from avnwizard.flows.safety.unprotected import not_held

NAME, PAGE = "report.md", "report.html"


def write_report(host: Host, journal: Journal, run: str) -> None:
    """Write `report.md` and `report.html` into the run's folder (0600); they hold no secret."""
    folder = host.state.run(run)
    record, steps = journal.run(run), journal.steps(run)
    markdown = report(journal, run, load(host.files, folder))
    host.files.write(folder / NAME, markdown.encode())
    began = min((step.started_at for step in steps if step.started_at), default=record.created_at)
    ended = max((step.finished_at for step in steps), default=0.0) or record.finished_at or began
    points = series(FeedReader(host.state.feed(run)).read(), began=began, ended=ended)
    figure = plot(points, steps, began=began, ended=ended)
    host.files.write(folder / PAGE, page(record.title, markdown, figure).encode())


def report(journal: Journal, run: str, probed: ProbeMemory | None = None) -> str:
    """The report as Markdown.

    Args:
        probed: what the edge probe counted.
    """
    record = journal.run(run)
    plan = from_json(journal.run(record.undoes).plan if record.undoes else record.plan)
    steps = journal.steps(run)
    old, new = (plan.target, plan.current) if record.undoes else (plan.current, plan.target)
    lines = [
        f"# {plan.product}: {record.title}",
        "",
        f"- run: {record.id} ({record.kind}), {record.state}",
        f"- stack: {plan.project.name} in {plan.project.directory}",
        f"- from: {old.tag} ({old.commit[:12]})",
        f"- to: {new.tag} ({new.commit[:12]})",
        f"- began: {_when(record.created_at)}, ended: {_when(record.finished_at)}",
        f"- snapshot: {_snapshot(plan, steps)}",
    ]
    lines += [f"- not in it: {printable(not_held(name))}" for name in plan.snapshot.not_held]
    if record.message:
        lines += ["", f"It stopped: {printable(record.message)}", "", f"What to do: {printable(record.hint)}"]
    lines += rollback_lines(journal, record)
    lines += edge_lines(probed)
    lines += ["", "## Steps", "", "| | step | state | seconds |", "| ---: | --- | --- | ---: |"]
    for number, step in enumerate(steps, start=1):
        took = f"{step.finished_at - step.started_at:.1f}" if step.finished_at and step.started_at else ""
        lines.append(f"| {number} | {_cell(step.title)} | {step.state} | {took} |")
    if not record.undoes:
        lines += ["", "## Services", "", "| service | strategy | from | to |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {part.service} | {part.strategy} | {_cell(part.image_old)} | {_cell(part.image_new)} |"
            for part in plan.services
        ]
        lines += ["", "## Env file", ""]
        lines += [f"- {edit.action} {edit.key} {edit.new_key}".rstrip() for edit in plan.env] or ["- unchanged"]
        lines += ["", "## Breaking changes acknowledged", ""]
        lines += [f"- {item.id}: {_cell(item.title)}" for item in plan.breaking] or ["- none"]
        if plan.changelog:
            lines += ["", _cell(plan.changelog)]
        if plan.notices:
            lines += ["", "## Notices of the release", ""]
            lines += [f"- {_cell(one.version)}, {one.kind}: {_cell(one.title)}" for one in plan.notices]
        if plan.drift:
            lines += ["", "## What ran otherwise than the files said, as acknowledged", ""]
            lines += [f"- {_cell(each)}" for each in plan.drift]
    return "\n".join(lines) + "\n"


def _snapshot(plan: Plan, steps: Sequence[StepRecord]) -> str:
    """Where it is, and how far it is proven: as the step noted, not as was planned."""
    if not plan.snapshot.taken:
        return f"none was taken: {printable(plan.snapshot.why_not)}" if plan.snapshot.why_not else "none was taken"
    facts = next((step.facts for step in steps if step.name == "snapshot"), {})
    note = f" ({printable(facts['proof_note'])})" if facts.get("proof_note") else ""
    return f"{plan.snapshot.folder}" + (f", proven: {facts['proof']}{note}" if "proof" in facts else "")


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(seconds)) if seconds else "not yet"


def _cell(text: str) -> str:
    return printable(text, limit=200).replace("|", "\\|")
