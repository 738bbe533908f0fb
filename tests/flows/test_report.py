"""The report: the same facts in Markdown and in one HTML file that fetches nothing and believes nobody."""

import re
import socket
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from avnwizard import __version__
from avnwizard.domain.answers import Answers
from avnwizard.domain.changelog.plainly import plainly
from avnwizard.domain.probing import Tally
from avnwizard.engine.feed import Event
from avnwizard.engine.records import StepRecord
from avnwizard.errors import ExitCode
from avnwizard.flows.edge.lines import edge_lines
from avnwizard.flows.edge.memory import ProbeMemory
from avnwizard.flows.edge.series import series
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.run.report_evidence import losses
from avnwizard.flows.run.report_html import page
from avnwizard.flows.run.report_plot import plot
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.practice.host import open_host as open_practice
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard

_BACK = ("v2.0.0", "v1.5.0")

HOSTILE = "<script>alert(1)</script> ![x](http://evil.test/a.png) [y](javascript:z) \x1b[31m \u202e"


def _event(at: float, answered: int, lost: int = 0, p99: float = 12.0) -> Event:
    return Event(
        at, "measure", "", data={"second": {"answered": answered, "lost": lost, "p50_ms": 6.0, "p99_ms": p99}}
    )


def _step(number: int, title: str, began: float, ended: float) -> StepRecord:
    return StepRecord("run", number, f"s{number}", title, "done", began, ended, "", {})


