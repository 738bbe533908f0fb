"""The report of a run, for the change ticket: what changed, how long it took, where everything is."""

from avnwizard.domain.plain import printable
from avnwizard.domain.words import timestamp
from avnwizard.engine.feed import FeedReader
from avnwizard.engine.journal import Journal
from avnwizard.flows.edge.lines import edge_lines
from avnwizard.flows.edge.memory import ProbeMemory, load
from avnwizard.flows.edge.series import series
from avnwizard.flows.host import Host
from avnwizard.flows.run.registry import flow_of
from avnwizard.flows.run.report_html import page
from avnwizard.flows.run.report_plot import plot

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
    record, steps = journal.run(run), journal.steps(run)
    flow = flow_of(record)
    lines = [
        f"# {flow.heading(journal, record)}",
        "",
        f"- run: {record.id} ({record.kind}), {record.state}",
        *flow.facts(journal, record, steps),
        f"- began: {timestamp(record.created_at)}, ended: {timestamp(record.finished_at) or 'not yet'}",
    ]
    if record.message:
        lines += ["", f"It stopped: {printable(record.message)}", "", f"What to do: {printable(record.hint)}"]
    lines += flow.account(journal, record)
    lines += edge_lines(probed)
    lines += ["", "## Steps", "", "| | step | state | seconds |", "| ---: | --- | --- | ---: |"]
    for number, step in enumerate(steps, start=1):
        took = f"{step.finished_at - step.started_at:.1f}" if step.finished_at and step.started_at else ""
        lines.append(f"| {number} | {_cell(step.title)} | {step.state} | {took} |")
    return "\n".join([*lines, *flow.sections(journal, record)]) + "\n"


def _cell(text: str) -> str:
    return printable(text, limit=200).replace("|", "\\|")
