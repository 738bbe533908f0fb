"""A question with yes and no, for what can be taken back."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from avnwizard.domain.plain import printable


class Ask(ModalScreen[bool]):
    """Enter is yes, Escape is no.

    Args:
        yes: what Enter does, such as "stop the run".
        no: what Escape does.
    """

    CSS_PATH = "ask.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Yes", show=False),
        Binding("escape", "answer(False)", "No", show=False),
    ]

    def __init__(self, question: str, *, yes: str, no: str = "stay") -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        """The question and the two keys."""
        with Vertical(id="card"):
            yield Static(Content(printable(self._question, limit=600)), markup=False)
            yield Static(
                Content.assemble(
                    ("\nEnter", "bold $accent"), f" {self._yes}  ", ("Esc", "bold $accent"), f" {self._no}"
                ),
                markup=False,
            )

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)