class _Page(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_series_is_bounded_and_loses_no_count() -> None:
    """Ten hours of seconds in 240 points, with every request in one of them; the worst latency stays."""
    events = [_event(float(at), 20, int(at == 777), 900.0 if at == 5000 else 12.0) for at in range(36_000)]
    points = series(events, began=0.0, ended=36_000.0)
    assert len(points) == 240
    assert sum(one.answered for one in points) == 20 * 36_000
    assert sum(one.lost for one in points) == 1
    assert max(one.p99_ms for one in points) == 900.0


def test_what_is_no_number_is_passed_over() -> None:
    """A feed of another version or a torn one draws nothing wrong."""
    odd = [
        Event(1.0, "measure", "", data={}),
        Event(1.0, "measure", "", data={"second": 3}),
        Event(1.0, "say", "", "x", {"second": {"answered": 9}}),
        Event(1.0, "measure", "", data={"second": {"answered": "many", "lost": None}}),
    ]
    assert sum(one.answered + one.lost for one in series(odd, began=0.0, ended=9.0)) == 0
    assert plot((), [], began=0.0, ended=1.0) == ""


def test_the_page_is_one_file_that_fetches_and_runs_nothing() -> None:
    """Hostile titles, steps and words are text; no script, no link, no image, no address."""
    figure = plot(
        series([_event(1.0, 20), _event(3.0, 10, 10)], began=0.0, ended=5.0),
        [_step(0, HOSTILE, 0.0, 2.0), _step(1, "Roll web", 2.0, 5.0)],
        began=0.0,
        ended=5.0,
    )
    markdown = f"# {HOSTILE}\n\n- {HOSTILE}\n\n| a | b |\n| --- | --- |\n| {HOSTILE} | <b>x</b> \\| y |\n"
    found = _Page(page(HOSTILE, markdown, figure))
    known = (
        "html head meta title style body h1 ul li table thead tbody tr th td figure figcaption i svg g rect text path"
    )
    assert set(found.tags) <= set(known.split())
    names = {name for name, _ in found.attributes}
    assert not names & {"src", "href", "onclick", "onload", "xlink:href", "action"}
    assert "alert(1)" in found.text, "it is shown"
    assert "default-src 'none'" in str(found.attributes)
    assert found.tags.count("rect") >= 4
    assert '<rect class="lost"' in figure
    assert "1. &lt;script&gt;" in figure


def test_the_lines_tell_every_service() -> None:
    """All routes in the sum, each service in a row, and the kinds of what was lost."""
    gateway, docs = Tally(), Tally()
    for second in range(10):
        gateway.count("502" if second == 4 else "answered", due_s=second, ended_s=second + 0.02)
        docs.count("answered", due_s=second, ended_s=second + 0.01)
    memory = ProbeMemory(
        tallies={"api": gateway, "docs|x": docs}, services={"api": "gateway", "docs|x": ""}, notes=["odd\x1b"]
    )
    text = "\n".join(edge_lines(memory))
    assert "20 sent, 19 answered, 1 lost (1 502)" in text
    assert "| gateway | 10 | 9 | 1 (1 502) | 1.0 s |" in text
    assert "| docs\\|x | 10 | 10 | 0 | 0 ms |" in text
    assert "odd␛" in text


@pytest.mark.parametrize("memory", [None, ProbeMemory()])
def test_where_nothing_was_measured_nothing_is_claimed(memory: ProbeMemory | None) -> None:
    """No count is not a count of none."""
    assert "is not known" in "\n".join(edge_lines(memory))


def test_an_upgrade_leaves_both_reports(tmp_path: Path) -> None:
    """The demo's own reports: same words in both, the plot in one."""
    folder = tmp_path / "demo"
    said = avnwizard("demo", "--yes", "--speed", "200", "--dir", folder)
    assert said.code == ExitCode.DONE, said.err
    assert "edge: " in said.err
    assert " sent, " in said.err
    (run,) = (folder / "state" / "runs").iterdir()
    markdown, html = (run / "report.md").read_text(), (run / "report.html").read_text()
    found = _Page(html)
    assert found.tags.count("svg") == 1
    for line in markdown.splitlines():
        if line.startswith("- "):
            assert line[2:] in found.text
    assert (run / "report.html").stat().st_mode & 0o777 == 0o600
    open_practice(folder).destroy()


def test_show_says_what_the_report_says_there_and_back(practice_host: PracticeHost, tmp_path: Path) -> None:
    """`show` has the measured figures, as text and as JSON; a rollback goes from the newer release to the older."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    answers = answer_all(checkout, "v2.0.0", tmp_path / "answers.toml")
    words = ("upgrade", "--to", "v2.0.0", "--stack", checkout, "--yes", "--answers", answers)
    for command, ways in ((words, ("v1.5.0", "v2.0.0")), (("rollback", "--yes", "--stack", checkout), _BACK)):
        said = avnwizard(*command)
        assert said.code == ExitCode.DONE, said.err
        host = open_host(checkout)
        run = host.journal().runs()[0].id
        report = (host.state.run(run) / "report.md").read_text()
        assert [line.split()[2] for line in report.splitlines() if line.startswith(("- from: ", "- to: "))] == [*ways]
        assert avnwizard("show", "--stack", checkout).out.strip() == report.strip()
        assert avnwizard("report", "--stack", checkout).out == report
        html = _Page(avnwizard("report", "--stack", checkout, "--format", "html").out)
        assert html.tags.count("svg") == 1
        _require_fit_for_a_ticket(host, run, report)
        probe = avnwizard("show", "--stack", checkout, "--json").data["probe"]
        total = probe["total"]
        assert total["sent"] > 0
        assert f"- {total['sent']:,} sent, {total['answered']:,} answered, {total['lost']:,} lost" in report
        assert probe["services"]["gateway"]["sent"] > 0


def _require_fit_for_a_ticket(host: Host, run: str, report: str) -> None:
    """The verdict in a line, who and where, planned against measured, and all that the release says breaks."""
    lines = report.splitlines()
    assert re.fullmatch(r"Done, .+ of work; (?:none|[\d,]+) of [\d,]+ requests (?:was|were) lost.*", lines[2])
    assert f"- on host: {socket.gethostname()}" in lines
    assert f"- avnwizard: {__version__}" in lines
    kind = host.journal().run(run).kind
    assert (f"- going back: avnwizard rollback {run} (" in report) == (kind == "upgrade")
    row = next(line for line in lines if "| Roll hydra" in line or "Roll hydra back |" in line)
    _, _, _, state, began, expected, took, _, _ = (cell.strip() for cell in row.split("|"))
    assert state == "done"
    assert re.fullmatch(r"\d\d:\d\d:\d\d", began)
    assert expected.endswith((" s", "min"))
    assert took.endswith(" s")
    if kind == "upgrade":
        assert re.search(r"\| hydra \| alongside \| ", report)
        assert not re.search(r"\b(surge|recreate|skip)\b", report), "words of the glossary"
        assert "going back needs the dump you took." in report
        assert "- well: All 22 services serve." in lines, "what the check before it found"
        assert any(line.startswith("- worth knowing: 1 tracked file has local edits: ") for line in lines)
        assert "goes back to its default of 600 requests per minute" in report
        assert "**" not in report
        assert "`" not in report


def test_the_report_of_a_failure_has_its_last_words(practice_host: PracticeHost, tmp_path: Path) -> None:
    """The container's own lines with their time, in both reports; the hint points at nothing that is not there."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    answers = answer_all(checkout, "v2.0.0", tmp_path / "answers.toml")
    practice_host.order("unhealthy:hydra")
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", checkout, "--yes", "--answers", answers)
    assert said.code == ExitCode.STEP_FAILED
    report = avnwizard("report", "--stack", checkout).out
    stopped = re.match(r"Not finished \(failed\) at step (\d+) of 27, Roll hydra, ", report.splitlines()[2])
    assert stopped
    _, _, words = report.partition(f"## The last words of step {stopped[1]}, Roll hydra")
    assert re.search(r"^    \d\d:\d\d:\d\d  .* error: GET /health/ready answered 503", words, re.MULTILINE)
    assert "above" not in report
    page_ = _Page(avnwizard("report", "--stack", checkout, "--format", "html").out)
    assert "answered 503" in page_.text
    assert "pre" in page_.tags


def test_the_marks_of_markdown_are_no_words() -> None:
    """Emphasis goes, code stays as it is written, a link keeps its address."""
    text = "**Login names (`a__b__c`) are now handles.** x*y is *slanted*, 2 * 3 * 4, [see](http://e.test)\nnext"
    plain = "Login names (a__b__c) are now handles. x*y is slanted, 2 * 3 * 4, see (http://e.test) next"
    assert plainly(text) == plain


def test_losses_belong_to_the_step_at_work() -> None:
    """A second is reported when it is over; what nobody can place belongs to the first step."""
    steps = [_step(0, "one", 100.0, 110.0), _step(1, "two", 110.0, 120.0)]
    events = [_event(101.0, 5, 1), _event(110.5, 5, 2), _event(115.0, 5, 4), _event(116.0, 5)]
    assert losses(events, steps) == {"s0": 3, "s1": 4}


def test_show_of_a_run_without_a_probe_claims_nothing(practice_host: PracticeHost) -> None:
    """Where nothing was measured, `show` says so, and the JSON has null, not nought."""
    host = open_host(practice_host.project.directory)
    assert releases.fetch(host) == ""
    draft = inputs.draft(host, "v2.0.0")
    launch.create_upgrade(host, prepare(host, draft, Answers().accepting(draft.decisions(Answers()))))
    assert "is not known" in avnwizard("show", "--stack", host.repo.directory).out
    assert avnwizard("show", "--stack", host.repo.directory, "--json").data["probe"] is None
