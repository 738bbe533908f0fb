"""What is shown of a run that stopped: why, and what can be done now."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from avnwizard.ui import run_stopped
from avnwizard.ui.run_view import RunView
from avnwizard.ui.widgets.rows import Column, Rows


class StoppedPane(Vertical):
    """The reason, above the choices."""

    def compose(self) -> ComposeResult:
        """A text, and a list to choose from."""
        yield Static(id="why", classes="pane", markup=False)
        yield Rows([Column(width=16), Column()], id="now_what")

    def show(self, view: RunView, cost: str, *, narrow: bool, at: str) -> None:
        """Show it, highlighting the choice `at`, or else the one that is highlighted.

        Args:
            cost: of rolling back; "" where it is not known yet. In a narrow terminal it stands above the choices.
        """
        self.query_one("#why", Static).update(run_stopped.why(view, cost if narrow else ""))
        self.query_one(Rows).show(run_stopped.choices(view, cost, above=narrow), at=at)
