"""The report of a run, for the change ticket: what changed, how long it took, where everything is."""

from collections.abc import Mapping
from contextlib import suppress

from avnwizard.domain.plain import printable
from avnwizard.domain.words import timestamp
from avnwizard.engine.feed import Event, FeedReader
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import WizardError
from avnwizard.flows.canary.lines import canary_lines
from avnwizard.flows.canary.memory import load as load_canary
from avnwizard.flows.edge.lines import edge_lines
from avnwizard.flows.edge.memory import load
from avnwizard.flows.edge.series import series
from avnwizard.flows.host import Host
from avnwizard.flows.run.registry import flow_of
from avnwizard.flows.run.report_evidence import checked, last_words, losses, origin, step_table, verdict, way_back
from avnwizard.flows.run.report_html import page
from avnwizard.flows.run.report_plot import plot
from avnwizard.flows.stack.kept_images import WHOLE_RUN

NAME, PAGE = "report.md", "report.html"


def write_report(host: Host, journal: Journal, run: str) -> None:
    """Write `report.md` and `report.html` into the run's folder (0600); they hold no secret."""
    folder = host.state.run(run)
    host.files.write(folder / NAME, report(host, journal, run).encode())
    host.files.write(folder / PAGE, report_page(host, journal, run).encode())


def report_page(host: Host, journal: Journal, run: str) -> str:
    """The report as one HTML page, with the plot."""
    record, steps = journal.run(run), journal.steps(run)
    began = min((step.started_at for step in steps if step.started_at), default=record.created_at)
    ended = max((step.finished_at for step in steps), default=0.0) or record.finished_at or began
    points = series(FeedReader(host.state.feed(run)).read(), began=began, ended=ended)
    return page(record.title, report(host, journal, run), plot(points, steps, began=began, ended=ended))


def report(host: Host, journal: Journal, run: str) -> str:
    """The report as Markdown."""
    record, steps = journal.run(run), journal.steps(run)
    flow, events = flow_of(record), FeedReader(host.state.feed(run)).read()
    probed, lost = load(host.files, host.state.run(run)), losses(events, steps)
    canary = load_canary(host.files, host.state.run(run))
    lines = [
        f"# {flow.heading(journal, record)}",
        "",
        verdict(record, steps, probed, lost, canary),
        "",
        f"- run: {record.id} ({record.kind}), {record.state}",
        *origin(journal.facts(run, WHOLE_RUN)),
        *flow.facts(journal, record, steps),
        f"- began: {timestamp(record.created_at)}, ended: {timestamp(record.finished_at) or 'not yet'}",
        *way_back(flow, record),
    ]
    if record.message:
        lines += ["", f"It stopped: {printable(record.message)}", "", f"What to do: {printable(record.hint)}"]
        lines += last_words(events, steps)
    lines += checked(journal.facts(run, WHOLE_RUN))
    lines += flow.account(journal, record)
    lines += edge_lines(probed)
    lines += canary_lines(canary)
    lines += step_table(steps, _expected(host, journal, record), lost)
    return "\n".join([*lines, *flow.sections(journal, record)]) + "\n"


def lost_by_step(host: Host, journal: Journal, run: str) -> Mapping[str, int]:
    """Step name -> how many requests were lost while it was at work; only the steps with a loss."""
    events: list[Event] = FeedReader(host.state.feed(run)).read()
    return losses(events, journal.steps(run))


def _expected(host: Host, journal: Journal, record: RunRecord) -> Mapping[str, float]:
    with suppress(WizardError):
        return flow_of(record).expected(host, journal, record)
    return {}
