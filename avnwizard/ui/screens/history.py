"""Every run on this stack, newest first; each can be opened."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.engine.records import RunRecord
from avnwizard.ui.marks import DONE, FAILED, PAUSED
from avnwizard.ui.screens.find import ListPage
from avnwizard.ui.screens.run import RunPage
from avnwizard.ui.widgets.rows import Column, Row, Rows

_MARKS = {"done": DONE, "undone": DONE, "failed": FAILED, "given up": FAILED, "aborted": PAUSED}


class HistoryPage(ListPage):
    """Opens a run on Enter."""

    EXPLAINED = (
        "Every run on this stack, newest first. Enter opens one: how it ended and what it changed, with its log; or, "
        "where it stopped, its steps and what can be done now."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", "Open", key_display="Enter")]

    def heading(self) -> str:
        """What is listed."""
        return "History"

    def body(self) -> ComposeResult:
        """The list."""
        yield Rows([Column(width=16), Column(width=12), Column(), Column(width=18, least=70)])

    def on_mount(self) -> None:
        """Read the journal."""
        super().on_mount()
        self.ask_host(lambda: self.host.journal().runs(), self.show_runs)

    def show_runs(self, runs: list[RunRecord]) -> None:
        """Put these runs in place of those that are there."""
        rows = []
        for run in runs:
            mark = _MARKS.get(run.state, PAUSED)
            state = Content.assemble((f"{mark.sign} {run.state}", mark.style))
            title = Content(printable(run.title, limit=80))
            rows.append(Row(run.id, (Content(words.moment(run.created_at)), state, title, Content(run.id))))
        self.query_one(Rows).show(rows)

    def action_go_on(self) -> None:
        """Open the chosen run."""
        if chosen := self.query_one(Rows).chosen:
            self.app.push_screen(RunPage(chosen))
