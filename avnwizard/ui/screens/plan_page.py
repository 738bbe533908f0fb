"""What each page that shows a plan has: what it comes to, the steps, and below them the chosen step in full."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.handled import HANDLED_WIDTH
from avnwizard.domain.plan import Plan
from avnwizard.ui import review_lines
from avnwizard.ui.screens.changes import ChangesPage
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.widgets.heads import Heads
from avnwizard.ui.widgets.rows import Column, Rows

_COLUMNS = (
    Column(width=2),
    Column(share=4),
    Column(width=HANDLED_WIDTH),
    Column(share=5),
    Column(share=4, least=100),
)
_LOW = 22
"""Below so many rows every one is needed."""


class PlanPage(ListPage):
    """Shows a plan, its warnings and its commands; what Enter does with it is the page's own."""

    CSS_PATH = "plan_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "changes", "Changes", id="changes"),
        Binding("pagedown", "turn(1)", show=False, priority=True),
        Binding("pageup", "turn(-1)", show=False, priority=True),
    ]

    @property
    def plan(self) -> Plan | None:
        """The frozen plan; None as long as there is none yet."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """What it comes to, the steps, the step in full."""
        yield Static(id="sum", classes="pane", markup=False)
        yield Heads(_COLUMNS, ("", "step", "how", "going back afterwards", "users notice"))
        yield Rows(_COLUMNS)
        with VerticalScroll(id="full"):
            yield Static(id="step", classes="pane", markup=False)

    def show_plan(self) -> None:
        """Draw the plan as it is now."""
        if plan := self.plan:
            self._show_sum()
            self.query_one(Rows).show(review_lines.rows(plan))
            self.on_option_list_option_highlighted()

    def on_resize(self, event: events.Resize) -> None:
        """What it comes to has as many rows as there are; warnings that have none are counted."""
        self.set_class(event.size.height < _LOW, "-low")
        self._show_sum()

    def summary(self, plan: Plan, width: int) -> Content:
        """What the plan comes to, in at most six rows of so many columns."""
        return review_lines.summary(plan, width, self.key_of("changes"))

    def _show_sum(self) -> None:
        if plan := self.plan:
            self.query_one("#sum", Static).update(self.summary(plan, max(self.size.width - 2, 20)))

    def on_option_list_option_highlighted(self) -> None:
        """Show the step in full."""
        chosen, plan = self.query_one(Rows).chosen, self.plan
        step = next((one for one in plan.steps if one.name == chosen), None) if plan else None
        if step:
            self.query_one("#step", Static).update(review_lines.in_full(step))
            self.query_one("#full", VerticalScroll).scroll_home(animate=False)
            self.show_keys()

    def action_changes(self) -> None:
        """Show what changes in the compose file, and what is asked of the edge."""
        if plan := self.plan:
            self.app.push_screen(ChangesPage(plan))

    def action_turn(self, pages: int) -> None:
        """Scroll the step's text by a page."""
        text = self.query_one("#full", VerticalScroll)
        text.scroll_relative(y=pages * max(text.size.height - 1, 1), animate=False)
