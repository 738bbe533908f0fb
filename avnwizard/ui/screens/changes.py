"""What to know before the run: notes, what changes in the compose file, what the edge is asked meanwhile."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.probing.words import of_route, planned
from avnwizard.ui.screens.page import Page


class ChangesPage(Page):
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
            yield Static(_text(self._plan), classes="pane", markup=False)

    def action_go_on(self) -> None:
        """Enter closes it, as Escape does."""
        self.action_back()


def _text(plan: Plan) -> Content:
    known = (*plan.rehearsed, *plan.warnings)
    lines = [Content.assemble(("To know", "bold"))] if known else []
    lines += [Content(f"  {printable(one, limit=600)}") for one in known]
    lines += [Content("")] if known else []
    lines.append(Content.assemble(("Compose file", "bold")))
    lines += [Content(f"  {printable(change, limit=400)}") for change in plan.changes] or [Content("  unchanged")]
    lines += [Content(""), Content.assemble(("Requests through the edge", "bold"))]
    lines.append(Content(f"  {planned(plan.probe)}"))
    for route in plan.probe.routes:
        name, url = f"{printable(route.name, limit=30):<14} ", printable(route.url, limit=200)
        lines.append(Content.assemble("  ", (name, "dim"), url))
        if note := of_route(plan.probe, route):
            lines.append(Content.assemble("    ", (note, "$warning")))
    lines += [
        Content.assemble(
            "  ",
            (f"{printable(one.router, limit=30):<14} ", "dim"),
            (f"left out: {printable(one.why, limit=200)}", "$warning"),
        )
        for one in plan.probe.left_out
    ]
    return Content("\n").join(lines)
