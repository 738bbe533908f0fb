"""What to know before the run: notes, what changes in the compose file, what the edge is asked meanwhile."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.probing.words import of_route, planned
from avnwizard.ui.screens.page import Sight
from avnwizard.ui.widgets.facts import Hanging


class ChangesPage(Sight):
    """A text to look at."""

    CSS_PATH = "changes.tcss"
    AUTO_FOCUS = "VerticalScroll"
    STAGE = "Review"
    EXPLAINED = (
        "What is worth knowing beforehand; then what the release changes in the compose file as Compose resolves it "
        "with your env file. Values are left out, since they may be secret.\n\n"
        "Below it: the requests that avnwizard sends through the edge during the run. They tell how many requests "
        "of your users would have been lost, and which service lost them."
    )

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def body(self) -> ComposeResult:
        """Both lists."""
        with VerticalScroll():
            yield Hanging(id="lines")

    def on_mount(self) -> None:
        """Fill in both lists."""
        super().on_mount()
        self.query_one(Hanging).put(_lines(self._plan))


def _lines(plan: Plan) -> list[tuple[Content, Content]]:
    """Each line: what it begins with, and its text, which is wrapped under itself."""
    known = (*plan.rehearsed, *plan.warnings)
    lines = [_head("To know")] if known else []
    lines += [_line("  ", printable(one, limit=600)) for one in known]
    lines += [_line("", "")] if known else []
    lines.append(_head("Compose file"))
    lines += [_line("  ", printable(one, limit=400)) for one in plan.changes] or [_line("  ", "unchanged")]
    lines += [_line("", ""), _head("Requests through the edge"), _line("  ", planned(plan.probe))]
    for route in plan.probe.routes:
        lines.append(_line(_name(route.name), printable(route.url, limit=200)))
        if note := of_route(plan.probe, route):
            lines.append((Content("    "), Content.assemble((note, "$warning"))))
    for one in plan.probe.left_out:
        why = f"left out: {printable(one.why, limit=200)}"
        lines.append((Content.assemble((_name(one.router), "dim")), Content.assemble((why, "$warning"))))
    return lines


def _head(words: str) -> tuple[Content, Content]:
    return Content(""), Content.assemble((words, "bold"))


def _line(lead: str, text: str) -> tuple[Content, Content]:
    return Content.assemble((lead, "dim")), Content(text)


def _name(route: str) -> str:
    return f"  {printable(route, limit=30):<14} "
