"""A line at the foot of a page that narrows its list while it is typed."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from avnwizard.domain.words import count
from avnwizard.ui.screens.page import Page
from avnwizard.ui.widgets.rows import Rows


class Find(ModalScreen[bool]):
    """Gives whether the list stays narrowed.

    Args:
        heard: called at each change of the line.
    """

    CSS_PATH = "find.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "decline", "All again", show=False)]

    def __init__(self, heard: Callable[[str], None]) -> None:
        super().__init__()
        self._heard = heard

    def compose(self) -> ComposeResult:
        """The line and its keys."""
        with Horizontal(id="line"):
            yield Static(Content.styled("/", "bold $accent"), markup=False)
            yield Input(compact=True)
            yield Static(
                Content.assemble(("Enter", "bold $accent"), " keep  ", ("Esc", "bold $accent"), " show all"),
                markup=False,
            )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self._heard(event.value.strip())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Back to the list, as it is now."""
        event.stop()
        self.dismiss(bool(event.value.strip()))

    def action_decline(self) -> None:
        """Show all again."""
        self._heard("")
        self.dismiss(False)


class ListPage(Page):
    """A page around one list, which `/` narrows to the rows that hold a text."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "find", "Find", key_display="/", id="find")]

    def action_find(self) -> None:
        """Open the line."""
        self.app.push_screen(Find(self._narrow), self._narrowed)

    def _narrow(self, sought: str) -> None:
        rows = self.query_one(Rows)
        rows.narrow(sought)
        found, every = rows.found
        self.tell(f"{found} of {count(every, 'row')}" if sought else "")

    def _narrowed(self, stays: bool | None) -> None:
        if stays:
            found, every = self.query_one(Rows).found
            self.tell(f"{found} of {count(every, 'row')} shown; Esc shows all again.")

    def action_back(self) -> None:
        """Show all rows again where the list is narrowed, else go back."""
        rows = self.query_one(Rows)
        if rows.is_narrowed:
            rows.narrow("")
            self.tell("")
            return
        super().action_back()
